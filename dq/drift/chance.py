"""How likely chance alone makes two deliveries differ so much: the bounds that keep an unchanged source quiet.

All are upper bounds, so a difference that is called improbable is at least so improbable. They hold for two samples of
the same source, and all the more where one holds the rows of the other.
"""

from __future__ import annotations

from math import exp, lgamma, log, sqrt

IMPROBABLE = 1e-6
"""What chance does less than once in a million comparisons is called drift."""

_Z = 4.753424
"""The quantile of the normal distribution that chance exceeds once in a million times."""


def chance_of_more(before: int, of_before: int, now: int, of_now: int) -> float:
    """Bound the chance that `now` of `of_now` rows, or more, have what `before` of `of_before` rows had.

    The exact (hypergeometric) test of one share in two samples; 1 where the share has not grown.

    >>> f"{chance_of_more(0, 20, 20, 20):.0e}", chance_of_more(5, 10, 50, 100)
    ('7e-12', 1.0)
    """
    if not of_before or not of_now or now * of_before <= before * of_now:
        return 1.0
    have, rows = before + now, of_before + of_now
    point = exp(_choices(have, now) + _choices(rows - have, of_now - now) - _choices(rows, of_now))
    if now == min(have, of_now):
        return point
    # Beyond the mode each further term is smaller than the one before by at least this ratio.
    ratio = (have - now) * (of_now - now) / ((now + 1) * (rows - have - of_now + now + 1))
    return min(1.0, point / (1 - ratio)) if ratio < 1 else 1.0


def chance_of_fewer(before: int, of_before: int, now: int, of_now: int) -> float:
    """Bound the chance that at most `now` of `of_now` rows have what `before` of `of_before` rows had.

    >>> chance_of_fewer(500, 1000, 0, 1000) < IMPROBABLE
    True
    """
    return chance_of_more(of_before - before, of_before, of_now - now, of_now)


def chance_of_loss(before: int, now: int, factor: float) -> float:
    """Bound the chance that `now` rows come where `before` came, if the source still gave 1/`factor` of them or more.

    Chernoff's bound for counts that vary as independent arrivals do.

    >>> chance_of_loss(1000, 500, 1.5) < IMPROBABLE < chance_of_loss(1000, 600, 1.5)
    True
    """
    total, expected = before + now, 1 / (1 + factor)
    if not total or now / total >= expected:
        return 1.0
    share = now / total
    distance = (1 - share) * log((1 - share) / (1 - expected)) + (
        share * log(share / expected) if share else 0.0
    )
    return exp(-total * distance)


def psi_by_chance(bins: int, before: int, now: int) -> float:
    """Give the population stability index that chance passes less than once in a million times.

    Under one distribution the index is near chi-square with `bins` − 1 degrees of freedom, times the sum of the
    samples' inverse sizes; its quantile is Wilson and Hilferty's, which errs on the quiet side.

    >>> round(psi_by_chance(10, 1000, 1000), 3)
    0.092
    """
    freedom = bins - 1
    if freedom < 1 or not before or not now:
        return float("inf")
    spread = 2 / (9 * freedom)
    root = 1 - spread + _Z * sqrt(spread)
    return freedom * root * root * root * (1 / before + 1 / now)


def _choices(of: int, chosen: int) -> float:
    """Give the logarithm of the number of ways to choose."""
    return lgamma(of + 1) - lgamma(chosen + 1) - lgamma(of - chosen + 1)
