"""Contract of the diagnosis training set."""

from __future__ import annotations

from typing import ClassVar

import pandera.polars as pa

from checks.heart import Heart


class TrainingMedical(Heart):
    """Heart patients' measurements with label `disease` and their split."""

    TABLE: ClassVar[str] = "training.medical"

    patient: str = pa.Field(unique=True, description="the patient")
    hospital: str = pa.Field(nullable=True, description="where the patient was examined")
    split: str = pa.Field(isin=("train", "validation", "test"), description="split, by a stable hash of the patient")
