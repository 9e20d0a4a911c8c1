"""Contract of the texts merged from all social sources."""

from __future__ import annotations

import pandera.polars as pa


class Social(pa.DataFrameModel):
    """One row per text, from every source that knows it: its words, its language, how people rated it."""

    text_id: str = pa.Field(unique=True, description="which text, as all sources name it")
    text: str = pa.Field(str_length={"min_value": 1, "max_value": 20_000}, description="the text")
    language: str = pa.Field(isin=("en", "zh"), description="language, ISO 639-1")
    score: float = pa.Field(
        nullable=True,
        in_range={"min_value": -4.0, "max_value": 4.0},
        description="mean rating, −4 to 4; null where a text was not rated by a panel",
    )
    rater_count: int = pa.Field(
        nullable=True, ge=1, description="number of raters; null where there was no panel"
    )
    opinion: str = pa.Field(
        nullable=True,
        isin=("positive", "negative"),
        description="published opinion; null where there is a score",
    )

    class Config:
        """The table it is for."""

        name = "core.social"
