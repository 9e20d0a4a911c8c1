"""How two sources word one applicant: codes in one, label text in the other, one vocabulary here."""

from __future__ import annotations

import polars as pl

from checks import applicant as words
from dq.clean import parse, recode

NUMBERS = (
    "applicant",
    "duration_months",
    "amount_dm",
    "installment_rate",
    "residence_since",
    "age_years",
    "existing_credits",
    "dependents",
)
VOCABULARY: dict[str, tuple[str, ...]] = {
    "checking_status": words.CHECKING,
    "credit_history": words.CREDIT_HISTORY,
    "purpose": words.PURPOSE,
    "savings": words.SAVINGS,
    "employment": words.EMPLOYMENT,
    "personal_status_and_sex": words.STATUS_SEX,
    "other_debtors": words.DEBTORS,
    "property": words.PROPERTY,
    "installment_plans": words.PLANS,
    "housing": words.HOUSING,
    "job": words.JOB,
}
"""By column, the words in the order of the published code numbers."""

ATTRIBUTE = {
    "checking_status": 1,
    "credit_history": 3,
    "purpose": 4,
    "savings": 6,
    "employment": 7,
    "personal_status_and_sex": 9,
    "other_debtors": 10,
    "property": 12,
    "installment_plans": 14,
    "housing": 15,
    "job": 17,
}
"""The number that a column's codes start with: `A43` is word 3 of attribute 4.

Credit history and purpose count from 0."""

ORDER = (
    "checking_status",
    "duration_months",
    "credit_history",
    "purpose",
    "amount_dm",
    "savings",
    "employment",
    "installment_rate",
    "personal_status_and_sex",
    "other_debtors",
    "residence_since",
    "property",
    "age_years",
    "installment_plans",
    "housing",
    "existing_credits",
    "job",
    "dependents",
    "telephone",
    "foreign_worker",
    "creditability",
)
"""The columns of the published file, in its order, by the names used here."""


def code_words(column: str) -> dict[str, str]:
    """Give the words of each code of a column.

    >>> code_words("housing")
    {'A151': 'rent', 'A152': 'own', 'A153': 'for free'}
    """
    first = 0 if column in {"credit_history", "purpose"} else 1
    return {f"A{ATTRIBUTE[column]}{first + i}": word for i, word in enumerate(VOCABULARY[column])}


def typed(frame: pl.LazyFrame, translations: dict[str, dict[str, str]]) -> pl.LazyFrame:
    """Turn each column of an applicant into the shared vocabulary and types."""
    for column, mapping in translations.items():
        frame = recode(frame, column, mapping)
    types: dict[str, type[pl.DataType]] = dict.fromkeys(NUMBERS, pl.Int64)
    return parse(frame, {**types, "telephone": pl.Boolean, "foreign_worker": pl.Boolean})
