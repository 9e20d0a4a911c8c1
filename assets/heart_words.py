"""How four sources word one heart patient: words in one, three different number codes in the others."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from dq.clean import hidden_missing, parse, recode

MEASURES = (
    "age_years",
    "sex",
    "chest_pain",
    "resting_bp_mmhg",
    "cholesterol_mg_dl",
    "fasting_sugar_high",
    "resting_ecg",
    "max_heart_rate_bpm",
    "exercise_angina",
    "st_depression_mm",
    "st_slope",
    "vessels",
    "thalassemia",
    "disease",
)
"""The columns of every copy, in published order, by the names used here."""

NUMBERS = (
    "age_years",
    "resting_bp_mmhg",
    "cholesterol_mg_dl",
    "max_heart_rate_bpm",
    "st_depression_mm",
    "vessels",
)
FLAGS = ("fasting_sugar_high", "exercise_angina", "disease")
SEX = {"0": "female", "1": "male"}

KAGGLE_WORDS: dict[str, Mapping[str, str]] = {
    "sex": SEX,
    "chest_pain": {"0": "asymptomatic", "1": "atypical angina", "2": "non-anginal", "3": "typical angina"},
    "resting_ecg": {"0": "lv hypertrophy", "1": "normal", "2": "st-t abnormality"},
    "st_slope": {"0": "downsloping", "1": "flat", "2": "upsloping"},
    "thalassemia": {"1": "fixed defect", "2": "normal", "3": "reversible defect"},
}
"""The codes of the two internal copies. Their label keeps its sense as delivered: whether that is right is not
for cleaning to decide, but for the comparison with the other sources."""

KAGGLE_MISSING: dict[str, list[str]] = {"vessels": ["4"], "thalassemia": ["0"], "cholesterol_mg_dl": ["0"]}
"""Codes outside the published range that stand where the original has nothing."""


def typed(
    named: pl.LazyFrame, words: Mapping[str, Mapping[str, str]], missing: Mapping[str, list[str]]
) -> pl.LazyFrame:
    """Make hidden missing values null, codes words, text numbers; each change keeps the value before."""
    frame = hidden_missing(named, missing)
    for column, mapping in words.items():
        frame = recode(frame, column, mapping)
    types: dict[str, type[pl.DataType]] = dict.fromkeys(NUMBERS, pl.Float64)
    return parse(frame, types | dict.fromkeys(FLAGS, pl.Boolean))


def kaggle(raw: pl.LazyFrame) -> pl.LazyFrame:
    """Clean an internal copy of the Cleveland patients."""
    theirs = (
        "age",
        "sex",
        "cp",
        "trestbps",
        "chol",
        "fbs",
        "restecg",
        "thalach",
        "exang",
        "oldpeak",
        "slope",
        "ca",
        "thal",
        "target",
    )
    names = (pl.col(name).alias(ours) for name, ours in zip(theirs, MEASURES, strict=True))
    return typed(raw.select(*names, pl.col("^_.*$")), KAGGLE_WORDS, KAGGLE_MISSING)
