"""Text that was read in the wrong encoding, back as it was written."""

from __future__ import annotations

import ftfy
import polars as pl

from dq.clean.rewrite import each_once, rewritten
from dq.required_columns import require

NOT_ASCII = r"[^\x00-\x7F]"
MOST_LAYERS = 8


def mend_encoding(frame: pl.LazyFrame, *columns: str) -> pl.LazyFrame:
    """Give `frame` with the mojibake of `columns` undone: `schÃ¶n` as `schön`, however many times it happened.

    Only text that looks wrong as it stands and right when it is read again is changed (by ftfy): good text in any
    language stays. What was lost, such as `�`, stays lost. A repair `mend_encoding:<column>` (accuracy) keeps the
    text before. Nulls stay null; mending twice is mending once.

    >>> told = mend_encoding(pl.LazyFrame({"t": ["schÃ¶n", "schön", "很好"]}), "t").collect()
    >>> told["t"].to_list(), told["_repairs"].list.len().to_list()
    (['schön', 'schön', '很好'], [1, 0, 0])

    Raises:
        SchemaError: where a column is missing.

    """
    require(frame, list(columns), "mend_encoding")
    texts = {column: each_once(column, _mended, only=NOT_ASCII) for column in columns}
    return rewritten(frame, texts, "mend_encoding", "accuracy")


def _mended(text: str) -> str:
    for _ in range(MOST_LAYERS):
        better = ftfy.fix_encoding(text)
        if better == text:
            break
        text = better
    return text
