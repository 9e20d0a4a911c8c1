"""The raters' own answers, as their questionnaire was exported: the published means can be recomputed."""

from __future__ import annotations

import polars as pl

from assets.rated_texts import text_id
from checks.social__ratings import Ratings
from connectors.survey import Survey
from dq.clean import parse
from dq.feed import Feed


def clean(raw: pl.LazyFrame) -> pl.LazyFrame:
    """Read every answer, and compute from the answers what the file only states."""
    answers = pl.col("ratings").str.json_decode(pl.List(pl.Int64))
    named = raw.select(
        text_id("questionnaire", "item"), answers, pl.col("mean").alias("published_score"), pl.col("^_.*$")
    )
    counted = named.with_columns(
        rater_count=pl.col("ratings").list.len().cast(pl.Int64), score=pl.col("ratings").list.mean()
    )
    return parse(counted, {"published_score": pl.Float64})


FEED = Feed(
    source=Survey(
        "social__ratings",
        glob="social/ratings/*_anonDataRatings.txt",
        columns=("item", "mean", "sd", "ratings"),
        licence="MIT (vaderSentiment 3.3.2)",
    ),
    contract=Ratings,
    clean=clean,
    description="Every rater's answer to every text, and the mean computed from the answers",
)
