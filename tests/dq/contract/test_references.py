"""Rules against another table."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.contract import Contract
from dq.errors import ContractError
from dq.verdict import REASONS


class Order(pa.DataFrameModel):
    customer: int = pa.Field(nullable=True, metadata={"references": ("core.customers", "customer_id")})
    shop: str = pa.Field(nullable=True)
    town: str = pa.Field(nullable=True)

    class Config:
        name = "core.orders"
        metadata: ClassVar[dict[str, Any]] = {
            "dq": {
                "references": {("shop", "town"): ("core.shops", ["name", "place"])},
                "rules": {"references(shop, town: core.shops)": {"on_fail": "warn"}},
                "max_rejected_share": 1.0,
            }
        }


CUSTOMERS = pl.LazyFrame({"customer_id": [1, 2, 2]})
SHOPS = pl.LazyFrame({"place": ["Basel", "Bern"], "name": ["A", "B"]})
TABLES = {"core.customers": CUSTOMERS, "core.shops": SHOPS}


def orders(customers: list[int | None], shops: list[str | None], towns: list[str | None]) -> pl.DataFrame:
    schema = {"customer": pl.Int64, "shop": pl.String, "town": pl.String}
    return pl.DataFrame({"customer": customers, "shop": shops, "town": towns}, schema=schema)


def test_a_row_must_be_found_in_the_other_table() -> None:
    """Unknown keys are rejected, known ones pass once however often they are known, nulls pass."""
    verdict = Contract(Order).judge(orders([1, 2, 3, None], [None] * 4, [None] * 4), TABLES)
    assert verdict.accepted["customer"].to_list() == [1, 2, None]
    assert verdict.rejected["_reasons"].to_list() == [
        [
            {
                "rule": "references(customer: core.customers)",
                "dimension": "consistency",
                "column": "customer",
                "value": "3",
            }
        ]
    ]


def test_joint_keys_are_looked_up_together() -> None:
    """Each half alone may be known: the pair must be."""
    verdict = Contract(Order).judge(orders([1] * 3, ["A", "A", "A"], ["Basel", "Bern", None]), TABLES)
    failed = {one.rule: one.failed for one in verdict.report.rules}
    assert failed["references(shop, town: core.shops)"] == 1
    assert verdict.accepted.height == 3


def test_without_the_table_no_row_is_judged() -> None:
    """A missing reference table is an error that names it, never a rule that passes."""
    with pytest.raises(ContractError, match=r"needs the table core\.shops"):
        Contract(Order).judge(orders([1], ["A"], ["Basel"]), {"core.customers": CUSTOMERS})


def test_a_table_that_cannot_be_compared_is_an_error() -> None:
    """Another type, or no such column: named, instead of every row failing."""
    for other in (pl.LazyFrame({"customer_id": ["1"]}), pl.LazyFrame({"id": [1]})):
        with pytest.raises(
            ContractError, match=r"compares what cannot be equal: core\.customers\.customer_id is"
        ):
            Contract(Order).judge(orders([1], ["A"], ["Basel"]), {**TABLES, "core.customers": other})


def test_an_unreadable_key_is_not_unknown_as_well() -> None:
    """A key that cleaning could not read is one reason, not two."""
    problem = {"rule": "parse:customer", "dimension": "accuracy", "column": "customer", "value": "x"}
    frame = orders([None], [None], [None]).with_columns(_problems=pl.Series([[problem]], dtype=REASONS))
    assert Contract(Order).judge(frame, TABLES).rejected["_reasons"].to_list() == [[problem]]


keys = st.lists(st.one_of(st.none(), st.integers(0, 5)), max_size=20)


@given(keys, keys)
def test_references_are_membership(given_keys: list[int | None], known: list[int | None]) -> None:
    """For any keys on both sides, exactly the rows with an unknown key fail, in their places."""
    tables = {
        **TABLES,
        "core.customers": pl.LazyFrame({"customer_id": known}, schema={"customer_id": pl.Int64}),
    }
    nothing: list[str | None] = [None] * len(given_keys)
    rejected = Contract(Order).judge(orders(given_keys, nothing, nothing), tables).rejected
    assert rejected["customer"].to_list() == [
        key for key in given_keys if key is not None and key not in known
    ]


def test_references_stream(tmp_path: Path) -> None:
    """A streamed judgement looks up the same."""
    rows = 300_000
    frame = orders([index % 4 for index in range(rows)], [None] * rows, [None] * rows)
    report = Contract(Order).judge_streaming(
        frame.lazy(), accepted=tmp_path / "good", rejected=tmp_path / "bad", references=TABLES
    )
    assert report.rejected == rows // 2
    assert set(pl.read_parquet(tmp_path / "bad")["customer"]) == {0, 3}
