"""Codes to the words they stand for."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from dq.clean.marks import append, mark, with_ledgers
from dq.required_columns import require


def recode(frame: pl.LazyFrame, column: str, codes: Mapping[str, str]) -> pl.LazyFrame:
    """Give `frame` with the codes of `column` replaced by their words; an unknown code becomes null and a
    problem.

    The problem `recode:<column>` (accuracy) keeps the code. Codes are compared without surrounding white
    space; null and empty cells are null and no problem. A cell that is already one of the words stays, so
    recoding twice is recoding once (unless a word is itself a code of something else). No repair is recorded:
    a declared code is not an error.

    >>> frame = pl.LazyFrame({"housing": ["A151", "own", "A15", None]})
    >>> told = recode(frame, "housing", {"A151": "rent", "A152": "own"}).collect()
    >>> told["housing"].to_list(), told["_problems"].list.len().to_list()
    (['rent', 'own', None, None], [0, 0, 1, 0])

    Raises:
        SchemaError: where the column is missing.

    """
    require(frame, [column], "recode")
    told = {word: word for word in codes.values()} | dict(codes)
    code = pl.col(column).cast(pl.String).str.strip_chars()
    word = code.replace_strict(list(told), list(told.values()), default=None, return_dtype=pl.String)
    unknown = word.is_null() & (code != "")
    return with_ledgers(frame).with_columns(
        append("_problems", [mark(unknown, column, "recode", "accuracy")]), word.alias(column)
    )
