"""Chinese in one script: simplified or traditional, by OpenCC's dictionaries of words."""

from __future__ import annotations

from functools import cache
from typing import Literal

import opencc
import polars as pl

from dq.clean.rewrite import each_once, rewritten
from dq.required_columns import require

Script = Literal["simplified", "traditional"]
PROFILES: dict[Script, str] = {"simplified": "t2s", "traditional": "s2t"}
HAN = r"\p{Han}"
MOST_ROUNDS = 4


def chinese_script(frame: pl.LazyFrame, *columns: str, to: Script = "simplified") -> pl.LazyFrame:
    """Give `frame` with the Chinese of `columns` in one script; whatever is not Chinese stays.

    Characters follow the word they stand in. To traditional, a character with several forms gets the most usual
    one, so there and back is not always the same text. A repair `chinese_script:<column>` (consistency) keeps the
    text before. Nulls stay null; doing it again changes nothing.

    >>> told = chinese_script(pl.LazyFrame({"t": ["這個軟體很好", "good"]}), "t").collect()
    >>> told["t"].to_list(), told["_repairs"].list.len().to_list()
    (['这个软体很好', 'good'], [1, 0])

    Raises:
        SchemaError: where a column is missing.

    """
    require(frame, list(columns), "chinese_script")
    profile = PROFILES[to]

    def told(text: str) -> str:
        for _ in range(MOST_ROUNDS):
            again = _converter(profile).convert(text)
            if again == text:
                break
            text = again
        return text

    texts = {column: each_once(column, told, only=HAN) for column in columns}
    return rewritten(frame, texts, "chinese_script", "consistency")


@cache
def _converter(profile: str) -> opencc.OpenCC:
    return opencc.OpenCC(profile)
