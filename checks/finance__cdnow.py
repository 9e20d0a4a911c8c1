"""Contract of the CDNOW purchases."""

from __future__ import annotations

from datetime import date

import pandera.polars as pa


class Purchase(pa.DataFrameModel):
    """Purchases of compact discs at CDNOW, 1997–1998: one row per purchase; the data has no purchase number."""

    customer_id: int = pa.Field(ge=1, description="customer, a cohort that first bought in early 1997")
    bought_on: date = pa.Field(
        ge=date(1997, 1, 1),
        le=date(1998, 6, 30),
        description="day of the purchase, within the study's 18 months",
    )
    discs: int = pa.Field(ge=1, description="number of discs bought")
    amount_usd: float = pa.Field(
        ge=0, description="amount paid; zero where the order was a gift or a promotion"
    )

    class Config:
        """The table it is for."""

        name = "core.finance__cdnow"
