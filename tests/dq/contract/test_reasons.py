"""Cells as text, and reasons gathered a row."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.contract.reasons import as_text, reasons_column, value_of
from dq.contract.rules import Rule
from dq.verdict import REASONS


@pytest.mark.parametrize(
    ("cell", "dtype", "text"),
    [
        (1, pl.Int64(), "1"),
        (1.5, pl.Float64(), "1.5"),
        (True, pl.Boolean(), "true"),
        ("日本", pl.String(), "日本"),
        (date(2020, 1, 2), pl.Date(), "2020-01-02"),
        (datetime(2020, 1, 2, 3), pl.Datetime("us"), "2020-01-02 03:00:00.000000"),  # noqa: DTZ001
        (timedelta(hours=1), pl.Duration("us"), "PT1H"),
        (Decimal("1.50"), pl.Decimal(10, 2), "1.50"),
        ("a", pl.Categorical(), "a"),
        ("a", pl.Enum(["a"]), "a"),
        (b"\x00\xff", pl.Binary(), "00ff"),
        ([1, None], pl.List(pl.Int64()), "[1,null]"),
        ({"x": 1}, pl.Struct({"x": pl.Int64}), '{"x":1}'),
        (None, pl.List(pl.Int64()), None),
        (None, pl.Int64(), None),
    ],
)
def test_every_type_of_cell_has_a_text(cell: Any, dtype: pl.DataType, text: str | None) -> None:
    """A reason can show any cell; null stays null."""
    frame = pl.DataFrame({"a": pl.Series([cell], dtype=dtype)})
    assert frame.select(as_text("a", dtype)).to_series().to_list() == [text]


def test_wide_rules_show_their_first_columns_and_how_many_more() -> None:
    """A rule over many columns does not copy the row into its reason; odd names survive."""
    frame = pl.DataFrame({f"{{c{index}}}": [index] for index in range(10)})
    shown = frame.select(value_of(tuple(frame.columns), frame.schema)).item()
    assert shown.startswith("{c0}=0, {c1}=1, ")
    assert shown.endswith("{c7}=7, … 2 more")


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 2)), max_size=12))
def test_reasons_are_the_broken_rules_of_each_row_in_order(rows: list[tuple[bool, bool, int]]) -> None:
    """For any failures and problems: problems first, then rules in the contract's order, none lost."""
    rules = [Rule("one", "accuracy", "a"), Rule("two", "consistency")]
    problem = {"rule": "parse:a", "dimension": "accuracy", "column": "a", "value": "?"}
    frame = pl.DataFrame({"a": list(range(len(rows)))}, schema={"a": pl.Int64})
    fails = [pl.Series([row[index] for row in rows], dtype=pl.Boolean) for index in (0, 1)]
    problems = pl.Series([[problem] * row[2] for row in rows], dtype=REASONS)
    broken = [(rule, ("a",), fail) for rule, fail in zip(rules, fails, strict=True)]
    found = reasons_column(frame, broken, problems)
    assert found.dtype == REASONS
    assert [[one["rule"] for one in row] for row in found.to_list()] == [
        ["parse:a"] * row[2] + ["one"] * row[0] + ["two"] * row[1] for row in rows
    ]
