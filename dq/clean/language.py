"""In which language a text is written, as a column that a contract can judge."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import polars as pl
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from dq.required_columns import require

LEAST_LETTERS = 4
"""Fewer letters than this tell no language, but for a script that one language alone has."""


def with_language(frame: pl.LazyFrame, column: str, among: Sequence[str] = ()) -> pl.LazyFrame:
    """Give `frame` with `<column>_language` (ISO 639-1) and `<column>_language_confidence` (0–1).

    Both are null where the text is null or has hardly a letter. `among` names the languages that come into question:
    the fewer, the surer; all 97 of the model where none is named. Short texts are often taken for a neighbour of
    their language: judge them with that in mind.

    >>> rows = pl.LazyFrame({"t": ["The weather is fine today", "今天天气很好", "?!", None]})
    >>> with_language(rows, "t", among=["en", "zh", "de"]).collect()["t_language"].to_list()
    ['en', 'zh', None, None]

    Raises:
        SchemaError: where the column is missing.

    """
    require(frame, [column], "with_language")
    chosen = tuple(sorted(among))
    dtype = pl.Struct({"code": pl.String, "sure": pl.Float64})
    found = pl.col(column).map_batches(lambda text: _found(text, chosen), dtype, is_elementwise=True)
    return frame.with_columns(
        found.struct.field("code").alias(f"{column}_language"),
        found.struct.field("sure").alias(f"{column}_language_confidence"),
    )


def _found(text: pl.Series, among: tuple[str, ...]) -> pl.Series:
    """Ask of each different text once."""
    letters = text.str.count_matches(r"\p{L}") + 3 * text.str.count_matches(r"\p{Han}")
    asked = text.filter(letters >= LEAST_LETTERS).drop_nulls().unique()
    model = _model(among)
    answers = [model.classify(one) for one in asked.to_list()]
    told = pl.DataFrame(
        {
            "text": asked,
            "code": [str(code) for code, _ in answers],
            "sure": [float(sure) for _, sure in answers],
        },
        schema={"text": pl.String, "code": pl.String, "sure": pl.Float64},
    )
    whole = text.to_frame("text").join(told, on="text", how="left", maintain_order="left")
    return whole.select(pl.struct("code", "sure").alias(text.name)).to_series()


@lru_cache(maxsize=4)
def _model(among: tuple[str, ...]) -> Any:
    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    if among:
        model.set_languages(list(among))
    return model
