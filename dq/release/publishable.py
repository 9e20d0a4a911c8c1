"""What can be published: the columns that are asked for, of types that every reader of Parquet and numpy knows."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from dq.errors import SchemaError
from dq.required_columns import require


def publishable(frame: pl.LazyFrame, needed: Sequence[str]) -> pl.LazyFrame:
    """Give the frame's columns without the framework's, categories as text.

    Raises:
        SchemaError: where a needed column is missing or is the framework's, or a type cannot be published.

    """
    schema = frame.collect_schema()
    require(frame, needed, "the table to release")
    names = [name for name in schema if not name.startswith("_")]
    hidden = [name for name in needed if name not in names]
    if hidden:
        raise SchemaError(
            f"{', '.join(map(repr, hidden))}: columns with an underscore in front are not published"
        )
    odd = [f"{name} ({schema[name]})" for name in names if not _fits(schema[name])]
    if odd:
        raise SchemaError(
            f"these columns have types that cannot be published: {', '.join(odd)}",
            failed=len(odd),
            of=len(names),
            hint="cast them to numbers, text, dates or lists of these, or leave them out",
        )
    as_text = [
        pl.col(name).cast(pl.String) for name in names if isinstance(schema[name], (pl.Categorical, pl.Enum))
    ]
    return frame.select(names).with_columns(as_text)


def _fits(dtype: pl.DataType | pl.datatypes.DataTypeClass) -> bool:
    if isinstance(dtype, pl.List):
        inner = dtype.inner
        return not inner.is_nested() and not isinstance(inner, (pl.Categorical, pl.Enum)) and _fits(inner)
    plain = (pl.String, pl.Boolean, pl.Date, pl.Datetime, pl.Binary, pl.Categorical, pl.Enum)
    number = (dtype.is_integer() and dtype not in {pl.Int128, pl.UInt128}) or dtype in {
        pl.Float32,
        pl.Float64,
    }
    return number or isinstance(dtype, plain)
