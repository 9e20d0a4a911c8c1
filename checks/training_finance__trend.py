"""Contract of the trend training set."""

from __future__ import annotations

from datetime import date

import pandera.polars as pa
import polars as pl


class TrainingTrend(pa.DataFrameModel):
    """Days with the number of purchases to foretell from the days before; the last days are the test."""

    day: date = pa.Field(unique=True, ge=date(1997, 1, 29), le=date(1998, 6, 30), description="the day")
    weekday: int = pa.Field(in_range={"min_value": 1, "max_value": 7}, description="Monday is 1")
    day_before: int = pa.Field(ge=0, description="purchases one day before")
    week_before: int = pa.Field(ge=0, description="purchases seven days before")
    two_weeks_before: int = pa.Field(ge=0, description="purchases fourteen days before")
    mean_of_week: float = pa.Field(ge=0, description="mean of the seven days before")
    mean_of_four_weeks: float = pa.Field(ge=0, description="mean of the 28 days before")
    purchases: int = pa.Field(ge=0, description="purchases on the day: the label")
    split: str = pa.Field(
        isin=("train", "validation", "test"), description="split, by date: the test is last"
    )

    @pa.dataframe_check(name="lags_are_the_counts_of_those_days")
    def lags_are_the_counts_of_those_days(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        """Say whether what a day knows of the days before is what those days say of themselves."""
        lags = {"day_before": 1, "week_before": 7, "two_weeks_before": 14}
        said = {
            name: pl.col("purchases").shift(days).over(pl.lit(1), order_by="day")
            for name, days in lags.items()
        }
        return data.lazyframe.select(
            pl.all_horizontal(pl.col(name).eq(count) | count.is_null() for name, count in said.items())
        )

    class Config:
        """A row that holds what was not known on its day stops the release."""

        name = "training.finance__trend"
        metadata = {  # noqa: RUF012
            "dq": {
                "rules": {
                    "lags_are_the_counts_of_those_days": {"dimension": "consistency", "on_fail": "block"}
                }
            }
        }
