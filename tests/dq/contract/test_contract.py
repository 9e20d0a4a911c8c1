"""What a contract says of itself, and what becomes of rows that break it."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from typing import Any, ClassVar

import pandera.polars as pa
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dq.contract import ColumnDoc, Contract, Rule
from dq.errors import ContractError, SchemaError
from dq.verdict import REASONS


class Purchase(pa.DataFrameModel):
    """Purchases."""

    customer_id: int = pa.Field(ge=1, description="who bought")
    bought_on: date = pa.Field(ge=date(1997, 1, 1), metadata={"tolerance": 0.5})
    amount: float = pa.Field(ge=0, nullable=True, metadata={"dimension": "consistency", "on_fail": "warn"})
    kind: str = pa.Field(isin=("b", "a"), unique=True, nullable=True)

    @pa.dataframe_check
    def gifts_are_free(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        """Say whether a gift costs nothing.

        More words.
        """
        return data.lazyframe.select((pl.col("kind") != "gift") | (pl.col("amount") == 0))

    class Config:
        name = "core.purchases"
        unique: ClassVar[list[str]] = ["customer_id", "bought_on"]
        metadata: ClassVar[dict[str, Any]] = {
            "dq": {
                "max_rejected_share": 0.9,
                "rules": {"gifts_are_free": {"on_fail": "block", "tolerance": 0.5}},
            }
        }


def purchases(**columns: Any) -> pl.DataFrame:
    whole = {
        "customer_id": [1, 2],
        "bought_on": [date(1998, 1, 1), date(1998, 1, 2)],
        "amount": [1.0, 2.0],
        "kind": ["a", "b"],
    }
    schema = {"customer_id": pl.Int64, "bought_on": pl.Date, "amount": pl.Float64, "kind": pl.String}
    return pl.DataFrame({**whole, **columns}, schema_overrides=schema)


def model(**config: Any) -> type[Any]:
    annotations = {"a": int}
    named = type("Config", (), {"name": "core.one", **config})
    return type(
        "One", (pa.DataFrameModel,), {"__annotations__": annotations, "__module__": __name__, "Config": named}
    )


def rules_of(rejected: pl.DataFrame) -> list[list[str]]:
    return [[reason["rule"] for reason in row] for row in rejected["_reasons"].to_list()]


def test_rules_have_stable_names_dimensions_and_outcomes() -> None:
    """Names, dimensions and outcomes follow from the model; metadata changes what its author wants."""
    assert [(r.name, r.dimension, r.column, r.on_fail, r.tolerance) for r in Contract(Purchase).rules] == [
        ("customer_id:not_null", "completeness", "customer_id", "quarantine", 0.0),
        ("customer_id:ge(1)", "accuracy", "customer_id", "quarantine", 0.0),
        ("bought_on:not_null", "completeness", "bought_on", "quarantine", 0.5),
        ("bought_on:ge(1997-01-01)", "accuracy", "bought_on", "quarantine", 0.5),
        ("amount:ge(0)", "consistency", "amount", "warn", 0.0),
        ("kind:unique", "completeness", "kind", "quarantine", 0.0),
        ("kind:isin(b, a)", "accuracy", "kind", "quarantine", 0.0),
        ("unique(customer_id, bought_on)", "completeness", None, "quarantine", 0.0),
        ("gifts_are_free", "consistency", None, "block", 0.5),
    ]
    assert Contract(Purchase).rules[-1] == Rule(
        "gifts_are_free", "consistency", None, "block", 0.5, "Say whether a gift costs nothing."
    )


def test_columns_and_docs_speak_of_the_accepted_frame() -> None:
    """Columns come in the model's order; docs say in words what each must be."""
    contract = Contract(Purchase)
    assert dict(contract.columns) == {
        "customer_id": pl.Int64(),
        "bought_on": pl.Date(),
        "amount": pl.Float64(),
        "kind": pl.String(),
    }
    assert contract.table == "core.purchases"
    assert contract.docs()[0] == ColumnDoc("customer_id", "Int64", False, False, ("≥ 1",), "who bought")
    assert contract.docs()[3].unique


