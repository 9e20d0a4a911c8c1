"""Example rows are accepted by the contract they are made from, the same for the same seed."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from random import Random
from typing import Annotated, Any, ClassVar

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from dq.contract import Contract
from dq.contract.matching_text import matching_text
from dq.errors import ContractError
from tests.dq.contract.random_models import POOLS


class Order(pa.DataFrameModel):
    order_id: int = pa.Field(unique=True, gt=0)
    customer: str = pa.Field(metadata={"references": ("core.customers", "name")})
    code: str = pa.Field(str_matches=r"^[A-Z]{3}-\d{4}$")
    state: str = pa.Field(isin=("open", "paid"), nullable=True)
    price_eur: float = pa.Field(gt=0, le=50)
    pieces: int = pa.Field(in_range={"min_value": 1, "max_value": 9})
    total_eur: float
    ordered_on: date = pa.Field(ge=date(2024, 1, 1), le=date(2024, 1, 31))
    shipped_at: Annotated[pl.Datetime, "us", "UTC"] = pa.Field(ge=datetime(2024, 2, 1, tzinfo=UTC))

    @pa.dataframe_check
    def total_adds_up(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        return data.lazyframe.select(pl.col("price_eur") * pl.col("pieces") == pl.col("total_eur"))

    @pa.dataframe_check
    def dear_ones_are_few(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        return data.lazyframe.select((pl.col("price_eur") < 20) | (pl.col("pieces") < 5))

    class Config:
        name = "core.orders"
        unique: ClassVar[list[str]] = ["customer", "code"]


TOTAL = {"total_eur": pl.col("price_eur") * pl.col("pieces")}
CUSTOMERS = {"core.customers": pl.LazyFrame({"name": ["Ann", "Bo"]})}


@given(st.integers(1, 60), st.integers(0, 99))
@settings(max_examples=15)
def test_the_contract_accepts_its_examples(rows: int, seed: int) -> None:
    """As many rows as asked, none rejected: ranges, patterns, sets, uniqueness, references, rules across columns."""
    contract = Contract(Order)
    frame = contract.example(rows, seed=seed, columns=TOTAL, references=CUSTOMERS)
    report = contract.judge(frame, CUSTOMERS).report
    assert (frame.height, report.rejected, report.blocked) == (rows, 0, None)
    assert_frame_equal(frame, contract.example(rows, seed=seed, columns=TOTAL, references=CUSTOMERS))


def test_nullable_columns_have_nulls() -> None:
    """Where a null is allowed some cells are null: a test then sees both."""
    frame = Contract(Order).example(40, columns=TOTAL, references=CUSTOMERS)
    assert 0 < frame["state"].null_count() < 40
    assert set(frame["customer"]) <= {"Ann", "Bo"}


def test_what_chance_does_not_find_is_said() -> None:
    """A total that must add up is hardly met by chance: the rule is named, and what to do."""
    with pytest.raises(ContractError, match=r"total_adds_up .*columns="):
        Contract(Order).example(5, references=CUSTOMERS)


def test_too_few_distinct_cells_are_said() -> None:
    """A unique column with fewer values than rows has no example."""

    class Few(pa.DataFrameModel):
        one: int = pa.Field(unique=True, in_range={"min_value": 1, "max_value": 3})

        class Config:
            name = "core.few"

    with pytest.raises(ContractError, match="no example of one"):
        Contract(Few).example(9)


@pytest.mark.parametrize("kind", POOLS)
def test_every_type_has_examples(kind: str) -> None:
    """Any type that a contract can have is made, with and without nulls."""
    annotation: Any = POOLS[kind][0]
    model = type(
        "Any",
        (pa.DataFrameModel,),
        {
            "__annotations__": {"sure": annotation, "perhaps": annotation},
            "perhaps": pa.Field(nullable=True),
            "Config": type("Config", (), {"name": "core.any"}),
        },
    )
    frame = Contract(model).example(20)
    assert Contract(model).judge(frame).report.rejected == 0
    assert frame["perhaps"].null_count() > 0


@settings(max_examples=60)
@given(
    st.sampled_from(
        [
            r"^\d{3}$",
            r"[^a-c]{2,4}",
            r"(?:ab|c(d|e))+x?",
            r"^\w+@[a-z]+\.(com|org)$",
            r"\s*.[0-9-]",
            "a{0,3}b*",
        ]
    ),
    st.integers(0, 10_000),
)
def test_a_text_for_a_pattern_matches_it(pattern: str, seed: int) -> None:
    """Classes, repeats, groups, branches and their reverse: Python's own reader finds the pattern in the text."""
    assert re.fullmatch(pattern, matching_text(pattern, Random(seed)))


@pytest.mark.parametrize("pattern", [r"(?=a)b", r"(a)\1", r"[\W]"])
def test_a_pattern_that_cannot_be_turned_around_is_said(pattern: str) -> None:
    """Look-around, references and classes of what is not a word are refused in words, with the column."""

    class Odd(pa.DataFrameModel):
        text: str = pa.Field(str_contains=pattern)

        class Config:
            name = "core.odd"

    with pytest.raises(ContractError, match=r"pattern[\s\S]*text"):
        Contract(Odd).example(3)
