"""Where Pandera 0.35 is wrong, pinned: what it does, and what the engine does instead.

A test here that fails after an update of Pandera is good news: the difference can go.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

import pandera.errors as pe
import pandera.polars as pa
import polars as pl
import pytest

from dq.contract import Contract
from dq.errors import ContractError


def rules_by_row(model: type[Any], frame: pl.DataFrame) -> dict[int, list[str]]:
    rejected = Contract(model).judge(frame.with_columns(_row=pl.int_range(pl.len()))).rejected
    return {
        row: [one["rule"] for one in reasons]
        for row, reasons in rejected.select("_row", "_reasons").iter_rows()
    }


class Two(pa.DataFrameModel):
    a: int
    b: int

    class Config:
        name = "core.two"
        unique: ClassVar[list[list[str]]] = [["a"], ["b"]]


def test_only_the_first_joint_unique_is_reported() -> None:
    """Pandera stops at the first of several uniques; the engine reports them all."""
    frame = pl.DataFrame({"a": [1, 1, 2, 3], "b": [1, 2, 3, 3]})
    with pytest.raises(pe.SchemaErrors) as caught:
        Two.validate(frame, lazy=True)
    assert sorted(set(caught.value.failure_cases["index"])) == [0, 1]
    assert rules_by_row(Two, frame) == {
        0: ["unique(a)"],
        1: ["unique(a)"],
        2: ["unique(b)"],
        3: ["unique(b)"],
    }


class Read(pa.DataFrameModel):
    a: int = pa.Field(coerce=True, nullable=True, ge=0)

    class Config:
        name = "core.read"


def test_one_unreadable_cell_spoils_the_column() -> None:
    """Pandera leaves the column as text after one bad cell and calls nulls bad; the engine goes by cell."""
    frame = pl.DataFrame({"a": ["1", None, "x", "-5"]})
    with pytest.raises(pe.SchemaErrors) as caught:
        Read.validate(frame, lazy=True)
    told = caught.value.failure_cases["failure_case"].to_list()
    assert told[:3] == [None, "x", "String"]
    assert "cannot compare string" in told[3]
    verdict = Contract(Read).judge(frame)
    assert verdict.accepted["a"].to_list() == [1, None]
    assert verdict.rejected["a"].to_list() == ["x", "-5"]
    assert verdict.rejected["_reasons"].to_list() == [
        [{"rule": "a:coerce(Int64)", "dimension": "accuracy", "column": "a", "value": "x"}],
        [{"rule": "a:ge(0)", "dimension": "accuracy", "column": "a", "value": "-5"}],
    ]


class Spans(pa.DataFrameModel):
    span: pl.Duration = pa.Field(ge=timedelta(0))
    body: pl.Binary = pa.Field(unique=True)

    class Config:
        name = "core.spans"
        metadata: ClassVar[dict[str, Any]] = {"dq": {"max_rejected_share": 1.0}}


def test_reporting_bytes_and_durations_crashes() -> None:
    """Pandera fails while it writes such failures down; the engine shows them as text."""
    frame = pl.DataFrame({"span": [timedelta(seconds=-90), timedelta(1)], "body": [b"\xff", b"\xff"]})
    with pytest.raises(pl.exceptions.PolarsError):
        Spans.validate(frame, lazy=True)
    shown = Contract(Spans).judge(frame).rejected["_reasons"][0].to_list()
    assert [(one["rule"], one["value"]) for one in shown] == [
        ("span:ge(0:00:00)", "-PT1M30S"),
        ("body:unique", "ff"),
    ]


class Said(pa.DataFrameModel):
    a: int = pa.Field(ge=0)

    @pa.dataframe_check
    def said(cls, data: pa.PolarsData) -> bool:  # noqa: N805
        return False

    class Config:
        name = "core.said"


def test_a_plain_false_beside_a_failed_row_crashes() -> None:
    """Pandera cannot put a Boolean and a cell into one table; the engine blocks and quarantines."""
    frame = pl.DataFrame({"a": [-1, 1]})
    with pytest.raises(pl.exceptions.PolarsError):
        Said.validate(frame, lazy=True)
    verdict = Contract(Said).judge(frame)
    assert verdict.report.blocked == "said failed for the table"
    assert verdict.rejected["a"].to_list() == [-1]


class Mean(pa.DataFrameModel):
    a: int

    @pa.dataframe_check
    def high(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        return data.lazyframe.select(pl.col("a").mean() > 5)

    class Config:
        name = "core.mean"


def test_an_aggregate_blames_the_first_row() -> None:
    """Pandera reports row 0 for a verdict on the frame; the engine blocks the table and blames no row."""
    frame = pl.DataFrame({"a": [9, 1, 1]})
    with pytest.raises(pe.SchemaErrors) as caught:
        Mean.validate(frame, lazy=True)
    assert caught.value.failure_cases["index"].to_list() == [0]
    assert Contract(Mean).rules[-1].on_fail == "block"
    verdict = Contract(Mean).judge(frame)
    assert verdict.accepted.height == 3
    assert verdict.report.blocked == "high failed for the table"
    (result,) = [one for one in verdict.report.rules if one.rule == "high"]
    assert (result.checked, result.failed, result.on_fail) == (1, 1, "block")


class Anchored(pa.DataFrameModel):
    a: str = pa.Field(str_matches="a|b")

    class Config:
        name = "core.anchored"


def test_str_matches_anchors_the_first_branch_only() -> None:
    """Pandera puts `^` before the pattern, which binds to its first branch: kept, as a model means just that.

    Write `^(?:a|b)` to be sure.
    """
    frame = pl.DataFrame({"a": ["xb"]})
    Anchored.validate(frame, lazy=True)
    assert Contract(Anchored).judge(frame).rejected.is_empty()


class Dropping(pa.DataFrameModel):
    a: int = pa.Field(nullable=False)

    class Config:
        name = "core.dropping"
        drop_invalid_rows = True
        unique: ClassVar[list[str]] = ["a"]


def test_drop_invalid_rows_loses_rows_without_a_word() -> None:
    """Pandera returns fewer rows and says nothing; the engine ignores the flag and accounts for every row."""
    frame = pl.DataFrame({"a": [1, None]})
    dropped = Dropping.validate(frame, lazy=True)
    assert dropped.height < frame.height
    verdict = Contract(Dropping).judge(frame)
    assert (verdict.accepted.height, verdict.rejected.height) == (1, 1)


class Short(pa.DataFrameModel):
    a: int

    @pa.dataframe_check
    def most(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        return data.lazyframe.filter(pl.col("a") > 1).select(pl.col("a") < 3)

    class Config:
        name = "core.short"


def test_answers_for_some_rows_are_laid_on_the_first() -> None:
    """Pandera blames row 1 for the answer about row 2; the engine refuses answers that belong to no row."""
    frame = pl.DataFrame({"a": [1, 2, 3]})
    with pytest.raises(pe.SchemaErrors) as caught:
        Short.validate(frame, lazy=True)
    assert caught.value.failure_cases["index"].to_list() == [1]
    with pytest.raises(ContractError, match="most gave 2 answers for 3 rows"):
        Contract(Short).judge(frame)


@pytest.mark.parametrize("check", ["isin", "notin"])
def test_a_tuple_of_one_word_becomes_its_letters(check: str) -> None:
    """Pandera unpacks the tuple and then compares with letters; such a contract is refused, with what to write."""

    class One(pa.DataFrameModel):
        a: str = pa.Field(**{check: ("xy",)})

        class Config:
            name = "core.one"

    (pandera,) = One.to_schema().columns["a"].checks
    assert pandera._check_kwargs["allowed_values" if check == "isin" else "forbidden_values"] == {"x", "y"}
    with pytest.raises(ContractError, match=rf"{check} of a is the letters of 'xy'") as refused:
        Contract(One)
    assert refused.value.hint == f"write {check}=['xy']"


def test_a_list_of_one_word_is_a_word() -> None:
    """What the hint says works."""

    class One(pa.DataFrameModel):
        a: str = pa.Field(isin=["xy"])

        class Config:
            name = "core.one"

    assert rules_by_row(One, pl.DataFrame({"a": ["xy", "x"]})) == {1: ["a:isin(xy)"]}
