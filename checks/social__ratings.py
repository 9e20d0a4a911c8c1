"""Contract of the raters' answers."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl


class Ratings(pa.DataFrameModel):
    """A questionnaire's answers, one row per text: every rater's number, and what follows from them."""

    text_id: str = pa.Field(
        unique=True,
        str_matches=r"^(?:tweets|amazon|movies|nyt)-[\d_]+$",
        description="which text, as all sources name it",
    )
    ratings: pl.List = pa.Field(
        dtype_kwargs={"inner": pl.Int64}, description="the raters' answers, −4 to 4, in published order"
    )
    rater_count: int = pa.Field(ge=10, description="number of answers")
    score: float = pa.Field(
        in_range={"min_value": -4.0, "max_value": 4.0}, description="mean of the answers, computed from them"
    )
    published_score: float = pa.Field(
        in_range={"min_value": -4.0, "max_value": 4.0}, description="mean as the file states it"
    )

    @pa.dataframe_check(name="published_score_is_mean_of_answers")
    def published_score_is_mean_of_answers(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        """Say whether the published mean is the mean of the published answers."""
        return data.lazyframe.select((pl.col("score") - pl.col("published_score")).abs() <= 1e-4)

    @pa.dataframe_check(name="answers_within_scale")
    def answers_within_scale(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        """Say whether every answer is on the scale."""
        return data.lazyframe.select(pl.col("ratings").list.eval(pl.element().is_between(-4, 4)).list.all())

    class Config:
        """The stated mean is kept beside the computed one, so a difference warns."""

        name = "core.social__ratings"
        metadata = {  # noqa: RUF012
            "dq": {
                "rules": {
                    "published_score_is_mean_of_answers": {"dimension": "consistency", "on_fail": "warn"},
                    "answers_within_scale": {"dimension": "accuracy"},
                }
            }
        }
