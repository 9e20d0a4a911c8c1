"""Ranges one would sign: wider than the sample, and round."""

from __future__ import annotations

import math
from datetime import date

ROOM = 0.25
"""So much of the sample's span is left free at either end."""
SKEWED_ROOM = 3.0
"""A long tail may be so many times as long next time."""
YEARS_AHEAD = 10
STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)


def number_range(low: float, high: float, *, whole: bool, skewed: bool) -> tuple[float | None, float | None]:
    """Give the lowest and the highest number that one would still believe; null where there is nothing to say.

    What was never negative stays so; shares stay shares.

    >>> number_range(94, 603, whole=True, skewed=False), number_range(0.01, 0.97, whole=False, skewed=False)
    ((0, 800), (0.0, 1.0))
    >>> number_range(-2.6, 6.2, whole=False, skewed=False), number_range(1, 99, whole=True, skewed=True)
    ((-5.0, 9.0), (0, 300))
    """
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return (0 if low >= 0 else None), None
    if low >= 0 and 0.5 < high <= 1 and not whole:
        return 0.0, 1.0
    top = max(high * SKEWED_ROOM, high) if skewed and low >= 0 else high + ROOM * span
    bottom = low - ROOM * span
    if low >= 0:
        # Far from zero the lower end tells something: years, blood pressure. Else only the sign does.
        bottom = max(bottom, 0.0)
    below, above = -_round_up(-bottom), _round_up(top)
    if whole:
        return math.floor(below), math.ceil(above)
    return float(below) + 0.0, float(above)


def rounded_down(number: float, *, whole: bool) -> float:
    """Give a round number a little below.

    >>> rounded_down(42.5, whole=True), rounded_down(0.83, whole=False)
    (40, 0.8)
    """
    below = -_round_up(-number) + 0.0
    return math.floor(below) if whole else below


def _round_up(number: float) -> float:
    """Give the next number up with one digit, or two where one would be far off.

    >>> _round_up(727), _round_up(112), _round_up(-69), _round_up(0)
    (800.0, 120.0, -60.0, 0.0)
    """
    if number == 0:
        return 0.0
    unit = 10.0 ** math.floor(math.log10(abs(number)))
    coarse = math.ceil(round(number / unit, 9)) * unit
    fine = math.ceil(round(number / unit * 10, 9)) * unit / 10
    best = coarse if abs(coarse - number) <= 0.2 * abs(number) else fine
    return float(f"{best:.12g}") or 0.0


def day_range(low: date, high: date) -> tuple[date, date]:
    """Give the first day of the earliest year, less a quarter of the span, and a last one some years ahead.

    >>> day_range(date(1997, 1, 1), date(1998, 6, 30))
    (datetime.date(1996, 1, 1), datetime.date(2008, 12, 31))
    """
    years = high.year - low.year
    first = low.year - math.ceil(ROOM * max(years, 1))
    return date(max(first, 1), 1, 1), date(min(high.year + max(YEARS_AHEAD, years), 9999), 12, 31)


def share_above(share: float) -> float:
    """Round a share up to one that a person would write.

    >>> share_above(0.066), share_above(0.3), share_above(0.0007)
    (0.1, 0.5, 0.001)
    """
    return next((step for step in STEPS if step >= share * 1.25), 1.0)