def test_every_reason_of_a_row_is_kept() -> None:
    """A row that breaks three rules has three reasons, in the contract's order, with the cells as text."""
    frame = purchases(
        customer_id=[0, None], bought_on=[date(1990, 1, 1), date(1998, 1, 1)], amount=[-1.0, None]
    )
    verdict = Contract(Purchase).judge(frame)
    assert verdict.rejected["_reasons"].dtype == REASONS
    assert verdict.rejected["_reasons"][0].to_list() == [
        {"rule": "customer_id:ge(1)", "dimension": "accuracy", "column": "customer_id", "value": "0"},
        {
            "rule": "bought_on:ge(1997-01-01)",
            "dimension": "accuracy",
            "column": "bought_on",
            "value": "1990-01-01",
        },
        {"rule": "amount:ge(0)", "dimension": "consistency", "column": "amount", "value": "-1.0"},
    ]
    assert rules_of(verdict.rejected)[1] == ["customer_id:not_null"]


def test_copies_are_all_rejected_with_their_key_shown() -> None:
    """A joint key shows its columns by name, as no one column is to blame."""
    verdict = Contract(Purchase).judge(purchases(customer_id=[7, 7], bought_on=[date(1998, 1, 1)] * 2))
    assert verdict.accepted.is_empty()
    assert verdict.rejected["_reasons"][0].to_list() == [
        {
            "rule": "unique(customer_id, bought_on)",
            "dimension": "completeness",
            "column": None,
            "value": "customer_id=7, bought_on=1998-01-01",
        }
    ]


def test_a_warning_keeps_and_counts_the_row() -> None:
    """A rule that warns rejects nothing, and its count is in the report."""
    verdict = Contract(Purchase).judge(purchases(amount=[-1.0, 2.0]))
    (result,) = [one for one in verdict.report.rules if one.rule == "amount:ge(0)"]
    assert (verdict.accepted.height, result.failed, result.checked, result.passed) == (2, 1, 2, False)
    assert verdict.report.blocked is None


def test_tolerance_forgives_a_share_and_not_more() -> None:
    """Up to the tolerated share a blocking rule sets rows aside without blocking; above it, it blocks."""
    half = Contract(Purchase).judge(purchases(kind=["gift", "a"]))
    assert half.report.blocked is None
    assert half.accepted.height == 1
    whole = Contract(Purchase).judge(purchases(kind=["gift", "gift"]))
    assert "gifts_are_free failed for 2 of 2 rows" in (whole.report.blocked or "")


def test_too_many_rejected_rows_block_the_table() -> None:
    """Above the ceiling on the rejected share the report says why nothing may be published; at it, not."""
    contract = Contract(model(metadata={"dq": {"max_rejected_share": 0.6}}))
    assert contract.judge(pl.DataFrame({"a": [1, 1, None, None, None]})).report.blocked is None
    verdict = contract.judge(pl.DataFrame({"a": [1, None, None]}))
    assert verdict.report.blocked == "2 of 3 rows were rejected, more than 60.0%"
    assert Contract(model()).judge(pl.DataFrame({"a": [1, None]})).report.blocked is None


PROBLEM = {"rule": "parse:amount", "dimension": "accuracy", "column": "amount", "value": "1,x"}
PROBLEM_ID = {"rule": "parse:customer_id", "dimension": "accuracy", "column": "customer_id", "value": "?"}


def test_unreadable_cells_are_reasons_and_not_missing_ones() -> None:
    """`_problems` rejects the row and is reported; the null that it left is not called missing as well."""
    frame = purchases(customer_id=[None, None]).with_columns(
        _problems=pl.Series([[PROBLEM, PROBLEM_ID], None], dtype=REASONS), _row=pl.Series([4, 5])
    )
    verdict = Contract(Purchase).judge(frame)
    assert rules_of(verdict.rejected) == [["parse:amount", "parse:customer_id"], ["customer_id:not_null"]]
    assert verdict.rejected.columns == ["customer_id", "bought_on", "amount", "kind", "_row", "_reasons"]
    failed = {one.rule: one.failed for one in verdict.report.rules}
    assert (failed["parse:amount"], failed["parse:customer_id"], failed["customer_id:not_null"]) == (1, 1, 1)
    assert verdict.rejected["_reasons"][0][0] == PROBLEM


@pytest.mark.parametrize(
    "none", [pl.Series([None, None]), pl.Series([[], []]), pl.Series([None, [None]], dtype=REASONS)]
)
def test_no_problems_may_be_said_in_any_way(none: pl.Series) -> None:
    """Null, empty or untyped: none of them rejects a row."""
    verdict = Contract(Purchase).judge(purchases().with_columns(none.alias("_problems")))
    assert verdict.accepted.height == 2


