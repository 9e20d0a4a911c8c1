"""How often two sources say the same: per column and pair of sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from dq.merge.cells import differ
from dq.merge.disputes import Disputes
from dq.merge.part import Ints, Part
from dq.merge.stack import Stack

AGREEMENT: dict[str, type[pl.DataType]] = {
    "column_name": pl.String,
    "source_a": pl.String,
    "source_b": pl.String,
    "both": pl.Int64,
    "agree": pl.Int64,
    "share": pl.Float64,
}
AT_ONCE = 100_000
Bits = npt.NDArray[np.unsignedinteger[Any]]


class Agreement:
    """Counts, added up part by part: of each column and pair of sources the entities both speak of, and those of
    which they say the same.

    A source says nothing of an entity about which it contradicts itself.
    """

    def __init__(self, stacked: Stack) -> None:
        self._stacked = stacked
        size = len(stacked.sources)
        self._both = {column: np.zeros((size, size), dtype=np.int64) for column in stacked.columns}
        self._agree = {column: np.zeros((size, size), dtype=np.int64) for column in stacked.columns}

    def add(self, part: Part, disputed: Mapping[str, Disputes]) -> None:
        """Count one part."""
        sources = len(self._stacked.sources)
        if not part.entities or sources == 1:
            return
        marks = _marks(part.rows["_rank"].to_numpy(), sources)
        whole = [np.bitwise_or.reduceat(bits, part.starts) for bits in marks]
        everywhere = _together(whole)
        for column, found in disputed.items():
            # Where all values are the same, it is enough to know who speaks: all who know the entity, but where
            # there are nulls. The few others are looked at.
            silent = np.setdiff1d(_silent(part, column), found.suspects, assume_unique=True)
            odd = np.append(silent, found.suspects)
            same = everywhere - _together([bits[odd] for bits in whole])
            same += _together(_speaking(part, column, silent, marks))
            both, agree = self._compared(part, column, found.suspects)
            self._both[column] += same[:sources, :sources] + both
            self._agree[column] += same[:sources, :sources] + agree

    def _compared(self, part: Part, column: str, entities: Ints) -> tuple[Ints, Ints]:
        size = len(self._stacked.sources)
        told = statements(part, part.rows_of(entities), column)
        both, agree = np.zeros((size, size), dtype=np.int64), np.zeros((size, size), dtype=np.int64)
        for step in range(1, size):
            before = pl.all().shift(step).name.suffix(":b")
            pairs = told.select(pl.all(), before).filter(pl.col("_entity") == pl.col("_entity:b"))
            if pairs.is_empty():
                break
            said = pairs.select("_rank", "_rank:b", same=~unequal("value", told.schema["value"]))
            at = said["_rank:b"].to_numpy(), said["_rank"].to_numpy()
            np.add.at(both, at, 1)
            np.add.at(agree, at, said["same"].to_numpy().astype(np.int64))
        return both, agree

    def frame(self) -> pl.DataFrame:
        """Give the rows of `AGREEMENT` by column and sources; `share` is null where nothing is shared."""
        rows = [
            (column, *sorted((a, b)), int(self._both[column][i, j]), int(self._agree[column][i, j]))
            for (i, a), (j, b) in combinations(enumerate(self._stacked.sources), 2)
            for column in shared_columns(self._stacked, a, b)
        ]
        schema = {name: dtype for name, dtype in AGREEMENT.items() if name != "share"}
        return (
            pl.DataFrame(rows, schema=schema, orient="row")
            .with_columns(share=pl.when(pl.col("both") > 0).then(pl.col("agree") / pl.col("both")))
            .sort("column_name", "source_a", "source_b")
        )


def statements(part: Part, rows: Ints, column: str) -> pl.DataFrame:
    """Give what each source says in these rows: `_entity` (its number), `_rank` and `value`, sorted by both.

    Nulls say nothing, nor does a source that contradicts itself about the entity.
    """
    dtype = part.rows.schema[column]
    said = pl.LazyFrame(
        {
            "_entity": part.number[rows],
            "_rank": part.rows["_rank"].gather(rows),
            "value": part.rows[column].gather(rows),
        }
    ).drop_nulls("value")
    again = pl.all_horizontal(pl.col(c) == pl.col(c).shift(1) for c in ("_entity", "_rank"))
    told = (
        said.with_columns(_again=again.fill_null(value=False))
        .with_columns(
            _of=pl.col("_again").not_().cum_sum(), _other=pl.col("value") != pl.col("value").shift(1)
        )
        .collect()
    )
    doubtful = told.filter(pl.col("_again") & pl.col("_other"))["_of"].unique()
    in_doubt = pl.col("_of").is_in(doubtful.implode())
    clear = told.filter(~pl.col("_again") & ~in_doubt).select("_entity", "_rank", "value")
    if doubtful.is_empty() or not dtype.is_float():
        return clear
    low, high = pl.col("value").min(), pl.col("value").max()
    rounded = (
        told.filter(in_doubt)
        .group_by("_entity", "_rank")
        .agg(pl.when(~differ(low, high, dtype)).then(low).alias("value"))
        .drop_nulls("value")
    )
    return pl.concat([clear, rounded]).sort("_entity", "_rank")


def shared_columns(stacked: Stack, a: str, b: str) -> list[str]:
    """Give the columns that both sources have, in the stack's order."""
    return [c for c in stacked.columns if c in stacked.of[a] and c in stacked.of[b]]


