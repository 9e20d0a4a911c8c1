"""What is compared, and which pairs are worth comparing: declarations, and the similarity of two columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, JaroWinkler

from dq.clean.normal_text import normal_text

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Text:
    """Names, titles, addresses: alike by letters and, words in any order, by edits; case and marks aside.

    Letters: the mean of Jaro-Winkler, which trusts beginnings, and of edits (a letter more, less, other, or two
    exchanged), which tell long names apart that begin alike.

    `levels` are the least similarities of the grades that are told apart, the best first; what is below the last is
    a grade of its own.
    """

    column: str
    levels: tuple[float, ...] = (1.0, 0.92, 0.85, 0.78, 0.7)

    def key(self) -> pl.Expr:
        """Give the column in the form in which it is compared."""
        return normal_text(self.column)

    def similarity(self, a: pl.Series, b: pl.Series) -> Floats:
        """Give the similarity of each pair, from 0 to 1; neither side is null."""
        one, two = a.to_list(), b.to_list()
        # All three are compiled loops over the pairs; one worker, since the stages already share the cores.
        began = process.cpdist(one, two, scorer=JaroWinkler.normalized_similarity, dtype=np.float64)
        edited = process.cpdist(one, two, scorer=OSA.normalized_similarity, dtype=np.float64)
        ordered = process.cpdist(one, two, scorer=fuzz.token_sort_ratio, dtype=np.float64) / 100
        return np.asarray(np.maximum((began + edited) / 2, ordered), dtype=np.float64)


@dataclass(frozen=True)
class Exact:
    """Codes, categories, flags: the same or not."""

    column: str
    levels: tuple[float, ...] = (1.0,)

    def key(self) -> pl.Expr:
        """Give the column in the form in which it is compared."""
        return pl.col(self.column).cast(pl.String)

    def similarity(self, a: pl.Series, b: pl.Series) -> Floats:
        """Give 1 where both are the same, else 0; neither side is null."""
        return (a == b).cast(pl.Float64).to_numpy()


@dataclass(frozen=True)
class Number:
    """Numbers, dates and times: alike by how far apart they lie; at `within` (for dates: days) not at all."""

    column: str
    within: float
    levels: tuple[float, ...] = (1.0, 0.9, 0.5)

    def key(self) -> pl.Expr:
        """Give the column in the form in which it is compared."""
        return pl.col(self.column)

    def similarity(self, a: pl.Series, b: pl.Series) -> Floats:
        """Give the similarity of each pair, from 0 to 1; neither side is null."""
        one, two = (
            (s.dt.epoch("s") / 86_400 if s.dtype.is_temporal() else s).cast(pl.Float64) for s in (a, b)
        )
        apart = (one - two).abs().to_numpy()
        # What is the same within 1e-9 of its size is the same.
        apart = np.where(apart <= 1e-9 * np.maximum(1.0, one.abs().to_numpy()), 0.0, apart)
        return np.asarray(np.clip(1 - apart / self.within, 0.0, 1.0), dtype=np.float64)


Field = Text | Exact | Number


@dataclass(frozen=True)
class Block:
    """Pairs worth comparing: those that agree in all `columns` (text in normal form), or in its first letters.

    `first`: only so many letters of the last column. `words`: any one word of the last column in common. A pair is
    compared where any block says so; rows with a null agree with nobody.
    """

    columns: tuple[str, ...]
    first: int | None = None
    words: bool = False

    def __init__(self, *columns: str, first: int | None = None, words: bool = False) -> None:
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "first", first)
        object.__setattr__(self, "words", words)

    def keys(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Give `_node` and `_key` of the rows of `rows` that have a key, several for a row where `words`."""
        last = self.columns[-1]
        form = normal_text(last) if rows.schema[last] == pl.String else pl.col(last).cast(pl.String)
        if self.first is not None:
            form = form.str.replace_all(" ", "").str.head(self.first)
        told = rows.select("_node", *self._others(rows), _last=form).drop_nulls()
        if self.words:
            told = told.with_columns(pl.col("_last").str.split(" ").list.unique()).explode("_last")
        if told.is_empty():
            return pl.DataFrame(schema={"_node": told.schema["_node"], "_key": pl.String})
        # Each value with its length before it, so that no two different keys are written alike.
        parts = [pl.col(c).cast(pl.String) for c in told.columns if c != "_node"]
        written = [pl.format("{}:{}", part.str.len_bytes(), part) for part in parts]
        return told.select("_node", _key=pl.concat_str(written, separator="|")).sort("_node")

    def _others(self, rows: pl.DataFrame) -> Sequence[pl.Expr]:
        return [
            (normal_text(c) if rows.schema[c] == pl.String else pl.col(c)).alias(f"_k{place}")
            for place, c in enumerate(self.columns[:-1])
        ]
