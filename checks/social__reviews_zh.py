"""Contract of the Chinese reviews."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl


class Review(pa.DataFrameModel):
    """Chinese product reviews with the opinion they express, one row per distinct review."""

    text_id: str = pa.Field(
        unique=True, str_matches=r"^zh-(?:pos|neg)-\d+$", description="list and line of the review"
    )
    text: str = pa.Field(
        str_length={"min_value": 1, "max_value": 20_000}, description="the review, in Chinese"
    )
    opinion: str = pa.Field(
        isin=("positive", "negative"), description="the list that the review was published in"
    )

    @pa.dataframe_check(name="one_opinion_per_text")
    def one_opinion_per_text(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        """Say whether all reviews of the same words carry the same opinion: else neither can be believed."""
        return data.lazyframe.select(pl.col("opinion").n_unique().over("text") == 1)

    @pa.dataframe_check(name="written_in_chinese")
    def written_in_chinese(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        """Say whether the review holds a Chinese character."""
        return data.lazyframe.select(pl.col("text").str.contains(r"\p{Han}"))

    class Config:
        """Dimensions of the rules over rows."""

        name = "core.social__reviews_zh"
        metadata = {  # noqa: RUF012
            "dq": {
                "rules": {
                    "one_opinion_per_text": {"dimension": "consistency"},
                    "written_in_chinese": {"dimension": "accuracy"},
                }
            }
        }
