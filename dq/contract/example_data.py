"""Rows that a contract accepts, made by chance from its own rules: data for tests, without a source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import inf, nextafter
from random import Random
from typing import Any

import polars as pl
from polars.datatypes import IntegerType

from dq.contract.compile import check_function
from dq.contract.matching_text import matching_text
from dq.errors import ContractError

NULL_EVERY = 8
FIRST_DAY = date(2020, 1, 1)
SPAN = 1000
MOST_DRAWS = 200


def example_column(name: str, column: Any, dtype: pl.DataType, rows: int, random: Random) -> pl.Series:
    """Give `rows` cells that the column's own built-in checks accept; some are null where that is allowed.

    Raises:
        ContractError: where the checks leave nothing to choose from, or a pattern cannot be turned around.

    """
    said = _said(column.checks)
    draw = _drawing(name, dtype, said, random)
    cells: list[Any] = []
    seen: set[Any] = set()
    for at in range(rows):
        if column.nullable and not column.unique and at % NULL_EVERY == NULL_EVERY - 1:
            cells.append(None)
            continue
        for _ in range(MOST_DRAWS):
            cell = draw(at)
            if _allowed(cell, said) and not (column.unique and cell in seen):
                break
        else:
            raise ContractError(
                f"no example of {name} was found in {MOST_DRAWS} draws",
                where=name,
                hint=f"give it: example({rows}, columns={{{name!r}: …}})",
            )
        if column.unique:
            seen.add(cell)
        cells.append(cell)
    return pl.Series(name, cells, dtype=dtype)


def _said(checks: Sequence[Any]) -> Mapping[str, Any]:
    """Give what the built-in checks say of a cell, by the names of their arguments."""
    said: dict[str, Any] = {}
    for check in checks:
        name = getattr(check_function(check), "__name__", check.name) if check.name is None else check.name
        said |= {f"{name}.{key}": value for key, value in (check.statistics or {}).items()}
    return said


def _least(said: Mapping[str, Any], step: Callable[[Any], Any], default: Any) -> Any:
    bounds = [
        said[key] for key in ("greater_than_or_equal_to.min_value", "in_range.min_value") if key in said
    ]
    bounds += [step(said[key]) for key in ("greater_than.min_value",) if key in said]
    return max(bounds, default=default)


def _most(said: Mapping[str, Any], step: Callable[[Any], Any], default: Any) -> Any:
    bounds = [said[key] for key in ("less_than_or_equal_to.max_value", "in_range.max_value") if key in said]
    bounds += [step(said[key]) for key in ("less_than.max_value",) if key in said]
    return min(bounds, default=default)


def _allowed(cell: Any, said: Mapping[str, Any]) -> bool:
    return cell not in said.get("notin.forbidden_values", ()) and cell != said.get(
        "not_equal_to.value", object()
    )


def _drawing(name: str, dtype: pl.DataType, said: Mapping[str, Any], random: Random) -> Callable[[int], Any]:
    """Give a function that makes one cell; it is told the row's number."""
    for few in ("isin.allowed_values", "unique_values_eq.values"):
        if few in said:
            words = sorted(said[few], key=str)
            return lambda _: random.choice(words)
    if "equal_to.value" in said:
        return lambda _: said["equal_to.value"]
    if dtype == pl.String:
        return _texts(name, said, random)
    if isinstance(dtype, IntegerType):
        low = _least(said, lambda bound: bound + 1, None)
        high = _most(said, lambda bound: bound - 1, None)
        low, high = _span(low, high, SPAN, 0 if high is None or high >= 0 else None)
        most = int(pl.select(dtype.max()).item())
        return lambda _: random.randint(int(low), min(int(high), most))
    if dtype.is_float() or dtype.is_decimal():
        low = _least(said, lambda bound: nextafter(bound, inf), None)
        high = _most(said, lambda bound: nextafter(bound, -inf), None)
        low, high = _span(low, high, SPAN, 0 if high is None or high >= 0 else None)
        return _fractions(float(low), float(high), dtype, random)
    return _others(name, dtype, said, random)


