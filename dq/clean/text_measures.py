"""What can be counted of a text, as columns: a contract then says which text is worth training on."""

from __future__ import annotations

import polars as pl

from dq.required_columns import require

WORD = r"\p{Han}|[\p{L}\p{N}]+(?:['’\-][\p{L}\p{N}]+)*"


def with_text_measures(frame: pl.LazyFrame, column: str) -> pl.LazyFrame:
    """Give `frame` with what can be counted of `column`; all null where the text is.

    - `<column>_chars`, `<column>_words`: how long it is (a Chinese character counts as a word);
    - `<column>_letter_share`: letters and digits among what is no white space, 0–1;
    - `<column>_distinct_word_share`: different words among all, 0–1: low where a text repeats itself;
    - `<column>_repeated_line_share`: lines that stood before in the same text, 0–1;
    - `<column>_longest_word`: characters of its longest word: long where blanks were lost.

    Nothing is dropped: `text_words: int = pa.Field(ge=5)` in the contract sends short texts to quarantine.

    >>> told = with_text_measures(pl.LazyFrame({"t": ["good good 很好!"]}), "t").collect()
    >>> told.select("t_words", "t_letter_share", "t_distinct_word_share").row(0)
    (4, 0.9090909090909091, 0.75)

    Raises:
        SchemaError: where the column is missing.

    """
    require(frame, [column], "with_text_measures")
    text = pl.col(column)
    words = text.str.extract_all(WORD)
    lines = (
        text.str.split("\n")
        .list.eval(pl.element().str.strip_chars())
        .list.eval(pl.element().filter(pl.element() != ""))
    )
    solid = text.str.count_matches(r"\S")
    return frame.with_columns(
        text.str.len_chars().cast(pl.Int64).alias(f"{column}_chars"),
        words.list.len().cast(pl.Int64).alias(f"{column}_words"),
        _share(text.str.count_matches(r"[\p{L}\p{N}]"), solid).alias(f"{column}_letter_share"),
        _share(words.list.eval(pl.element().str.to_lowercase()).list.n_unique(), words.list.len()).alias(
            f"{column}_distinct_word_share"
        ),
        _share(lines.list.len() - lines.list.n_unique(), lines.list.len()).alias(
            f"{column}_repeated_line_share"
        ),
        words.list.eval(pl.element().str.len_chars())
        .list.max()
        .cast(pl.Int64)
        .alias(f"{column}_longest_word"),
    )


def _share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Give a share of nothing as 0, and null of null."""
    return pl.when(whole > 0).then(part / whole).otherwise(pl.when(whole == 0).then(0.0))