def test_a_problem_beside_other_failures_joins_them() -> None:
    """What cleaning could not read comes first, then every rule that the rest of the row breaks."""
    frame = purchases(customer_id=[-5, 2]).with_columns(_problems=pl.Series([[PROBLEM], []], dtype=REASONS))
    verdict = Contract(Purchase).judge(frame)
    assert rules_of(verdict.rejected) == [["parse:amount", "customer_id:ge(1)"]]
    assert verdict.accepted.columns == ["customer_id", "bought_on", "amount", "kind"]


def test_framework_columns_pass_through_both_sides() -> None:
    """Columns with an underscore in front are kept as they are; the contract's come first, in its order."""
    frame = (
        purchases(customer_id=[0, 2])
        .with_columns(_row=pl.Series([8, 9]))
        .select("_row", "kind", pl.exclude("_row", "kind"))
    )
    verdict = Contract(Purchase).judge(frame)
    assert verdict.accepted.columns == ["customer_id", "bought_on", "amount", "kind", "_row"]
    assert verdict.accepted["_row"].to_list() == [9]
    assert verdict.rejected["_row"].to_list() == [8]
    assert_frame_equal(verdict.rejected.drop("_reasons"), frame.head(1))


def test_a_lazy_frame_is_never_passed_in_silence() -> None:
    """Pandera lets a bad LazyFrame through; the engine gives the verdict of the collected frame."""
    bad = purchases(customer_id=[0, 0])
    Purchase.validate(bad.lazy()).collect()
    verdict = Contract(Purchase).judge(bad.lazy())
    assert verdict.rejected.height == 2
    assert_frame_equal(verdict.rejected, Contract(Purchase).judge(bad).rejected)


def test_an_empty_frame_has_an_empty_verdict() -> None:
    """No rows: nothing accepted, nothing rejected, nothing blocked, types as ever."""
    verdict = Contract(Purchase).judge(purchases().clear())
    assert dict(verdict.accepted.schema) == dict(Contract(Purchase).columns)
    assert verdict.rejected.schema["_reasons"] == REASONS
    assert verdict.report.blocked is None
    assert verdict.report.rows_in == 0


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (purchases().drop("kind"), "kind is missing"),
        (purchases().with_columns(amount=pl.lit("1")), "amount is String, not Float64"),
        (purchases().drop("kind").with_columns(customer_id=pl.lit(1.5)), "customer_id is Float64, not Int64"),
        (purchases().with_columns(_problems=pl.lit("x")), "_problems is String"),
    ],
)
def test_a_wrong_form_fails_the_table_and_not_its_rows(frame: pl.DataFrame, told: str) -> None:
    """A missing column or a wrong type is one error that names it, before any row is judged."""
    with pytest.raises(SchemaError, match=told):
        Contract(Purchase).judge(frame)


def test_extra_columns_follow_the_models_strictness() -> None:
    """By default they stay, `strict="filter"` drops them, `strict=True` refuses the table."""
    frame = pl.DataFrame({"b": ["x"], "a": [1], "_row": [1]})
    assert Contract(model()).judge(frame).accepted.columns == ["a", "b", "_row"]
    assert Contract(model(strict="filter")).judge(frame).accepted.columns == ["a", "_row"]
    with pytest.raises(SchemaError, match="b is not in the contract"):
        Contract(model(strict=True)).judge(frame)


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (model(name="one"), "does not say which table"),
        (model(metadata={"dq": {"rules": {"a:gone": {}}}}), "rules that do not exist: a:gone"),
        (model(metadata={"dq": {"rules": {"a:not_null": {"on_fial": "warn"}}}}), "unknown settings: on_fial"),
        (model(metadata={"dq": {"rules": {"a:not_null": {"on_fail": "drop"}}}}), "on_fail = 'drop'"),
        (model(metadata={"dq": {"rules": {"a:not_null": {"tolerance": 5}}}}), "tolerance = 5"),
        (model(metadata={"dq": {"max_rejected_share": 5}}), "max_rejected_share = 5"),
        (model(metadata={"dq": {"ceiling": 5}}), "unknown metadata: ceiling"),
        (model(metadata={"dq": {"references": {"z": ("core.b", "a")}}}), "does not fit"),
        (model(metadata={"dq": {"references": {"a": "core.b"}}}), "must name a table and its columns"),
    ],
)
def test_a_contract_that_cannot_run_says_so_at_once(bad: type[Any], told: str) -> None:
    """Misspelt settings are errors when the contract is made, never rules that quietly do nothing."""
    with pytest.raises(ContractError, match=told):
        Contract(bad)


