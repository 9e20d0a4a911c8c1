"""Columns that follow from others: a zip code gives the town, a start comes before its end."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from dq.profile.column import Column
from dq.profile.reads_as import day_of, number_of

LOOKED_AT = 50_000
"""Rows, evenly spread, in which dependencies are looked for."""
MOST_COLUMNS = 40
NEARLY = 0.9
"""One column gives another where this share of the rows agrees with the rest of its group."""
LIFT = 0.25
"""And where no more than this share of the disagreement is left that chance would give."""
FEWEST = 20
ORDERED = 0.98

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Dependency:
    """`given` determines `then`: of `rows` in groups of two or more, the share `agree` has its group's usual value."""

    given: str
    then: str
    rows: int
    agree: float
    by_chance: float


@dataclass(frozen=True)
class Order:
    """In the share `hold` of the `rows` that have both, `low` is not above `high`."""

    low: str
    high: str
    rows: int
    hold: float


def dependencies(
    frame: pl.DataFrame, columns: Sequence[Column], *, nearly: float = NEARLY, lift: float = LIFT
) -> list[Dependency]:
    """Give the columns that determine others, but for a minority of rows, the surest first.

    Groups must repeat, and agree more than they would if the other column were shuffled.

    >>> from dq.profile.column import look
    >>> frame = pl.DataFrame({"zip": ["A", "B", "C", "D"] * 10, "town": ["York", "Bath", "Ely", "Bath"] * 10})
    >>> [(one.given, one.then) for one in dependencies(frame, [look(column) for column in frame])]
    [('zip', 'town')]
    """
    sample = _sample(frame)
    likely = [column for column in columns if _repeats(column)][:MOST_COLUMNS]
    codes = {column.name: _codes(sample[column.name]) for column in likely}
    shuffle = np.random.default_rng(0).permutation(sample.height)
    found = []
    for given, then in itertools.permutations(likely, 2):
        one = _agreement(codes[given.name], codes[then.name])
        if one is None or one[1] < nearly:
            continue
        chance = _agreement(codes[given.name], codes[then.name][shuffle])
        by_chance = chance[1] if chance else 1.0
        if 1 - one[1] <= lift * (1 - by_chance):
            found.append(Dependency(given.name, then.name, one[0], one[1], by_chance))
    return sorted(found, key=lambda one: (-one.agree, one.by_chance, one.given, one.then))


def _sample(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.gather_every(max(1, -(-frame.height // LOOKED_AT)))


def _repeats(column: Column) -> bool:
    if column.is_opaque or column.reading.kind in {"decimal", "boolean"}:
        return column.reading.kind == "decimal" and column.values.height <= 0.2 * column.known
    return 2 < column.values.height <= 0.7 * column.known and column.known >= FEWEST


def _codes(column: pl.Series) -> Codes:
    """Give each value a number from 0 on, and null −1."""
    return np.asarray(column.rank("dense").cast(pl.Int64).fill_null(0).to_numpy(), dtype=np.int64) - 1


def _agreement(given: Codes, then: Codes) -> tuple[int, float] | None:
    known = (given >= 0) & (then >= 0)
    given, then = given[known], then[known]
    if given.size < FEWEST:
        return None
    width = int(then.max()) + 1
    pairs, counts = np.unique(given * width + then, return_counts=True)
    group = pairs // width
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    total = np.add.reduceat(counts, starts)
    top = np.maximum.reduceat(counts, starts)
    many = total >= 2
    rows = int(total[many].sum())
    if rows < max(FEWEST, 0.1 * given.size) or many.sum() < 3:
        return None
    return rows, float(top[many].sum() / rows)


def orders(frame: pl.DataFrame, columns: Sequence[Column]) -> list[Order]:
    """Give the pairs of columns, both days or both numbers of one size, of which one is never above the other.

    >>> from dq.profile.column import look
    >>> frame = pl.DataFrame({"start": range(100, 140), "end": [day + day % 7 for day in range(100, 140)]})
    >>> [(one.low, one.high) for one in orders(frame, [look(column) for column in frame])]
    [('start', 'end')]
    """
    found = []
    for kind in ("day", "number"):
        read = {}
        for column in columns:
            if column.is_opaque:
                continue
            as_day = day_of(column.reading, pl.col(column.name), column.dtype)
            as_number = (
                None if as_day is not None else number_of(column.reading, pl.col(column.name), column.dtype)
            )
            cell = as_day if kind == "day" else as_number
            if cell is not None and column.values.height >= 10 and not column.is_numbering:
                read[column.name] = pl.when(~column.is_missing(pl.col(column.name))).then(cell)
        cells = _sample(frame).select(**{name: cell.to_physical() for name, cell in read.items()})
        found += [
            one
            for pair in itertools.combinations(list(read)[:MOST_COLUMNS], 2)
            if (one := _order(cells, *pair))
        ]
    return found


def _order(cells: pl.DataFrame, a: str, b: str) -> Order | None:
    both = cells.select(a=pl.col(a).cast(pl.Float64), b=pl.col(b).cast(pl.Float64)).drop_nulls()
    if both.height < FEWEST:
        return None
    up, down, equal = both.select(
        up=(pl.col("a") <= pl.col("b")).mean(),
        down=(pl.col("a") >= pl.col("b")).mean(),
        equal=(pl.col("a") == pl.col("b")).mean(),
    ).row(0)
    low, high, hold = (a, b, up) if up >= down else (b, a, down)
    if hold < ORDERED or equal > 0.9:
        return None
    # Age lies below income in nearly every pair of rows and means nothing: chance must break the order often.
    shuffled = both["b"].sample(fraction=1.0, shuffle=True, seed=0)
    by_chance = float((both["a"] <= shuffled).mean() if low == a else (both["a"] >= shuffled).mean())  # type: ignore[arg-type]
    return Order(low, high, both.height, float(hold)) if 1 - hold <= 0.1 * (0.95 - by_chance) else None
