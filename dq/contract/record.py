"""Asking a check, once and without data, which expressions it is made of.

A check's own function is handed a frame that has columns and types but no rows to read. What it selects is
noted. A function that reads the frame while it runs gives itself away: reading is what the frame cannot do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from polars.io.plugins import register_io_source


class _WasReadError(Exception):
    pass


class Recording(pl.LazyFrame):
    """A frame that notes the one `select` that is made of it; everything else it does makes it forget."""

    selected: tuple[pl.Expr, ...] | None = None
    untouched = False

    def select(self, *exprs: Any, **named_exprs: Any) -> pl.LazyFrame:
        """Select as a `LazyFrame` does; if this is the first call, remember the expressions."""
        out = super().select(*exprs, **named_exprs)
        flat = [part for one in exprs for part in (one if isinstance(one, list | tuple) else [one])]
        flat += [
            value.alias(name) if isinstance(value, pl.Expr) else value for name, value in named_exprs.items()
        ]
        columns = [pl.col(one) if isinstance(one, str) else one for one in flat]
        if self.untouched and isinstance(out, Recording) and all(isinstance(one, pl.Expr) for one in columns):
            out.selected = tuple(columns)
        return out


@dataclass(frozen=True)
class Recorded:
    """What a check selects: Boolean expressions that all have to be true."""

    exprs: tuple[pl.Expr, ...]
    element_wise: bool = False

    @property
    def passes(self) -> pl.Expr:
        """One expression: true where the row passes, null where the check says nothing."""
        if len(self.exprs) == 1 and not self.exprs[0].meta.has_multiple_outputs():
            return self.exprs[0]
        return pl.all_horizontal(*self.exprs)

    @property
    def is_scalar(self) -> bool:
        """Whether the check gives one verdict on the whole frame, with no row to blame."""
        return all(_is_scalar(expr) for expr in self.exprs)

    @property
    def is_row_local(self) -> bool:
        """Whether each row is judged by itself; in doubt it is not."""
        return self.element_wise or all(_is_row_local(expr) for expr in self.exprs)

    def columns(self, schema: Mapping[str, pl.DataType]) -> tuple[str, ...]:
        """Give those of these columns that are read, by name or by a selector such as `pl.all()`."""
        read = {name for expr in self.exprs for name in _read(expr, pl.LazyFrame(schema=dict(schema)))}
        return tuple(name for name in schema if name in read)


def record(check: Any, schema: Mapping[str, pl.DataType], argument: Any) -> Recorded | None:
    """Give the expressions of a check's function, or null where it is not one plain `select` of Booleans.

    `argument` makes the function's argument from the frame. What the function raises here it may also
    raise on data, and is told then.
    """
    touched: list[bool] = []

    def read(*_: Any) -> Iterator[pl.DataFrame]:
        touched.append(True)
        raise _WasReadError

    source = register_io_source(read, schema=dict(schema))
    frame = Recording._from_pyldf(source._ldf)  # noqa: SLF001 - a subclass can be made in no other way
    assert isinstance(frame, Recording)  # noqa: S101
    frame.untouched = True
    try:
        out = check(argument(frame))
        if touched or not isinstance(out, Recording) or out.selected is None:
            return None
        if any(dtype != pl.Boolean for dtype in out.collect_schema().dtypes()):
            return None
    except Exception:  # noqa: BLE001 - a check's function may raise anything; the real frame will tell
        return None
    return Recorded(out.selected)


def _read(expr: pl.Expr, frame: pl.LazyFrame) -> set[str]:
    """Walk the tree: `root_names` knows nothing of selectors."""
    if not expr.meta.is_column_selection():
        return {name for part in expr.meta.pop() for name in _read(part, frame)} | {*expr.meta.root_names()}
    try:
        return set(frame.select(expr).collect_schema().names())
    except pl.exceptions.ColumnNotFoundError:
        return set()  # of columns beyond these


def _is_row_local(expr: pl.Expr) -> bool:
    """Walk the tree: `is_row_separable` speaks of the root alone."""
    try:
        if not expr.meta.root_names() and not expr.meta.has_multiple_outputs():
            return _is_constant(expr)
        alone = expr.meta.is_row_separable() and expr.meta.is_length_preserving()
        return alone and all(_is_row_local(child) for child in expr.meta.pop())
    except pl.exceptions.PolarsError:
        return False


def _is_constant(expr: pl.Expr) -> bool:
    """Tell constants from the frame's length, and from literal columns, which go by position."""
    children = expr.meta.pop()
    leaves = all(_is_constant(child) for child in children) if children else expr.meta.is_literal()
    return leaves and _is_scalar(expr)


def _is_scalar(expr: pl.Expr) -> bool:
    try:
        return expr.meta.is_scalar()
    except pl.exceptions.PolarsError:
        return False
