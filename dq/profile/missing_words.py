"""Words that people and programs write where they know nothing."""

from __future__ import annotations

import polars as pl

SURE = (
    "", "?", "??", "???", "-", "--", "---", ".", "..", "…", "n/a", "#n/a", "na", "n.a.", "nan", "null", "nil", "<na>",
    "(null)", "not available", "missing", "tbd", "undefined",
)  # fmt: skip
"""Never a value."""
PERHAPS = (
    "unknown",
    "none",
    "unk",
    "xxx",
    "not known",
    "other/unknown",
    "不详",
    "未知",
    "无",
    "empty",
    "not recorded",
)
"""A value to some: `none` may mean that there are no other debtors. Told, not held against a column."""


def is_missing_word(text: pl.Expr) -> pl.Expr:
    """Say whether text, without white space around it and in any case, is surely no value."""
    return text.str.strip_chars().str.to_lowercase().is_in(SURE)


def is_perhaps_missing(text: pl.Expr) -> pl.Expr:
    """Say whether text may be no value."""
    return text.str.strip_chars().str.to_lowercase().is_in(PERHAPS)
