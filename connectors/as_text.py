"""A typed table → text, cell by cell, in the form that `dq.clean.parse` reads back; bytes stay bytes."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from connectors.column_names import named
from dq.errors import DecodeError
from dq.source import REJECT_SCHEMA, Decoded

_NO_REJECTS = pl.DataFrame(schema=REJECT_SCHEMA)


def as_text(frame: pl.DataFrame, where: str, columns: Sequence[str] = ()) -> Decoded:
    """Give every row as text, with `_row` from 1; `columns` replaces the names.

    Numbers, truth values and dates as written in JSON and ISO 8601, lists and records as JSON. Bytes stay a
    Binary column; a record that holds bytes becomes one column per field, `image.bytes` beside `image.path`.

    Raises:
        DecodeError: where names repeat, or a list holds bytes or what has no text.

    >>> as_text(pl.DataFrame({"a": [1.5], "b": [[1, 2]]}), "x").rows.row(0)
    ('1.5', '[1,2]', 1)

    """
    flat = _opened(frame)
    flat.columns = list(named(flat.columns, columns, where))
    rows = flat.select(
        *(_text(name, dtype, where) for name, dtype in flat.schema.items()),
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("_row"),
    )
    return Decoded(rows, _NO_REJECTS, frame.height)


def _opened(frame: pl.DataFrame) -> pl.DataFrame:
    """Give each record that holds bytes as its fields."""
    while True:
        opening = [
            name
            for name, dtype in frame.schema.items()
            if isinstance(dtype, pl.Struct) and any(_holds(f.dtype, pl.Binary) for f in dtype.fields)
        ]
        if not opening:
            return frame
        frame = frame.unnest(opening, separator=".")


def _text(name: str, dtype: pl.DataType, where: str) -> pl.Expr:
    cell = pl.col(name)
    if isinstance(dtype, pl.String | pl.Binary):
        return cell
    if isinstance(dtype, pl.Null):
        return cell.cast(pl.String)
    if isinstance(dtype, pl.Datetime | pl.Duration):
        return cell.dt.to_string("iso:strict" if isinstance(dtype, pl.Datetime) else "iso")
    if dtype.is_nested():
        if _holds(dtype, pl.Binary) or _holds(dtype, pl.Object):
            raise DecodeError(
                f"column {name!r} is {dtype}, which has no text",
                where=where,
                hint="write the bytes as a column of their own",
            )
        if isinstance(dtype, pl.Array):
            cell = cell.arr.to_list()
        whole = pl.struct(cell.alias("_")).struct.json_encode()  # {"_":…}
        return pl.when(cell.is_not_null()).then(whole.str.slice(5, whole.str.len_chars() - 6)).alias(name)
    if isinstance(dtype, pl.Object):
        raise DecodeError(f"column {name!r} holds objects, which have no text", where=where)
    return cell.cast(pl.String)


def _holds(dtype: object, kind: type[pl.DataType]) -> bool:
    """Say whether values of this type are, or hold, values of that one."""
    if isinstance(dtype, pl.Struct):
        return any(_holds(field.dtype, kind) for field in dtype.fields)
    if isinstance(dtype, pl.List | pl.Array):
        return _holds(dtype.inner, kind)
    return isinstance(dtype, kind)