def _span(low: Any, high: Any, width: Any, start: Any) -> tuple[Any, Any]:
    """Give both ends of a range of which one or both may be open."""
    if low is None:
        low = high - width if start is None else start
    return low, (low + width if high is None else high)


def _fractions(low: float, high: float, dtype: pl.DataType, random: Random) -> Callable[[int], Any]:
    def draw(_: int) -> Any:
        cell = random.uniform(low, high)
        short = round(cell, 2)
        cell = short if low <= short <= high else cell
        return Decimal(f"{cell:.{dtype.scale}f}") if isinstance(dtype, pl.Decimal) else cell

    return draw


def _texts(name: str, said: Mapping[str, Any], random: Random) -> Callable[[int], Any]:
    least = said.get("str_length.min_value") or said.get("str_length.exact_value") or 0
    most = said.get("str_length.max_value") or said.get("str_length.exact_value") or max(least, 40)
    pattern = said.get("str_matches.pattern") or said.get("str_contains.pattern")
    head, tail = said.get("str_startswith.string", ""), said.get("str_endswith.string", "")

    def draw(at: int) -> str:
        if pattern is not None:
            try:
                body = matching_text(getattr(pattern, "pattern", pattern), random)
            except ValueError as error:
                raise ContractError(
                    str(error), where=name, hint=f"give it: example(…, columns={{{name!r}: …}})"
                ) from error
        else:
            body = f"{name} {at} {random.randrange(10**6)}"
        text = body if body.startswith(head) else head + body
        text = text if text.endswith(tail) else text + tail
        if len(text) > most:
            text = text[: most - len(tail)] + tail
        return text.ljust(least, "x")

    return draw


def _others(  # noqa: PLR0911 - one case a type
    name: str, dtype: pl.DataType, said: Mapping[str, Any], random: Random
) -> Callable[[int], Any]:
    match dtype:
        case pl.Boolean():
            return lambda _: random.random() < 0.5
        case pl.Date() | pl.Datetime():
            return _moments(dtype, said, random)
        case pl.Duration():
            return lambda _: timedelta(seconds=random.randrange(86_400))
        case pl.Time():
            return lambda _: time(random.randrange(24), random.randrange(60))
        case pl.Enum():
            words = dtype.categories.to_list()
            return lambda _: random.choice(words)
        case pl.Categorical():
            return lambda _: random.choice(("a", "b", "c"))
        case pl.Binary():
            return lambda at: at.to_bytes(4) + random.randbytes(4)
        case _:
            return _nested(name, dtype, random)


def _moments(
    dtype: pl.Date | pl.Datetime, said: Mapping[str, Any], random: Random
) -> Callable[[int], date | datetime]:
    first: date | datetime = FIRST_DAY
    tick = timedelta(days=1)
    if isinstance(dtype, pl.Datetime):
        first = datetime(2020, 1, 1, tzinfo=UTC if dtype.time_zone else None)
        tick = timedelta(seconds=1)
    low, high = _least(said, lambda at: at + tick, None), _most(said, lambda at: at - tick, None)
    low, high = _span(low, high, SPAN * timedelta(days=1), first if high is None or high >= first else None)
    return lambda _: low + random.randint(0, (high - low) // tick) * tick


def _nested(name: str, dtype: pl.DataType, random: Random) -> Callable[[int], Any]:
    match dtype:
        case pl.List() | pl.Array():
            inner = _drawing(name, _whole(dtype.inner), {}, random)
            size = dtype.shape[0] if isinstance(dtype, pl.Array) else None
            return lambda at: [inner(at) for _ in range(random.randrange(4) if size is None else size)]
        case pl.Struct():
            fields = {one.name: _drawing(name, _whole(one.dtype), {}, random) for one in dtype.fields}
            return lambda at: {key: draw(at) for key, draw in fields.items()}
    raise ContractError(
        f"no example of {dtype} is made", where=name, hint=f"give it: example(…, columns={{{name!r}: …}})"
    )


def _whole(dtype: Any) -> pl.DataType:
    """Give the type of an inner cell, which Polars also takes without its brackets."""
    whole: pl.DataType = dtype() if isinstance(dtype, type) else dtype
    return whole
