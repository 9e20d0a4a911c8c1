"""Full-width letters and digits, as Chinese and Japanese keyboards write them, in their usual form."""

from __future__ import annotations

import polars as pl

from dq.clean.rewrite import rewritten
from dq.required_columns import require

APART = 0xFEE0
"""A full-width sign lies so far behind its usual form."""
ALPHANUMERIC = {chr(code + APART): chr(code) for code in range(0x21, 0x7F) if chr(code).isalnum()} | {
    "\u3000": " "
}
PUNCTUATION = {chr(code + APART): chr(code) for code in range(0x21, 0x7F) if not chr(code).isalnum()}


def half_width(frame: pl.LazyFrame, *columns: str, punctuation: bool = False) -> pl.LazyFrame:
    """Give `frame` with `ＡＢＣ１２３` of `columns` as `ABC123`, and the wide blank as a blank.

    Wide punctuation is the usual one in Chinese text and stays, unless asked for with `punctuation`: in prices, codes
    and addresses. A repair `half_width:<column>` (consistency) keeps the text before. Nulls stay null.

    >>> told = half_width(pl.LazyFrame({"t": ["型号Ａ１，很好", "A1"]}), "t").collect()
    >>> told["t"].to_list(), told["_repairs"].list.len().to_list()
    (['型号A1，很好', 'A1'], [1, 0])

    Raises:
        SchemaError: where a column is missing.

    """
    require(frame, list(columns), "half_width")
    signs = ALPHANUMERIC | (PUNCTUATION if punctuation else {})
    texts = {column: pl.col(column).str.replace_many(signs) for column in columns}
    return rewritten(frame, texts, "half_width", "consistency")
