"""All sources on one pile: the same columns, the same types, every row named by source, landing and row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from dq.errors import ContractError, DataError, SchemaError
from dq.merge.fixes import apply_fixes
from dq.merge.survivorship import Latest, Survivorship

ORIGIN = ("_landing_id", "_row")


@dataclass(frozen=True)
class Stack:
    """What is to be merged, typed and not yet read.

    `rows`: the entity, every column (null where a source lacks it), `_rank`, `_landing_id`, `_row`, one source after
    the other. `height` is how many there are, `width` about how many bytes of memory one of them takes.

    `sources` stand in precedence order, and `_rank` is a source's place in it. `columns` are those to be
    merged, `of` says which of them each source has, `types` gives their types and that of the entity.
    """

    rows: pl.LazyFrame
    height: int
    width: int
    entity: str
    sources: tuple[str, ...]
    columns: tuple[str, ...]
    of: Mapping[str, tuple[str, ...]]
    types: Mapping[str, pl.DataType]


def stack(
    sources: Mapping[str, pl.LazyFrame | pl.DataFrame], entity: str, survivorship: Survivorship, table: str
) -> Stack:
    """Put all sources on one pile, with declared fixes applied.

    Numbers of different types meet as floats (or as Int64, where all are integers); categories become text;
    NaN becomes null. The framework's columns other than `_landing_id` and `_row` are left behind.

    Raises:
        SchemaError: where a source lacks a needed column or its type cannot meet another's; where the entity is a whole
            number in one source and a float in another.
        DataError: where a row has no entity.
        ContractError: where there is no source at all, or a declaration names a source that is not there.

    """
    if not sources:
        raise ContractError("nothing to merge: no source was given", where=table)
    unknown = {*survivorship.copies, *(source for source, _ in survivorship.fixes)} - set(sources)
    if unknown:
        raise ContractError(f"survivorship names sources that are not there: {sorted(unknown)}", where=table)
    names = survivorship.ranked(list(sources))
    frames = {name: _chosen(sources[name].lazy(), name, entity, table) for name in names}
    height = _heights(frames, entity, table)
    frames = {name: apply_fixes(frame, name, survivorship.fixes) for name, frame in frames.items()}
    schemas = {name: frame.collect_schema() for name, frame in frames.items()}
    of = {
        name: tuple(c for c in schema.names() if c not in (entity, *ORIGIN))
        for name, schema in schemas.items()
    }
    columns = tuple(dict.fromkeys(c for name in names for c in of[name]))
    idle = set(survivorship.columns) - set(columns)
    if idle:
        raise ContractError(f"rules for columns that no source has: {', '.join(sorted(idle))}", where=table)
    unruled = {rule.by for rule in survivorship.rules() if isinstance(rule, Latest)} - set(columns)
    if unruled:
        raise SchemaError(
            f"latest needs a column that no source has: {', '.join(sorted(unruled))}", where=table
        )
    types = {c: _common_type(c, schemas, table) for c in (entity, *columns)}
    _refuse_rounded(entity, types[entity], schemas, table)
    parts = [
        frame.select(
            *(pl.col(c).cast(types[c]) for c in (entity, *columns) if c in schemas[name]),
            pl.lit(rank, dtype=pl.Int32).alias("_rank"),
            pl.col("_landing_id").cast(pl.String),
            pl.col("_row").cast(pl.Int64),
        )
        for rank, (name, frame) in enumerate(frames.items())
    ]
    rows = pl.concat(parts, how="diagonal").select(entity, *columns, "_rank", *ORIGIN)
    some = pl.concat(pl.collect_all([part.head(1000) for part in parts]), how="diagonal")
    width = int(some.estimated_size()) // max(1, some.height)
    return Stack(rows, height, width, entity, names, columns, of, types)


def _chosen(frame: pl.LazyFrame, source: str, entity: str, table: str) -> pl.LazyFrame:
    schema = frame.collect_schema()
    missing = [name for name in (entity, *ORIGIN) if name not in schema]
    if missing:
        raise SchemaError(
            f"{source} cannot be merged into {table} without {', '.join(missing)}",
            where=source,
            hint=f"it has: {', '.join(schema.names())}",
        )
    kept = [name for name in schema.names() if not name.startswith("_") or name == entity]
    floats = [name for name in kept if schema[name].is_float()]
    return frame.select(*kept, *ORIGIN).with_columns(pl.col(floats).fill_nan(None))


def _heights(frames: Mapping[str, pl.LazyFrame], entity: str, table: str) -> int:
    """Count the rows of all sources, each of which must have an entity."""
    count = (pl.len(), pl.col(entity).null_count().alias("nameless"))
    counted = pl.collect_all([frame.select(*count) for frame in frames.values()], engine="streaming")
    for source, counts in zip(frames, counted, strict=True):
        height, nameless = counts.row(0)
        if nameless:
            raise DataError(
                f"rows of {source} have no {entity}",
                where=table,
                failed=nameless,
                of=height,
                hint="give them an id of their own first (dq.merge.link does), or reject them",
            )
    return sum(counts.item(0, 0) for counts in counted)


def _common_type(column: str, schemas: Mapping[str, pl.Schema], table: str) -> pl.DataType:
    seen = {name: schema[column] for name, schema in schemas.items() if column in schema}
    types = {_plain(dtype) for dtype in seen.values()} - {pl.Null()}
    if not types:
        return pl.String()
    if len(types) > 1 and all(dtype.is_numeric() for dtype in types):
        return pl.Int64() if all(dtype.is_integer() for dtype in types) else pl.Float64()
    nested = [dtype for dtype in types if dtype.is_nested()]
    if len(types) > 1 or nested:
        raise SchemaError(
            f"{column} cannot be merged: " + ", ".join(f"{name} has {dtype}" for name, dtype in seen.items()),
            where=table,
            hint="merge compares flat values: flatten it first" if nested else "parse it to one type first",
        )
    return types.pop()


def _refuse_rounded(entity: str, dtype: pl.DataType, schemas: Mapping[str, pl.Schema], table: str) -> None:
    """Refuse whole numbers beside floats as the entity: beyond 2^53 two of them would become one."""
    whole = [name for name, schema in schemas.items() if schema[entity].is_integer()]
    if whole and dtype.is_float():
        raise SchemaError(
            f"{entity} is a whole number in {', '.join(whole)}, and a float elsewhere",
            where=table,
            hint="cast it to Int64 in all sources: two large numbers can be one float",
        )


def _plain(dtype: pl.DataType) -> pl.DataType:
    return pl.String() if dtype in (pl.Categorical, pl.Enum) else dtype
