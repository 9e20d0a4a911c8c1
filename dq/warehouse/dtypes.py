"""Which Polars types the lake holds, which it holds as a wider one, and which it refuses.

| published | read back |
|---|---|
| Boolean, (U)Int8–64, Float32/64, Decimal, String, Binary, Date, List, Struct | the same |
| Datetime(us or ns) | the same |
| Datetime(us, "UTC") | the same |
| Categorical, Enum | String: the values stay, the closed list of them belongs in a contract |
| Datetime(ms) | Datetime(us) |
| Datetime(us or ms, another zone) | Datetime(us, "UTC"): the same instants |
| Float16 | Float32 |
| Array | List |
| Null, Int128, UInt128, Time, Duration, Datetime(ns) with a zone, Object, Struct without fields | refused |

Every value survives the way there and back; a type that would lose one is refused instead. Text may hold a NUL, but
SQL that compares with a text that holds one ends in an error of DuckLake's (1.5.5).
"""

from __future__ import annotations

import polars as pl

from dq.errors import SchemaError

_SAME = (
    pl.Boolean, pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64,
    pl.Float32, pl.Float64, pl.Decimal, pl.String, pl.Binary, pl.Date,
)  # fmt: skip

_HINTS: tuple[tuple[type[pl.DataType], str], ...] = (
    (pl.Null, "every cell is null and no type is known: cast it, for example to pl.String"),
    (pl.Duration, "cast it to a number and name the unit in the column, as in wait_seconds"),
    (pl.Time, "cast it to pl.String, or to seconds since midnight"),
    (pl.Int128, "cast it to pl.Int64, pl.Decimal or pl.String"),
    (pl.UInt128, "cast it to pl.UInt64, pl.Decimal or pl.String"),
    (pl.Datetime, 'cast it to pl.Datetime("us", "UTC")'),
)


def lake_type(dtype: pl.DataType) -> pl.DataType | None:
    """Give the type that the lake holds these values as, or null where it cannot hold all of them.

    >>> lake_type(pl.List(pl.Enum(["a", "b"])))
    List(String)
    >>> lake_type(pl.Duration("us")) is None
    True
    """
    if isinstance(dtype, _SAME):
        return dtype
    if isinstance(dtype, pl.Categorical | pl.Enum):
        return pl.String()
    if isinstance(dtype, pl.Float16):
        return pl.Float32()
    if isinstance(dtype, pl.Datetime):
        return _lake_time(dtype)
    return _lake_nested(dtype)


def _lake_time(dtype: pl.Datetime) -> pl.DataType | None:
    if dtype.time_zone is not None:
        return None if dtype.time_unit == "ns" else pl.Datetime("us", "UTC")
    return dtype if dtype.time_unit == "ns" else pl.Datetime("us")


def _lake_nested(dtype: pl.DataType) -> pl.DataType | None:
    if isinstance(dtype, pl.List | pl.Array):
        inner = lake_type(dtype.inner)  # type: ignore[arg-type]
        return None if inner is None else pl.List(inner)
    if isinstance(dtype, pl.Struct) and dtype.fields:
        fields = {field.name: lake_type(field.dtype) for field in dtype.fields}  # type: ignore[arg-type]
        kept = {name: inner for name, inner in fields.items() if inner is not None}
        return pl.Struct(kept) if len(kept) == len(fields) else None
    return None


def fit(frame: pl.LazyFrame, table: str) -> pl.LazyFrame:
    """Give the same rows in types that the lake holds.

    Raises:
        SchemaError: where a column has no name, a name that differs from another's only in case, or a type
            that the lake cannot hold; it names the column.

    """
    schema = frame.collect_schema()
    if not schema:
        raise SchemaError(f"{table} has no columns", where=table, hint="an empty table still needs a schema")
    seen: dict[str, str] = {}
    casts: list[pl.Expr] = []
    for name, dtype in schema.items():
        if not name:
            raise SchemaError(f"a column of {table} has no name", where=table, hint="rename it")
        if (twin := seen.setdefault(name.lower(), name)) != name:
            raise SchemaError(
                f"columns {twin!r} and {name!r} of {table} differ only in case, which SQL does not see",
                where=f"{table}.{name}",
                hint="rename one of them",
            )
        held = lake_type(dtype)
        if held is None:
            hint = next((text for kind, text in _HINTS if isinstance(dtype, kind)), "cast it to a plain type")
            raise SchemaError(
                f"the warehouse cannot hold column {name!r} of {table} as {dtype}",
                where=f"{table}.{name}",
                hint=hint,
            )
        if held != dtype:
            casts.append(pl.col(name).cast(held))
    return frame.with_columns(casts) if casts else frame
