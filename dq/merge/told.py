"""What some sources say in some columns, of all parts: what is looked at again, and no more of it than that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from dq.merge.cells import differ
from dq.merge.part import Part
from dq.merge.stack import ORIGIN, Stack

Pieces = list[pl.LazyFrame]
"""One a part. What is of one entity is in one part."""


class Told:
    """By source: `rows`, and `entities`, one row per entity that the source knows.

    Both have `_entity` (its number among all parts') and the columns. In `entities` a column is null where the source
    contradicts itself about the entity; `_landing_id` and `_row` are those of its first row, and `_order` is the number
    that an entity's name says, where it says one. Where a `scratch` folder is given, they lie there and not in memory.
    """

    def __init__(
        self,
        stacked: Stack,
        parts: Iterable[Part],
        sources: Collection[str],
        columns: Collection[str],
        scratch: Path | None = None,
    ) -> None:
        if scratch is not None:
            scratch.mkdir(parents=True)
        self._columns = {s: [c for c in stacked.of[s] if c in columns] for s in sources}
        self._rows: dict[str, Pieces] = {source: [] for source in sources}
        self._entities: dict[str, Pieces] = {source: [] for source in sources}
        for number, part in enumerate(parts):
            for source in sources:
                rank = stacked.sources.index(source)
                rows = _said(part, stacked, rank, self._columns[source])
                for name, frame, kept in (
                    ("rows", rows.drop(*ORIGIN, "_order"), self._rows),
                    ("entities", _entities(rows, self._columns[source]), self._entities),
                ):
                    kept[source].append(_kept(frame, scratch and scratch / f"{name}-{rank}-{number}"))

    def joined(self, a: str, b: str, columns: Sequence[str]) -> pl.LazyFrame:
        """Give the entities that both sources know, with what they say in `columns`, which both have.

        The frame has `_entity` and `_order`, and the first source's columns and origin, and the second's with `:b`
        behind their names.
        """
        wanted = ["_entity", "_order", *columns, *ORIGIN]
        pairs = zip(self._entities[a], self._entities[b], strict=True)
        return pl.concat(
            x.select(wanted).join(y.select(wanted), on="_entity", how="inner", suffix=":b") for x, y in pairs
        )

    def against(self, source: str, other: str, column: str) -> pl.LazyFrame:
        """Give the rows of `source` with what `other` says of their entities, with `:b` behind its name."""
        pairs = zip(self._rows[source], self._entities[other], strict=True)
        wanted = ["_entity", column]
        return pl.concat(
            x.select(wanted).join(y.select(wanted), on="_entity", how="inner", suffix=":b") for x, y in pairs
        )


def _said(part: Part, stacked: Stack, rank: int, columns: Sequence[str]) -> pl.DataFrame:
    text = stacked.types[stacked.entity] == pl.String
    order = pl.col(stacked.entity).cast(pl.Float64, strict=False) if text else pl.lit(None, dtype=pl.Float64)
    return (
        part.rows.lazy()
        .select(
            "_rank",
            *columns,
            *ORIGIN,
            _order=order,
            _entity=pl.Series(part.number.astype(np.int64) + part.first),
        )
        .filter(pl.col("_rank") == rank)
        .drop("_rank")
        .collect()
    )


def _entities(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    again = rows["_entity"] == rows["_entity"].shift(1)
    repeats = (again | again.shift(-1)).fill_null(value=False)
    once = rows.filter(~repeats)
    if once.height == rows.height:
        return once
    # Grouping is dear, so those that stand there once are left out of it.
    several = rows.filter(repeats).group_by("_entity", maintain_order=True)
    undisputed = [_undisputed(column, rows.schema[column]) for column in columns]
    first = [pl.col(name).first() for name in (*ORIGIN, "_order")]
    return pl.concat([once, several.agg(*undisputed, *first).select(rows.columns)])


def _undisputed(column: str, dtype: pl.DataType) -> pl.Expr:
    low, high = pl.col(column).min(), pl.col(column).max()
    return pl.when(~differ(low, high, dtype)).then(low).alias(column)


def _kept(frame: pl.DataFrame, path: Path | None) -> pl.LazyFrame:
    if path is None:
        return frame.lazy()
    frame.write_ipc(path)
    return pl.scan_ipc(path)
