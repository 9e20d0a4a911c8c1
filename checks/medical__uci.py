"""Contract of the heart patients of four hospitals, from the API."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from checks.heart import Heart


class HeartUci(Heart):
    """Heart patients of four hospitals, one row per patient."""

    patient: str = pa.Field(
        unique=True, str_matches=r"^uci-\d+$", description="number of the patient in this source"
    )
    hospital: str = pa.Field(
        isin=("Cleveland", "Hungary", "Switzerland", "VA Long Beach"),
        description="where the patient was examined",
    )
    severity: int = pa.Field(
        in_range={"min_value": 0, "max_value": 4}, description="grade of disease, 0 none to 4"
    )

    @pa.dataframe_check(name="disease_is_severity_above_zero")
    def disease_is_severity_above_zero(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        """Say whether label and grade agree."""
        return data.lazyframe.select(pl.col("disease") == (pl.col("severity") > 0))

    class Config:
        """Dimensions of the rules over rows."""

        name = "core.medical__uci"
        metadata = {"dq": {"rules": {"disease_is_severity_above_zero": {"dimension": "consistency"}}}}  # noqa: RUF012