def test_a_class_attribute_is_refused_with_advice() -> None:
    """Pandera takes every public attribute for a column; the error says where the table's name belongs."""

    class Named(pa.DataFrameModel):
        TABLE: ClassVar[str] = "core.named"
        a: int

    with pytest.raises(ContractError, match="class Config: name"):
        Contract(Named)


def test_an_inherited_check_must_have_its_functions_name() -> None:
    """Pandera gives `name=` to the first model only; a rule whose name depends on import order is refused."""

    class Base(pa.DataFrameModel):
        a: int

        @pa.dataframe_check(name="another")
        def one(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
            return data.lazyframe.select(pl.col("a") > 0)

    class Child(Base):
        class Config:
            name = "core.child"

    with pytest.raises(ContractError, match="inherits the check one under another name, 'another'"):
        Contract(Child)


def test_two_models_of_one_base_have_the_same_rules() -> None:
    """Inherited checks, fields and settings hold in each model."""

    class Base(pa.DataFrameModel):
        a: int = pa.Field(ge=0)

        @pa.dataframe_check
        def small(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
            return data.lazyframe.select(pl.col("a") < 9)

        class Config:
            metadata: ClassVar[dict[str, Any]] = {"dq": {"rules": {"small": {"on_fail": "warn"}}}}

    class First(Base):
        class Config:
            name = "core.first"

    class Second(Base):
        b: str

        class Config:
            name = "core.second"

    assert [rule.name for rule in Contract(First).rules] == ["a:not_null", "a:ge(0)", "small"]
    assert [rule.name for rule in Contract(Second).rules] == ["a:not_null", "a:ge(0)", "b:not_null", "small"]
    assert Contract(Second).rules[-1].on_fail == "warn"


FUSED = """
from dq.contract import Contract
from tests.dq.contract.test_contract import Purchase
print([step.rule.name for step in Contract(Purchase)._steps if type(step).__name__ == "WholeCheck"])
"""


def test_built_in_checks_are_fused_in_a_fresh_process() -> None:
    """Before Pandera has validated anything its built-ins know no Polars: the first contract is compiled too."""
    done = subprocess.run([sys.executable, "-c", FUSED], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "[]"


VERSION = """
from dq.contract import Contract
from tests.dq.contract.test_contract import Purchase
print(Contract(Purchase).version)
"""


def test_the_version_is_the_same_in_another_process() -> None:
    """The hash does not depend on the order of sets, which differs between processes."""
    versions = {
        subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", VERSION],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert versions == {Contract(Purchase).version}


def test_the_version_changes_with_a_rule_and_not_with_words() -> None:
    """An argument, an outcome or a check's code makes a new version; a comment or a docstring does not."""

    def made(least: int, on_fail: str, check: Any, description: str = "") -> str:
        class Made(pa.DataFrameModel):
            a: int = pa.Field(ge=least, description=description)
            custom = pa.dataframe_check(name="custom")(check)

            class Config:
                name = "core.made"
                metadata: ClassVar[dict[str, Any]] = {
                    "dq": {"rules": {f"a:ge({least})": {"on_fail": on_fail}}}
                }

        return Contract(Made).version

    def check(cls: Any, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col("a") < 9)

    original = check

    def check(cls: Any, data: pa.PolarsData) -> pl.LazyFrame:  # type: ignore[no-redef]
        """Say more."""
        return data.lazyframe.select(pl.col("a") < 9)  # in other words

    reworded = check

    def check(cls: Any, data: pa.PolarsData) -> pl.LazyFrame:  # type: ignore[no-redef]
        return data.lazyframe.select(pl.col("a") < 8)

    now = made(1, "warn", original)
    assert now == made(1, "warn", reworded, "described")
    assert len({now, made(2, "warn", original), made(1, "block", original), made(1, "warn", check)}) == 4
