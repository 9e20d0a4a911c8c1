"""Text in one form: the same words written the same way compare equal."""

from __future__ import annotations

import polars as pl

from dq.clean.marks import append, mark, with_ledgers
from dq.required_columns import require

# Marks that show nothing: soft hyphen, zero-width space, word joiner, BOM, operators of mathematics that are
# not written, annotation marks, the marks that turn the writing direction. The zero-width (non-)joiners
# U+200C and U+200D stay: Persian, Hindi and emoji are spelled with them.
INVISIBLE = (
    r"[\u{00AD}\u{061C}\u{200B}\u{200E}\u{200F}\u{202A}-\u{202E}\u{2060}-\u{2064}\u{2066}-\u{2069}"
    r"\u{FEFF}\u{FFF9}-\u{FFFB}]"
)
JOINERS_ALONE = r"^[\s\u{200C}\u{200D}]+$"
# Control characters but tab, line feed, vertical tab, form feed, carriage return, which are white space.
CONTROL = r"[\x00-\x08\x0E-\x1F\x7F\u{0080}-\u{0084}\u{0086}-\u{009F}]"
SPACE = r"\s+"


def tidy_text(frame: pl.LazyFrame, *columns: str) -> pl.LazyFrame:
    r"""Give `frame` with the text of `columns` in NFC, without invisible characters, white space runs as one
    blank.

    Line breaks are white space too: use it on text that is one paragraph. Letters are never changed beyond
    NFC (no case folding, no full-width forms: those lose what a model may want to see). Text of which nothing
    is left is null. A repair `tidy_text:<column>` (consistency) with the text before is recorded where more
    than surrounding white space changed. Nulls stay null; tidying twice is tidying once.

    >>> told = tidy_text(pl.LazyFrame({"text": [" ok ", "\ufeffgood\u200b  morning", " "]}), "text").collect()
    >>> told["text"].to_list(), told["_repairs"].list.len().to_list()
    (['ok', 'good morning', None], [0, 1, 0])

    Raises:
        SchemaError: where a column is missing.

    """
    require(frame, list(columns), "tidy_text")
    tidy = {column: _tidy(pl.col(column)) for column in columns}
    changed = {c: pl.col(c).str.strip_chars() != text for c, text in tidy.items()}
    return with_ledgers(frame).with_columns(
        append("_repairs", [mark(where, c, "tidy_text", "consistency") for c, where in changed.items()]),
        *(pl.when(text != "").then(text).alias(c) for c, text in tidy.items()),
    )


def _tidy(text: pl.Expr) -> pl.Expr:
    # Invisible marks go first: between a letter and its accent they keep NFC from joining the two.
    shown = text.str.replace_all(INVISIBLE, "").str.replace_all(CONTROL, "").str.replace(JOINERS_ALONE, "")
    return shown.str.normalize("NFC").str.replace_all(SPACE, " ").str.strip_chars()
