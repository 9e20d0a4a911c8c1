from pathlib import Path

import dagster as dg
import pandera.polars as pa

from assets.contract_checks import asset_key
from assets.feed_assets import decoded_check, feed_assets
from assets.showing import show
from connectors.api import JsonApi
from connectors.child_table import ChildTable
from dq.feed import Feed
from dq.stage.collect import collect
from tests.dq.stage.shop import FEED, a_run, deliver


class Line(pa.DataFrameModel):
    order_id: int

    class Config:
        name = "core.shop__order_lines"


def test_a_child_table_runs_after_its_parent() -> None:
    """Its raw asset hangs on the raw asset whose landings it reads; that of a source of its own hangs on nothing."""
    orders = JsonApi("shop__orders", "https://shop.example.org/orders")
    lines = ChildTable("shop__order_lines", orders, items="lines", keys={"order_id": "id"})
    raw, core = feed_assets(Feed(lines, Line))
    assert raw.asset_deps[asset_key("raw.shop__order_lines")] == {asset_key("raw.shop__orders")}
    assert core.asset_deps[asset_key("core.shop__order_lines")] == {asset_key("raw.shop__order_lines")}


def test_a_record_that_cannot_be_decoded_is_not_forgotten(tmp_path: Path) -> None:
    """One line of three is broken: so says the check of the first run, and of the next, which has nothing new."""
    deliver(tmp_path, "a", ["1,10,open", "2,20", "3,30,paid"])
    for run in (a_run(tmp_path), a_run(tmp_path, run_id="r2")):
        collect(FEED, run)
        check = decoded_check(FEED, run)
        assert (check.passed, check.metadata["failed"].value, check.metadata["checked"].value) == (
            False,
            1,
            3,
        )


def test_a_raw_table_shows_the_columns_that_came(tmp_path: Path) -> None:
    """It has no contract to tell them: the materialization does, also when nothing is new."""
    deliver(tmp_path, "a", ["1,10,open"])
    for run in (a_run(tmp_path), a_run(tmp_path, run_id="r2")):
        *_, shown = show(collect(FEED, run), run, None)
        assert isinstance(shown, dg.MaterializeResult)
        columns = shown.metadata["dagster/column_schema"].columns
        assert [(column.name, column.type) for column in columns] == [
            *((name, "String") for name in ("order", "amount", "status", "_landing_id")),
            ("_row", "Int64"),
        ]
