"""Columns that stand for each other in one of two sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import polars as pl

from dq.merge.chance import beyond_chance, lift, pairings
from dq.merge.compared import LEAST, WHOLE
from dq.merge.pattern import Pattern, fits
from dq.merge.stack import Stack
from dq.merge.told import Told

MOSTLY = 0.5
"""Of the entities of which both columns differ, the least share that must be crossed, and the least lift."""
MOSTLY_OF_TWO = 0.75
OFTEN = 0.05
"""The least share of all entities that must be crossed."""
SIDES = ("one", "two", "one:b", "two:b")


def swapped(
    stacked: Stack, told: Told, pair: tuple[str, str], columns: Sequence[str], log_tries: float
) -> Iterator[tuple[str, str, Pattern]]:
    """Give the columns that are each other's in one of the sources, of all entities or of some of them."""
    for one, two in combinations(columns, 2):
        if stacked.types[one] == stacked.types[two]:
            sides = zip(SIDES, (one, two, f"{one}:b", f"{two}:b"), strict=True)
            joined = told.joined(*pair, [one, two]).select(
                "_entity", **{side: pl.col(c) for side, c in sides}
            )
            found = _crossed(joined.drop_nulls(SIDES), log_tries)
            if found is not None:
                hits, of, straight, height = found
                said = fits(hits, of, "entities that differ in both")
                evidence = f"{one} is the other's {two} and the reverse in {said}; both know {height:,}"
                note = f"rename {one} and {two}"
                partly = straight > WHOLE * hits
                yield one, two, Pattern("swapped", evidence, hits / of, partly=partly, note=note)


def _crossed(known: pl.LazyFrame, log_tries: float) -> tuple[int, int, int, int] | None:
    """Count the entities that are crossed, those that differ in both columns, those that are as they should be and
    would not be when crossed, and all; null where it may be chance.
    """
    near = _near(known)
    apart = ~_same("one", "one:b", near[0]) & ~_same("two", "two:b", near[1])
    cross = _same("one", "two:b", near[0]) & _same("two", "one:b", near[1])
    straight = _same("one", "one:b", near[0]) & _same("two", "two:b", near[1])
    counts = known.select(
        pl.len(),
        (apart & cross).sum().alias("hits"),
        apart.sum().alias("of"),
        (straight & ~cross).sum().alias("straight"),
    )
    height, hits, of, right = counts.collect(engine="streaming").row(0)
    if height < LEAST or of < OFTEN * height or hits < max(MOSTLY * of, OFTEN * height):
        return None
    rows = known.filter(apart).collect(engine="streaming").sort("_entity")
    chances = []
    for by in pairings(of):
        others = pl.concat([rows[by:], rows[:by]]).select("one:b", "two:b")
        chances.append(rows.select("one", "two").hstack(others).select(cross.mean()).item())
    chance = sum(chances) / max(1, len(chances))
    if lift(hits, of, chance) < MOSTLY or not beyond_chance(hits, of, chance, log_tries):
        return None
    if max(rows["one"].n_unique(), rows["two"].n_unique()) <= 2:
        # Of two values, whatever differs from itself is the other: crossed must be the rule.
        unlike = hits + right
        if hits < MOSTLY_OF_TWO * unlike or not beyond_chance(hits, unlike, 0.5, log_tries):
            return None
    return hits, of, right, height


def _near(known: pl.LazyFrame) -> tuple[float, float]:
    if not known.collect_schema()["one"].is_float():
        return 0.0, 0.0
    spread = known.select(pl.col(c).quantile(0.75) - pl.col(c).quantile(0.25) for c in ("one", "two"))
    one, two = spread.collect(engine="streaming").row(0)
    return 0.01 * (one or 0.0), 0.01 * (two or 0.0)


def _same(x: str, y: str, near: float) -> pl.Expr:
    return (pl.col(x) - pl.col(y)).abs() <= near if near else pl.col(x) == pl.col(y)
