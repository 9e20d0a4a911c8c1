"""Web sites that were or were not phishing: an internal CSV."""

from __future__ import annotations

import polars as pl

from checks.finance__phishing import SIGNS, Site
from connectors.delimited import Delimited
from connectors.files import Files
from dq.clean import parse, recode
from dq.clean.parse import Kind
from dq.feed import Feed


def clean(raw: pl.LazyFrame) -> pl.LazyFrame:
    """Name each site by its line, and read the signs and the label."""
    named = raw.with_columns(site=pl.col("_row").cast(pl.String))
    types: dict[str, Kind] = {
        "site": pl.Int64,
        **dict.fromkeys(SIGNS, pl.Float64),
        "is_phishing": pl.Boolean,
    }
    return parse(recode(named, "is_phishing", {"1": "true", "0": "false"}), types).select(
        *types, pl.col("^_.*$")
    )


FEED = Feed(
    source=Files(
        "finance__phishing",
        glob="finance/phishing.csv",
        reader=Delimited(),
        licence="BSD-3-Clause (river 0.15.0; data by N. Abdelhamid, UCI)",
    ),
    contract=Site,
    clean=clean,
    description="Web sites with nine signs of phishing",
)
