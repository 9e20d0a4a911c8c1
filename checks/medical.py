"""Contract of the heart patients merged from all medical sources."""

from __future__ import annotations

import pandera.polars as pa

from checks.heart import Heart


class Medical(Heart):
    """One row per patient, from every source that knows him or her."""

    patient: str = pa.Field(
        unique=True, description="the patient, numbered as in the source that has numbers"
    )
    hospital: str = pa.Field(nullable=True, description="where the patient was examined")
    severity: int = pa.Field(
        nullable=True, in_range={"min_value": 0, "max_value": 4}, description="grade of disease"
    )

    class Config:
        """The table it is for."""

        name = "core.medical"
