"""Numbers in another unit: a factor, a line, or a logarithm apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import log

import numpy as np

from dq.merge.chance import beyond_chance, lift, pairings
from dq.merge.compared import KINDS, WHOLE, Compared, Floats, spread_of
from dq.merge.pattern import Pattern, fits
from dq.merge.survivorship import Scale

MOSTLY = 0.5
"""The least share of the differing entities that one formula must explain, and the least lift."""
SHARP = 0.25
"""How many may miss a formula narrowly, of those that fit it: what only goes together has no sharp edge."""
PRECISE = 0.005
"""How near, of its size, a value must be to what the formula gives; but never more than so much of the spread: """
NARROW, ROUNDED = 0.05, 0.1
PLAINER, PLENTY = 1.05, 0.95
"""How many times as much a formula must explain to be preferred to a plainer one, and what is enough."""
OFTEN = 0.05
"""The least share of all entities that must differ clearly."""
CLEAR = 2.0
"""How far from the same values must be, in tolerances, to be another unit's."""
SOME = 20_000
"""On how many rows a formula is fitted; it is judged on all."""
CORE = 0.2
"""The share of values whose densest run is taken for the middle: the others may be anything."""


@dataclass(frozen=True)
class _Formula:
    """`y` is `slope` times `x`, plus `add`; of the logarithms of x where `logs` is x, and the like of y."""

    slope: float
    add: float = 0.0
    logs: str = ""

    def sides(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Give what the formula says, and what it should be."""
        given, wanted = _sides(x, y, self.logs)
        return given * self.slope + self.add, wanted

    def words(self) -> str:
        """Say it."""
        more = f" plus {self.add:g}" if self.add else ""
        of = "the logarithm (to the base of 10) of the other" if self.logs else "the other"
        return f"one is {self.slope:g} times {of}{more}"


def scaled(seen: Compared) -> Pattern | None:
    """Find numbers in another unit: one is the other times a factor, that and a constant more (°F and °C), or the
    other's logarithm.
    """
    if not seen.rows.schema["x"].is_numeric() or seen.rows["x"].n_unique() < KINDS:
        return None
    x, y = (seen.rows[side].cast(float).to_numpy() for side in ("x", "y"))
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    if not len(x):
        return None
    apart = np.abs(x - y) > CLEAR * _tolerance(y, _grain(x))
    x, y = x[apart], y[apart]
    if len(x) < KINDS or len(x) < OFTEN * seen.height:
        return None
    every = max(1, len(x) // SOME)
    best, most = None, 0
    for formula in _formulas(x[::every], y[::every]):
        hits = _hits(formula, x, y, seen.log_tries)
        if hits > most * PLAINER:
            best, most = formula, hits
        if most >= PLENTY * len(x):
            break
    # Of those that differ less clearly, and fit as they are or not at all, there must not be more.
    if best is None or most < MOSTLY * seen.apart.sum():
        return None
    whole = seen.height - len(x) <= WHOLE * most
    mended = whole and not best.logs
    return Pattern(
        "scaled",
        f"{best.words()} in {fits(most, len(x), 'differing entities')} (within 0.5 %, or rounding); "
        f"both know {seen.height:,}",
        most / len(x),
        partly=not whole,
        to_y=Scale(best.slope, best.add) if mended else None,
        to_x=Scale(1 / best.slope, -best.add / best.slope if best.add else 0.0) if mended else None,
        note="take, or undo, the logarithm" if best.logs else "",
    )


def _formulas(x: Floats, y: Floats) -> Iterator[_Formula]:
    """Give the likeliest formula of each kind, the simplest first."""
    both = (x != 0) & (y != 0)
    if both.sum() >= KINDS:
        ratio = y[both] / x[both]
        middle = _densest(np.log(np.abs(ratio)))
        near = ratio[np.abs(np.log(np.abs(ratio)) - middle) <= 2 * PRECISE]
        if len(near):
            yield _tidy(_Formula(float(np.median(near))), x, y)
    for logs in ("", "x", "y"):
        given, wanted = _sides(x, y, logs)
        line = _line(given, wanted) if len(given) * 2 > len(x) else None
        if line is not None:
            yield _tidy(_Formula(*line, logs), x, y)


def _sides(x: Floats, y: Floats, logs: str) -> tuple[Floats, Floats]:
    if not logs:
        return x, y
    plain, wanted = _plain(x, y, logs), y if logs == "x" else x
    return np.log10(plain), wanted[(x if logs == "x" else y) > 0]


def _plain(x: Floats, y: Floats, logs: str) -> Floats:
    """Give what a formula starts from, as it stands."""
    given = y if logs == "y" else x
    return given[given > 0] if logs else given


def _line(x: Floats, y: Floats) -> tuple[float, float] | None:
    """Give slope and constant of the line on which the largest crowd of points lies, whatever the others do."""
    n, wide = len(x), spread_of(x)
    steps = sorted({1, n // 3, n // 2 + 1} - {0})
    across = np.concatenate([x[by:] - x[:-by] for by in steps])
    up = np.concatenate([y[by:] - y[:-by] for by in steps])
    far = np.abs(across) >= 0.5 * wide
    if not wide or far.sum() < KINDS:
        return None
    slope = _densest(up[far] / across[far])
    add = _densest(y - slope * x)
    for _ in range(3):
        miss = np.abs(x * slope + add - y)
        near = miss <= 2 * _tolerance(y, slope * _grain(x))
        if near.sum() < KINDS or not np.ptp(x[near]):
            return None
        slope, add = (float(c) for c in np.polyfit(x[near], y[near], 1))
    return slope, add


def _tidy(formula: _Formula, x: Floats, y: Floats) -> _Formula:
    """Give the formula in as few digits as explain it as well."""

    def miss(one: _Formula) -> float:
        said, wanted = one.sides(x, y)
        off = np.sort(np.abs(said - wanted))
        return float(off[len(off) // 4])

    # Of a quarter: those are sure to fit.
    enough = 1.02 * miss(formula) + 1e-12 * max(1.0, abs(formula.add))
    for digits in range(1, 10):
        short = replace(
            formula, slope=float(f"{formula.slope:.{digits}g}"), add=float(f"{formula.add:.{digits}g}")
        )
        if miss(short) <= enough:
            return short
    return formula


def _hits(formula: _Formula, x: Floats, y: Floats, log_tries: float) -> int:
    """Count what the formula explains; 0 where that is too little, no more than by chance, or without an edge."""
    said, wanted = formula.sides(x, y)
    of = len(x)
    if not formula.slope or not len(said):
        return 0
    grain = abs(formula.slope) * _grain(x) if not formula.logs else 0.0
    near = _tolerance(wanted, grain)
    off = np.abs(said - wanted)
    # What says about the same as the value that is there explains nothing.
    off[np.abs(_plain(x, y, formula.logs) - wanted) <= CLEAR * near] = np.inf
    hits = int((off <= near).sum())
    if hits < MOSTLY * of:
        return 0
    edge = int((off <= 2 * near).sum()) - hits
    others = [np.roll(said, by) for by in pairings(len(said))]
    chance = float(np.mean([np.abs(other - wanted) <= near for other in others]))
    if lift(hits, of, chance) < MOSTLY or edge - chance * of > SHARP * hits:
        return 0
    # Two points make a line.
    return hits if beyond_chance(hits, of, chance, log_tries + 2 * log(of)) else 0


def _tolerance(y: Floats, grain: float) -> Floats:
    """Give how near is near enough to each value, where what it is made from is rounded to so much."""
    spread = spread_of(y)
    near = np.clip(PRECISE * np.abs(y), 0.01 * NARROW * spread, NARROW * spread)
    rounding = (grain + _grain(y)) / 2
    return np.maximum(near, min(rounding, ROUNDED * spread) * (1 + 1e-9))


def _grain(values: Floats) -> float:
    """Give the step to which nearly all values are rounded; 0 where there is none."""
    some = values[:: max(1, len(values) // 1000)]
    for digits in range(5):
        shifted = some * 10.0**digits
        if (np.abs(shifted - np.round(shifted)) < 1e-6).mean() >= 0.75:
            return float(10.0**-digits)
    return 0.0


def _densest(values: Floats) -> float:
    """Give the middle of the densest run of values."""
    ordered = np.sort(values)
    size = max(2, int(CORE * len(ordered)))
    if size >= len(ordered):
        return float(np.median(ordered))
    at = int(np.argmin(ordered[size:] - ordered[:-size]))
    return float(np.median(ordered[at : at + size + 1]))
