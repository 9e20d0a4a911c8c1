"""The form of a text in which near-exact repeats are the same."""

from __future__ import annotations

import polars as pl


def normal_text(column: str) -> pl.Expr:
    """Give the text in NFKC and lower case, letters and digits only, one blank between; null where nothing is
    left.

    It is for comparing, not for keeping.

    >>> pl.DataFrame({"text": ["Good  DAY!", "ｇｏｏｄ day", "!?"]}).select(normal_text("text"))["text"].to_list()
    ['good day', 'good day', None]
    """
    plain = pl.col(column).str.normalize("NFKC").str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", " ")
    kept = plain.str.strip_chars()
    return pl.when(kept != "").then(kept)
