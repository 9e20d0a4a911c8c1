"""Contract of the published archive of rated texts."""

from __future__ import annotations

import pandera.polars as pa


class RatedText(pa.DataFrameModel):
    """Texts with their published mean rating, one row per text, from four collections."""

    text_id: str = pa.Field(
        unique=True,
        str_matches=r"^(?:tweets|amazon|movies|nyt)-[\d_]+$",
        description="which text, as all sources name it",
    )
    text: str = pa.Field(str_length={"min_value": 1, "max_value": 5_000}, description="the text")
    score: float = pa.Field(
        in_range={"min_value": -4.0, "max_value": 4.0},
        description="published mean of the raters, −4 most negative to 4 most positive",
    )

    class Config:
        """The table it is for."""

        name = "core.social__vader"
