"""How merged and core tables become training tables: columns to learn from, and the label."""

from __future__ import annotations

import polars as pl

from checks.finance__phishing import SIGNS

SKELETON = r"^InChI=1S?/([^/]*(?:/c[^/]*)?(?:/h[^/]*)?)"
WEEKS = 28


def sentiment(merged: pl.LazyFrame) -> pl.LazyFrame:
    """Turn the rating, or where there is none the published opinion, into one of three labels."""
    score = pl.col("score")
    by_score = (
        pl.when(score <= -0.5)
        .then(pl.lit("negative"))
        .when(score >= 0.5)
        .then(pl.lit("positive"))
        .otherwise(pl.lit("neutral"))
    )
    return merged.select(
        "text_id",
        "text",
        "language",
        "score",
        pl.col("rater_count").fill_null(0),
        pl.when(score.is_null()).then(pl.col("opinion")).otherwise(by_score).alias("label"),
        "_members",
    )


def phishing(sites: pl.LazyFrame) -> pl.LazyFrame:
    """Name the pattern of signs that a site shares with others."""
    return sites.select(
        "site",
        *SIGNS,
        "is_phishing",
        pl.concat_str(SIGNS, separator=" ").alias("pattern"),
        "_landing_id",
        "_row",
    )


def barrier(molecules: pl.LazyFrame) -> pl.LazyFrame:
    """Name each molecule's skeleton: formula, bonds and hydrogens of its InChI, without stereochemistry."""
    return molecules.select(
        "molecule",
        "smiles",
        pl.col("inchi").str.extract(SKELETON).alias("skeleton"),
        "crosses_barrier",
        "_landing_id",
        "_row",
    )


def trend(purchases: pl.LazyFrame) -> pl.LazyFrame:
    """Count purchases by day, 0 on days without any, and put beside each day what was known the evening before."""
    member = pl.struct(
        pl.lit("finance__cdnow").alias("source"),
        pl.col("_landing_id").alias("landing_id"),
        pl.col("_row").alias("row"),
    )
    counted = purchases.group_by(day="bought_on").agg(
        purchases=pl.len().cast(pl.Int64), _members=member.sort_by("_row")
    )
    days = purchases.select(day=pl.date_range(pl.col("bought_on").min(), pl.col("bought_on").max(), "1d"))
    count = pl.col("purchases")
    known = (
        days.join(counted, on="day", how="left")
        .sort("day")
        .with_columns(count.fill_null(0))
        .with_columns(
            weekday=pl.col("day").dt.weekday().cast(pl.Int64),
            day_before=count.shift(1),
            week_before=count.shift(7),
            two_weeks_before=count.shift(14),
            mean_of_week=count.rolling_mean(7).shift(1),
            mean_of_four_weeks=count.rolling_mean(WEEKS).shift(1),
        )
    )
    return known.slice(WEEKS)