def unequal(column: str, dtype: pl.DataType) -> pl.Expr:
    """Say where the two sides of a pair differ in `column`; null where one side is null."""
    a, b = pl.col(column), pl.col(f"{column}:b")
    if not dtype.is_float():
        return a != b
    # The least of a value and a null is the value.
    return pl.when(a.is_not_null(), b.is_not_null()).then(
        differ(pl.min_horizontal(a, b), pl.max_horizontal(a, b), dtype)
    )


def _marks(ranks: Ints, sources: int) -> list[Bits]:
    """Give each row the mark of its source: one bit of a number, and more numbers where there are more sources."""
    word = next((w for w in (np.uint8, np.uint16, np.uint32) if sources <= np.iinfo(w).bits), np.uint64)
    size = np.iinfo(word).bits
    marks = (np.uint64(1) << np.arange(size, dtype=np.uint64)).astype(word)
    given = []
    for first in range(0, sources, size):
        table: Bits = np.zeros(sources, dtype=word)
        table[first : first + size] = marks[: sources - first]
        given.append(table[ranks])
    return given


def _silent(part: Part, column: str) -> Ints:
    """Give the entities of which a row has no value in `column`."""
    return np.unique(part.number[part.rows[column].is_null().arg_true().to_numpy()])


def _speaking(part: Part, column: str, entities: Ints, marks: Sequence[Bits]) -> list[Bits]:
    """Give the marks of the sources that have a value in `column`, of each of `entities`."""
    at = part.rows_of(entities)
    speaks = part.rows[column].gather(at).is_not_null().to_numpy()
    lengths = part.ends[entities] - part.starts[entities] + 1
    starts = np.cumsum(lengths) - lengths
    return [np.bitwise_or.reduceat(np.where(speaks, bits[at], bits.dtype.type(0)), starts) for bits in marks]


def _together(marked: Sequence[Bits]) -> Ints:
    """Count by pair of sources the entities that both have marked."""
    kinds = (
        pl.DataFrame([pl.Series(f"{n}", bits) for n, bits in enumerate(marked)]).group_by(pl.all()).len("_n")
    )
    size = 8 * marked[0].itemsize
    together = np.zeros((size * len(marked), size * len(marked)), dtype=np.int64)
    for some in kinds.iter_slices(AT_ONCE):
        who = np.hstack([_ones(some[name].to_numpy(), size) for name in some.columns if name != "_n"])
        together += (who.T @ (who * some["_n"].to_numpy()[:, None])).astype(np.int64)
    return together


def _ones(words: Bits, size: int) -> npt.NDArray[np.float64]:
    """Give a row of ones and zeros a word."""
    return ((words[:, None] >> np.arange(size, dtype=words.dtype)) & words.dtype.type(1)).astype(np.float64)
