import pandera.polars as pa

from assets.contract_checks import asset_key
from assets.feed_assets import feed_assets
from connectors.api import JsonApi
from connectors.child_table import ChildTable
from dq.feed import Feed


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
