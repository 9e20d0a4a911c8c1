"""Contract of the credit-risk training set."""

from __future__ import annotations

from typing import ClassVar

import pandera.polars as pa

from checks.applicant import Applicant


class TrainingFinance(Applicant):
    """Credit applicants with label `creditability` and their split."""

    TABLE: ClassVar[str] = "training.finance"

    split: str = pa.Field(isin=("train", "validation", "test"), description="split, by a stable hash of the applicant")
