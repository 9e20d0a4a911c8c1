"""Words that should come from a list and were mistyped: the nearest word of the list, where there is one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA

from dq.clean.marks import append, mark, with_ledgers
from dq.errors import ContractError
from dq.required_columns import require


def match_vocabulary(
    frame: pl.LazyFrame, column: str, words: Sequence[str], *, most_typos: int = 2
) -> pl.LazyFrame:
    """Give `frame` with the words of `column` as `words` spell them: case, blanks and a few typos aside.

    A word is taken for the one of the list that fewest typos (a letter too many, missing, wrong, or two exchanged)
    lead to: at most `most_typos`, and at most one in four letters. Where two words of the list are equally near, or
    none is near enough, the cell becomes null with a problem `vocabulary:<column>` (accuracy), which the contract
    judges. A repair `vocabulary:<column>` (accuracy) keeps what was written. Nulls stay null.

    >>> told = match_vocabulary(pl.LazyFrame({"c": ["swizerland", " France", "Mars"]}), "c", ["Switzerland", "France"])
    >>> told.collect().select("c", pl.col("_problems").list.len()).rows()
    [('Switzerland', 0), ('France', 0), (None, 1)]

    Raises:
        SchemaError: where the column is missing.
        ContractError: where the list is empty, or holds a word twice but for case.

    """
    require(frame, [column], "match_vocabulary")
    plain = [_plain(word) for word in words]
    if not words or len(set(plain)) < len(plain):
        raise ContractError(f"the vocabulary of {column} must hold words, each once but for case")

    def told(text: pl.Series) -> pl.Series:
        asked = text.drop_nulls().unique()
        found = _nearest([_plain(word) for word in asked.to_list()], plain, most_typos)
        answer = pl.Series([None if at < 0 else words[at] for at in found], dtype=pl.String)
        return text.replace_strict(asked, answer, default=None, return_dtype=pl.String)

    matched = pl.col(column).map_batches(told, pl.String, is_elementwise=True)
    known = pl.col(column).is_not_null()
    return with_ledgers(frame).with_columns(
        append("_repairs", [mark(known & (matched != pl.col(column)), column, "vocabulary", "accuracy")]),
        append("_problems", [mark(known & matched.is_null(), column, "vocabulary", "accuracy")]),
        matched.alias(column),
    )


def _plain(word: str) -> str:
    return " ".join(word.casefold().split())


def _nearest(asked: list[str], words: list[str], most_typos: int) -> list[int]:
    """Give the place of the one nearest word, -1 where none is near or two are equally so."""
    if not asked:
        return []
    typos = process.cdist(asked, words, scorer=OSA.distance, dtype=np.int32)
    least = typos.min(axis=1)
    lengths = np.array([len(word) for word in asked])
    sure = (least <= np.minimum(most_typos, lengths // 4)) & ((typos == least[:, None]).sum(axis=1) == 1)
    return [int(at) for at in np.where(sure, typos.argmin(axis=1), -1)]
