"""CDNOW purchases: an internal CSV, one line per purchase."""

from __future__ import annotations

import polars as pl

from checks.finance__cdnow import Purchase
from connectors.delimited import Delimited
from connectors.files import Files
from dq.clean import Date, parse
from dq.clean.parse import Kind
from dq.feed import Feed


def clean(raw: pl.LazyFrame) -> pl.LazyFrame:
    """Name the columns with their units and read them."""
    named = raw.rename({"date": "bought_on", "number_of_cds": "discs", "dollar_value": "amount_usd"})
    types: dict[str, Kind] = {
        "customer_id": pl.Int64,
        "bought_on": Date("%Y%m%d"),
        "discs": pl.Int64,
        "amount_usd": pl.Float64,
    }
    return parse(named, types)


FEED = Feed(
    source=Files(
        "finance__cdnow", glob="finance/cdnow.csv", reader=Delimited(), licence="MIT (Lifetimes 0.11.3)"
    ),
    contract=Purchase,
    clean=clean,
    description="Purchases of compact discs, 1997 to 1998",
)
