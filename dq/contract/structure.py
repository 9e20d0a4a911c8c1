"""The frame's form: are the columns there, have they the right types, what is kept, what is dropped.

Pandera itself judges the form, on an empty frame of these columns: types mean the same here as there.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandera.errors as pe
import polars as pl

from dq.errors import SchemaError
from dq.verdict import REASONS

RESERVED = ("_problems", "_reasons")
"""Framework columns that a verdict uses up; all others with an underscore in front pass through."""


@dataclass(frozen=True)
class Form:
    """How a frame meets its contract: `view` is what checks see, `own` the contract's part of it.

    `framework` passes through untouched, `read` is the frame as it came, without what a verdict uses up.
    """

    table: str
    own: tuple[str, ...]
    extra: tuple[str, ...]
    framework: tuple[str, ...]
    read: tuple[str, ...]
    added: tuple[pl.Expr, ...]
    prepared: tuple[pl.Expr, ...]
    has_problems: bool

    @property
    def view(self) -> tuple[str, ...]:
        """The columns that a check may look at."""
        return (*self.own, *self.extra)

    @property
    def accepted(self) -> tuple[str, ...]:
        """The columns of the accepted frame, in order."""
        return (*self.own, *self.extra, *self.framework)


class Structure:
    """The form that a Pandera schema asks for."""

    def __init__(self, schema: Any, dtypes: Mapping[str, pl.DataType], table: str) -> None:
        self._schema = _without_checks(schema)
        self._dtypes = dtypes
        self._table = table

    def form(self, schema: Mapping[str, pl.DataType]) -> Form:
        """Give how a frame of these columns and types meets the contract.

        Raises:
            SchemaError: where columns are missing, of the wrong type or too many; names them all.

        """
        framework = [name for name in schema if name.startswith("_") and name not in self._dtypes]
        given = [name for name in schema if name not in framework]
        self._refuse_problems(schema)
        empty = pl.DataFrame(schema={name: schema[name] for name in given})
        try:
            out = self._schema.validate(empty, lazy=True)
        except pe.SchemaErrors as error:
            raise self._told(error, schema) from None
        own = tuple(name for name in self._dtypes if name in out.columns)
        prepared = tuple(self._prepared(schema, own))
        try:
            empty.clear(1).select(prepared)
        except pl.exceptions.PolarsError as error:
            raise SchemaError(
                f"{self._table} cannot be read as its contract's types: {str(error).partition(chr(10))[0]}",
                where=self._table,
                hint="read such columns by dq.clean.parse before they are judged",
            ) from error
        added = tuple(
            pl.lit(self._schema.columns[name].default).cast(self._dtypes[name]).alias(name)
            for name in own
            if name not in given
        )
        return Form(
            table=self._table,
            own=own,
            extra=tuple(name for name in out.columns if name not in own),
            framework=tuple(name for name in framework if name not in RESERVED),
            read=tuple(name for name in schema if name not in RESERVED),
            added=added,
            prepared=prepared,
            has_problems="_problems" in schema,
        )

    def _prepared(self, schema: Mapping[str, pl.DataType], own: tuple[str, ...]) -> list[pl.Expr]:
        """Give the columns that change before judging: read as their type, filled with their default."""
        exprs = []
        for name in own:
            if name not in schema:
                continue
            column, dtype, expr = self._schema.columns[name], self._dtypes[name], pl.col(name)
            if (column.coerce or self._schema.coerce) and schema[name] != dtype:
                if schema[name].is_nested() and not dtype.is_nested():
                    raise SchemaError(
                        f"{self._table}: {name} is {schema[name]}, which no {dtype} can be read from"
                    )
                expr = expr.cast(dtype, strict=False)
            if column.default is not None:
                default = (
                    column.default
                    if isinstance(column.default, pl.Expr)
                    else pl.lit(column.default, dtype=dtype)
                )
                expr = expr.fill_nan(default) if dtype.is_float() else expr
                expr = expr.fill_null(default)
            if not expr.meta.is_column():
                exprs.append(expr.alias(name))
        return exprs

    def _refuse_problems(self, schema: Mapping[str, pl.DataType]) -> None:
        given = schema.get("_problems", REASONS)
        if given not in (REASONS, pl.Null(), pl.List(pl.Null())):
            raise SchemaError(
                f"{self._table}: _problems is {given}",
                hint=f"it must be {REASONS}: one struct per cell that could not be read",
            )

    def _told(self, error: pe.SchemaErrors, schema: Mapping[str, pl.DataType]) -> SchemaError:
        told = []
        for one in error.schema_errors:
            name = getattr(one, "failure_cases", None)
            match str(one.check).partition("(")[0]:
                case "column_in_dataframe":
                    told.append(f"{name} is missing")
                case "column_in_schema":
                    told.append(f"{name} is not in the contract")
                case "column_ordered":
                    told.append(f"{name} is out of order")
                case "dtype" | "coerce_dtype":
                    column = str(getattr(one.schema, "name", ""))
                    wanted = self._dtypes.get(column)
                    told.append(f"{column} is {schema.get(column)}, not {wanted}" if wanted else str(one))
                case _:
                    told.append(str(one).partition("\n")[0])
        return SchemaError(
            f"{self._table} does not have the form that its contract asks for: {'; '.join(told)}",
            where=self._table,
            failed=len(told),
            hint=f"the frame has {', '.join(f'{name}: {dtype}' for name, dtype in schema.items())}",
        )


def _without_checks(schema: Any) -> Any:
    bare = copy.deepcopy(schema)
    bare.checks = []
    bare.unique = None
    bare.drop_invalid_rows = False
    for column in bare.columns.values():
        column.checks = []
        column.unique = False
    return bare
