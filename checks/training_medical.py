"""Contract of the diagnosis training set."""

from __future__ import annotations

import pandera.polars as pa

from checks.heart import Heart


class TrainingMedical(Heart):
    """Heart patients' measurements with label `disease` and their split."""

    patient: str = pa.Field(unique=True, description="the patient")
    hospital: str = pa.Field(nullable=True, description="where the patient was examined")
    split: str = pa.Field(
        isin=("train", "validation", "test"), description="split, by a stable hash of the patient"
    )

    class Config:
        """The table it is for."""

        name = "training.medical"
