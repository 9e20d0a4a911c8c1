"""A rule of one source's table against another's."""

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pandera.polars as pa
import polars as pl
import pytest

from dq.errors import ContractError
from dq.feed import Feed
from dq.publication import Change, Publication
from dq.run import Run
from dq.stage.collect import collect
from dq.stage.refine import refine
from tests.dq.stage.shop import FEED, a_run, deliver, rows_of


class Order(pa.DataFrameModel):
    order: int = pa.Field(metadata={"references": ("core.shop__known", "number")})
    amount: int

    class Config:
        name = "core.shop__orders"
        metadata: ClassVar[dict[str, Any]] = {"dq": {"max_rejected_share": 1.0}}


REFERRING = Feed(source=FEED.source, contract=Order)


def know(run: Run, numbers: list[int]) -> None:
    frame = pl.DataFrame({"number": numbers}, schema={"number": pl.Int64})
    run.warehouse.publish(
        Publication(
            "r0", (Change("core.shop__known", frame),), fingerprints={"core.shop__known": str(numbers)}
        ),
        now=run.now(),
    )


def test_a_row_that_refers_to_nothing_is_rejected_until_the_other_table_knows_it(tmp_path: Path) -> None:
    """Order 2 is unknown at first; when the other table changes, the table is judged anew."""
    deliver(tmp_path, "a", ["1,10,open", "2,20,paid"])
    run = a_run(tmp_path)
    know(run, [1])
    collect(REFERRING, run)
    refine(REFERRING, run)
    assert rows_of(run, "core.shop__orders", "order") == [(1,)]
    (rejected,) = run.warehouse.read("quarantine.core__shop__orders").collect().to_dicts()
    assert [reason["rule"] for reason in rejected["_reasons"]] == ["references(order: core.shop__known)"]
    again = replace(run, run_id="r2")
    assert refine(REFERRING, again).state == "unchanged"
    know(again, [1, 2])
    assert refine(REFERRING, again).state == "published"
    assert rows_of(run, "core.shop__orders", "order") == [(1,), (2,)]


def test_a_table_that_is_not_there_fails_the_rule_in_words(tmp_path: Path) -> None:
    """Nothing is accepted on trust."""
    deliver(tmp_path, "a", ["1,10,open"])
    run = a_run(tmp_path)
    collect(REFERRING, run)
    with pytest.raises(ContractError, match=r"core\.shop__known"):
        refine(REFERRING, run)
