"""Contract of the credit-risk training set."""

from __future__ import annotations

import pandera.polars as pa

from checks.applicant import Applicant


class TrainingFinance(Applicant):
    """Credit applicants with label `creditability` and their split."""

    split: str = pa.Field(
        isin=("train", "validation", "test"), description="split, by a stable hash of the applicant"
    )

    class Config:
        """The table it is for."""

        name = "training.finance"
