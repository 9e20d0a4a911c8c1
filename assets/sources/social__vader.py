"""The published archive of texts rated by people: four collections with their mean ratings."""

from __future__ import annotations

import polars as pl

from assets.rated_texts import text_id
from checks.social__vader import RatedText
from connectors.archive import Archive
from connectors.delimited import Delimited
from dq.clean import parse, tidy_text, unescape_html
from dq.feed import Feed


def clean(raw: pl.LazyFrame) -> pl.LazyFrame:
    """Name the texts as all sources do, remove markup, read the ratings."""
    named = raw.select(text_id("member", "id"), "text", pl.col("mean").alias("score"), pl.col("^_.*$"))
    return parse(tidy_text(unescape_html(named, "text"), "text"), {"score": pl.Float64})


FEED = Feed(
    source=Archive(
        "social__vader",
        url="${DQ_SAMPLE_SITE}/archives/social/hutto_ICWSM_2014.tar.gz",
        sha256="d5bb07d87474b3eb8d30b4deccbc23f19d742a6c5718fbacc65485b70b95c5fa",
        members="*_GroundTruth.txt",
        reader=Delimited(delimiter="\t", header=("id", "mean", "text"), quote=None),
        licence="MIT (vaderSentiment 3.3.2)",
    ),
    contract=RatedText,
    clean=clean,
    description="Texts of four collections with the mean that was published of their ratings",
)
