"""The ways in which two columns disagree that are no accident: one function a pattern, frames in, a `Pattern`
out.

Each looks at `x` and `y`, what two sources say of the same entities (both not null), and says nothing unless
nearly every row, or nearly every disagreement, fits. None knows the name of a column or a source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import polars as pl

from dq.merge.survivorship import Fix, Offset, Scale

Kind = Literal["inverted", "scaled", "off_by_one", "offset", "recoded", "shifted", "sorted", "swapped"]
Side = Literal["x", "y"]

NEARLY_ALL = 0.99
MOSTLY = 0.95
CATEGORIES = 100
MOVED = 0.02
"""How much two distributions may differ and still be called the same."""
FAR = 10
"""How many rows away a value is looked for."""


@dataclass(frozen=True)
class Pattern:
    """What was seen. `suspect` is the side that shows it by itself, where one does.

    `false_words`: what the wrong side says is not true as it stands, so it loses its vote once a witness
    names it; another spelling of the truth is not false. `to_y` and `to_x` are the fixes that would bring one
    side to the other's words.
    """

    kind: Kind
    evidence: str
    suspect: Side | None = None
    false_words: bool = True
    to_y: Fix | None = None
    to_x: Fix | None = None


@dataclass(frozen=True)
class Compared:
    """One column of one pair of sources.

    `rows`: `x`, `y`, `unequal`, `at_x` and `at_y` (the entity's place in each source's own order), `page_x` and
    `page_y` (the landing that it came in) and `at_entity` (its place in the order of the entities); `x` and `y` are not
    null.
    """

    rows: pl.DataFrame
    unequal: int

    @cached_property
    def moved(self) -> float:
        """Count the entities by which the two distributions differ, whatever entity has which value."""
        counts = [self.rows.group_by(v=side).agg(n=pl.len().cast(pl.Int64)) for side in ("x", "y")]
        both = counts[0].join(counts[1], on="v", how="full", coalesce=True).fill_null(0)
        return float(both.select((pl.col("n") - pl.col("n_right")).abs().sum() / 2).item())

    @property
    def numeric(self) -> bool:
        """Say whether the values are numbers."""
        return self.rows.schema["x"].is_numeric()


def find_pattern(seen: Compared) -> Pattern | None:
    """Give the first pattern that fits, the most specific first; null where the disagreement looks
    accidental.
    """
    looks: tuple[Callable[[Compared], Pattern | None], ...] = (
        inverted,
        offset,
        scaled,
        recoded,
        shifted,
        in_order,
    )
    return next((found for look in looks if (found := look(seen)) is not None), None)


def inverted(seen: Compared) -> Pattern | None:
    """Find two values that stand for each other: opposite in nearly all rows."""
    x, y = seen.rows["x"].unique().sort(), seen.rows["y"].unique().sort()
    if len(x) != 2 or not x.equals(y) or seen.unequal < NEARLY_ALL * seen.rows.height:
        return None
    return Pattern(
        "inverted",
        f"the opposite of each other in {seen.unequal:,} of {seen.rows.height:,} entities that both know",
        to_y="invert",
        to_x="invert",
    )


def scaled(seen: Compared) -> Pattern | None:
    """Find numbers in another unit: one is the other times a factor, or that and a constant more (°F and
    °C).
    """
    if not seen.numeric or seen.rows["x"].n_unique() < 5:
        return None
    x, y = (seen.rows[side].cast(pl.Float64) for side in ("x", "y"))
    # Half a percent, but never much of the spread: all years are within half a percent of one another.
    spread = _spread(y)
    near_enough = 0.005 * y.abs().clip(0.1 * spread, 10 * spread)
    both = (x != 0) & (y != 0)
    factor = _median((y / x).filter(both)) if both.any() else 0.0
    enough = NEARLY_ALL * seen.rows.height
    if spread == 0 or ((x - y).abs() <= near_enough).sum() >= enough:
        return None
    for slope, add in ((factor, 0.0), _line(x, y)):
        near = int(((x * slope + add - y).abs() <= near_enough).sum())
        if slope != 0 and near >= enough:
            more = f" plus {add:g}" if add else ""
            fits = f"{near:,} of {seen.rows.height:,} entities (within 0.5 %)"
            return Pattern(
                "scaled",
                f"one is {slope:g} times the other{more} in {fits}",
                to_y=Scale(slope, add),
                to_x=Scale(1 / slope, -add / slope if add else 0.0),
            )
    return None


def offset(seen: Compared) -> Pattern | None:
    """Find numbers or times that, where they differ, differ by one and the same amount (days, or seconds)."""
    rows, dtype, unit = seen.rows, seen.rows.schema["x"], ""
    if dtype == pl.Date:
        rows, unit = rows.with_columns(pl.col("x", "y").cast(pl.Int32)), " days"
    elif dtype == pl.Datetime:
        rows, unit = rows.with_columns(pl.col("x", "y").dt.epoch("us") / 1e6), " seconds"
    if not rows.schema["x"].is_numeric() or rows["x"].n_unique() < 5:
        return None
    apart = rows.filter("unequal").select(by=pl.col("y").cast(pl.Float64) - pl.col("x").cast(pl.Float64))[
        "by"
    ]
    step = _median(apart)
    near = int(((apart - step).abs() <= 1e-9 * max(1.0, abs(step))).sum())
    if step == 0 or near < MOSTLY * seen.unequal:
        return None
    return Pattern(
        "off_by_one" if abs(step) == 1 and dtype != pl.Datetime else "offset",
        f"{near:,} of the {seen.unequal:,} differing entities differ by exactly {step:+g}{unit}, "
        f"of {rows.height:,} that both know",
        to_y=Offset(step) if seen.unequal == rows.height else None,
        to_x=Offset(-step) if seen.unequal == rows.height else None,
    )


def recoded(seen: Compared) -> Pattern | None:
    """Find two vocabularies that say the same: each word of one stands for one word of the other."""
    height = seen.rows.height
    kinds = max(seen.rows["x"].n_unique(), seen.rows["y"].n_unique())
    if kinds > min(CATEGORIES, height // 5) or kinds < 2:
        return None
    told = seen.rows.group_by("x", "y").agg(rows=pl.len().cast(pl.Int64)).sort(-pl.col("rows"), "x", "y")
    forth = told.unique("x", keep="first", maintain_order=True)
    mutual = forth.join(told.unique("y", keep="first", maintain_order=True), on=["x", "y"], how="semi")
    covered = int(mutual["rows"].sum())
    changed = mutual.filter(pl.col("x") != pl.col("y"))
    if covered < NEARLY_ALL * height or not changed.height or mutual.height < 2:
        return None
    text = mutual.schema["x"] == pl.String
    same_words = not set(mutual["x"]) ^ set(mutual["y"])
    pairs = dict(changed.select("x", "y").sort("x").iter_rows())
    return Pattern(
        "recoded",
        f"each of {changed.height} values stands for one other value: {covered:,} of {height:,} entities fit "
        + ", ".join(f"{a!r} = {b!r}" for a, b in list(pairs.items())[:5]),
        false_words=same_words,
        to_y=pairs if text else None,
        to_x={b: a for a, b in pairs.items()} if text else None,
    )


def shifted(seen: Compared) -> Pattern | None:
    """Find values that stand k rows away from their entity: in the whole, or within each page that was fetched."""
    height = seen.rows.height
    pages = max(seen.rows["page_x"].n_unique(), seen.rows["page_y"].n_unique())
    if seen.moved > MOVED * height + FAR * pages:
        return None
    steps = [k for n in range(1, FAR + 1) for k in (n, -n)]
    ways: tuple[tuple[str, str | None], ...] = (("at_x", None), ("at_y", None), ("at_entity", None))
    if pages > 1:
        ways += (("at_x", "page_x"), ("at_y", "page_y"))
    for order, page in ways:
        rows = seen.rows.sort(order)
        moved = {by: pl.col("y").shift(by).over(page) if page else pl.col("y").shift(by) for by in steps}
        hits, known = (
            rows.select((pl.col("x") == y).sum().alias(str(by)) for by, y in moved.items()).row(0),
            rows.select(y.count().alias(str(by)) for by, y in moved.items()).row(0),
        )
        for step, agree, both in zip(steps, hits, known, strict=True):
            if (
                both >= max(FAR, height / 2)
                and agree >= NEARLY_ALL * both
                and height - seen.unequal < 0.9 * agree
            ):
                where = f", within each of {pages} pages" if page else ""
                return Pattern(
                    "shifted",
                    f"values stand {step:+d} rows away from their entity{where}: {agree:,} of {both:,} "
                    f"agree when moved, {height - seen.unequal:,} of {height:,} as they are",
                )
    return None


def in_order(seen: Compared) -> Pattern | None:
    """Find a column that was sorted apart from its rows: same values as often, but standing in order."""
    rows = seen.rows
    if seen.moved > MOVED * rows.height or rows["x"].n_unique() < 2:
        return None
    order = {side: [_disorder(rows, side, by) for by in (f"at_{side}", "at_entity")] for side in ("x", "y")}
    best = {side: min(found, key=lambda pair: pair[0]) for side, found in order.items()}
    suspect: Side = "x" if best["x"][0] <= best["y"][0] else "y"
    other: Side = "y" if suspect == "x" else "x"
    if best[suspect][0] > 0.01 or best[other][0] < 0.1:
        return None
    return Pattern(
        "sorted",
        f"differs in {seen.unequal:,} of {rows.height:,} entities though both hold the same values as often "
        f"({seen.moved / rows.height:.1%} apart), and its values stand in order {best[suspect][1]}; "
        f"the other's are out of order in {best[other][0]:.0%} of the steps",
        suspect=suspect,
    )


def _disorder(rows: pl.DataFrame, side: str, by: str) -> tuple[float, str]:
    """Give the share of steps from row to row that break the order, at its best, and that order in words."""
    values = rows.sort(by).select(v=side)
    steps = max(1, values.height - 1)
    up, down, runs = values.select(
        up=(pl.col("v") < pl.col("v").shift(1)).sum(),
        down=(pl.col("v") > pl.col("v").shift(1)).sum(),
        runs=(pl.col("v") != pl.col("v").shift(1)).sum() + 1,
    ).row(0)
    where = "by entity" if by == "at_entity" else "by its own rows"
    found = [(up / steps, f"{where}, rising"), (down / steps, f"{where}, falling")]
    kinds = values["v"].n_unique()
    if kinds <= min(CATEGORIES, values.height // 5):
        found.append(((runs - kinds) / steps, f"{where}, {runs:,} runs of {kinds:,} values"))
    return min(found, key=lambda pair: pair[0])


def _line(x: pl.Series, y: pl.Series) -> tuple[float, float]:
    """Give slope and constant of the line through the middle halves of both, which outliers don't move."""
    low, high = (_quartile(x, 0.25), _quartile(y, 0.25)), (_quartile(x, 0.75), _quartile(y, 0.75))
    if low[0] == high[0]:
        return 0.0, 0.0
    slope = (high[1] - low[1]) / (high[0] - low[0])
    return slope, low[1] - slope * low[0]


def _quartile(values: pl.Series, at: float) -> float:
    return float(values.quantile(at, "linear") or 0.0)


def _spread(values: pl.Series) -> float:
    return _quartile(values, 0.75) - _quartile(values, 0.25)


def _median(values: pl.Series) -> float:
    # The lower middle value, not the mean of two: a factor that never occurs is none.
    return float(values.sort()[(len(values) - 1) // 2])
