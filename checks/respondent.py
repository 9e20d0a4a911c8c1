"""What makes one respondent's answers worth keeping: rules for a questionnaire's contract to extend."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl


class Respondent(pa.DataFrameModel):
    """One row per respondent, scored by the functions of `dq.survey_quality`; a score that is null breaks no rule.

    A questionnaire's contract extends this with its own columns. To move a bar, define the check again under its
    name; to only be told, give the rule `on_fail: warn`.
    """

    answered_share: float = pa.Field(nullable=True, description="share of the items that are answered")
    straight_line_share: float = pa.Field(
        nullable=True, description="share of a matrix with the commonest answer"
    )
    speed_ratio: float = pa.Field(nullable=True, description="time taken over the median of all respondents")
    attention_failed: int = pa.Field(nullable=True, description="attention checks that were missed")
    respondent_repeats: int = pa.Field(nullable=True, description="earlier rows of the same respondent")

    @pa.dataframe_check()
    def is_complete(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        """Say whether at least half of the items are answered."""
        return data.lazyframe.select(pl.col("answered_share").fill_null(1.0) >= 0.5)

    @pa.dataframe_check()
    def is_no_straight_line(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        """Say whether the answers of the matrix are not all the same."""
        return data.lazyframe.select(pl.col("straight_line_share").fill_null(0.0) < 1.0)

    @pa.dataframe_check()
    def is_no_speeder(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        """Say whether the respondent took more than a third of the median time."""
        return data.lazyframe.select(pl.col("speed_ratio").fill_null(1.0) > 1 / 3)

    @pa.dataframe_check()
    def pays_attention(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        """Say whether no attention check was missed."""
        return data.lazyframe.select(pl.col("attention_failed").fill_null(0) == 0)

    @pa.dataframe_check()
    def answers_once(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        """Say whether this is the respondent's first row."""
        return data.lazyframe.select(pl.col("respondent_repeats").fill_null(0) == 0)
