"""Posts crawled from the site's pages, twenty a page."""

from __future__ import annotations

import polars as pl

from checks.social__posts import Post
from connectors.crawl import Crawl
from dq.clean import tidy_text, unescape_html
from dq.feed import Feed


def clean(raw: pl.LazyFrame) -> pl.LazyFrame:
    """Name the posts as all sources do, and remove markup."""
    named = raw.select(pl.format("tweets-{}", "post_id").alias("text_id"), "text", pl.col("^_.*$"))
    return tidy_text(unescape_html(named, "text"), "text")


FEED = Feed(
    source=Crawl(
        "social__posts",
        start="${DQ_SAMPLE_SITE}/social/posts/page-001.html",
        record="article.post",
        fields={"post_id": "@data-id", "text": "p.text"},
        follow="a[rel=next]",
        licence="MIT (vaderSentiment 3.3.2)",
    ),
    contract=Post,
    clean=clean,
    description="Posts read from the site's pages",
)
