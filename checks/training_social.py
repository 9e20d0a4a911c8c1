"""Contract of the sentiment training set."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl


class TrainingSocial(pa.DataFrameModel):
    """Texts with label negative, neutral or positive, and their split."""

    text_id: str = pa.Field(unique=True, description="which text")
    text: str = pa.Field(str_length={"min_value": 1, "max_value": 20_000}, description="the text")
    language: str = pa.Field(isin=("en", "zh"), description="language, ISO 639-1")
    score: float = pa.Field(
        nullable=True,
        in_range={"min_value": -4.0, "max_value": 4.0},
        description="mean rating, −4 to 4; null where a text was not rated by a panel",
    )
    rater_count: int = pa.Field(ge=0, description="number of raters; 0 where there was no panel")
    label: str = pa.Field(
        isin=("negative", "neutral", "positive"),
        description="score ≤ −0.5 negative, ≥ 0.5 positive, else neutral; the published opinion where unrated",
    )
    split: str = pa.Field(
        isin=("train", "validation", "test"), description="split, by a stable hash of the words"
    )

    @pa.dataframe_check(name="label_follows_score")
    def label_follows_score(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        """Say whether the label is the one that the score stands for."""
        score, label = pl.col("score"), pl.col("label")
        expected = pl.when(score <= -0.5).then(pl.lit("negative")).when(score >= 0.5).then(pl.lit("positive"))
        return data.lazyframe.select(score.is_null() | (label == expected.otherwise(pl.lit("neutral"))))

    class Config:
        """A label that contradicts its score stops the release."""

        name = "training.social"
        metadata = {  # noqa: RUF012
            "dq": {"rules": {"label_follows_score": {"dimension": "consistency", "on_fail": "block"}}}
        }
