"""How much the answers of one respondent are worth: scores beside each row, which a contract then judges.

Each function adds one column and drops nothing; null means that there was nothing to measure. The rules over these
columns, by name, are the contract `checks.respondent.Respondent`, which a questionnaire's own contract extends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from dq.clean.choices import NOT_ANSWERED
from dq.required_columns import require


def answered_share(frame: pl.LazyFrame, items: Sequence[str]) -> pl.LazyFrame:
    """Add `answered_share`: how many of the items are answered (not null, empty or `NOT_ANSWERED`), 0 to 1.

    >>> frame = pl.LazyFrame({"a": ["1", None], "b": ["2", " "]})
    >>> answered_share(frame, ["a", "b"]).collect()["answered_share"].to_list()
    [1.0, 0.0]
    """
    require(frame, items, "answered_share")
    return frame.with_columns((pl.sum_horizontal(_is_there(items)) / len(items)).alias("answered_share"))


def straight_line_share(frame: pl.LazyFrame, items: Sequence[str]) -> pl.LazyFrame:
    """Add `straight_line_share`: the share of a matrix's answered items that have the commonest answer, 0 to 1.

    1 means that a respondent ticked the same point down the whole matrix. Null below three answered items.

    >>> frame = pl.LazyFrame({"a": ["3", "1", "1"], "b": ["3", "2", None], "c": ["3", "3", None], "d": ["3", "1", "1"]})
    >>> straight_line_share(frame, ["a", "b", "c", "d"]).collect()["straight_line_share"].to_list()
    [1.0, 0.5, None]
    """
    require(frame, items, "straight_line_share")
    answers = pl.concat_list(
        pl.when(there).then(pl.col(name).cast(pl.String))
        for name, there in zip(items, _is_there(items), strict=True)
    ).list.drop_nulls()
    commonest = answers.list.eval(pl.element().unique_counts()).list.max()
    share = commonest / answers.list.len()
    return frame.with_columns(pl.when(answers.list.len() >= 3).then(share).alias("straight_line_share"))


def speed_ratio(frame: pl.LazyFrame, seconds: str) -> pl.LazyFrame:
    """Add `speed_ratio`: a respondent's time over the median of all; a third or less is a speeder by custom.

    `seconds` is a column of numbers, or of text that begins with one (`123秒`). Null where there is none.

    >>> speed_ratio(pl.LazyFrame({"t": ["100", "300秒", "30", None]}), "t").collect()["speed_ratio"].to_list()
    [1.0, 3.0, 0.3, None]
    """
    require(frame, [seconds], "speed_ratio")
    time = pl.col(seconds).cast(pl.String).str.extract(r"^\s*(\d+(?:\.\d+)?)").cast(pl.Float64)
    return frame.with_columns((time / time.median()).alias("speed_ratio"))


def attention_failed(frame: pl.LazyFrame, expected: Mapping[str, str]) -> pl.LazyFrame:
    """Add `attention_failed`: how many attention checks (`expected`: column → the answer asked for) were missed.

    A check that was not reached counts as none: `answered_share` tells of it.

    >>> frame = pl.LazyFrame({"pick_blue": ["blue", "red", None]})
    >>> attention_failed(frame, {"pick_blue": "blue"}).collect()["attention_failed"].to_list()
    [0, 1, 0]
    """
    require(frame, list(expected), "attention_failed")
    missed = [
        there & (pl.col(name).cast(pl.String).str.strip_chars() != expected[name])
        for name, there in zip(expected, _is_there(list(expected)), strict=True)
    ]
    return frame.with_columns(
        pl.sum_horizontal(one.cast(pl.Int64) for one in missed).alias("attention_failed")
    )


def respondent_repeats(frame: pl.LazyFrame, by: Sequence[str]) -> pl.LazyFrame:
    """Add `respondent_repeats`: how many earlier rows have the same `by` (a device, an address, all answers).

    0 is a respondent's first time. Null where any of `by` is null: nobody knows who that is.

    >>> frame = pl.LazyFrame({"ip": ["1", "2", "1", None, None]})
    >>> respondent_repeats(frame, ["ip"]).collect()["respondent_repeats"].to_list()
    [0, 0, 1, None, None]
    """
    require(frame, by, "respondent_repeats")
    known = pl.all_horizontal(pl.col(name).is_not_null() for name in by)
    earlier = pl.int_range(pl.len(), dtype=pl.Int64).over(list(by))
    return frame.with_columns(pl.when(known).then(earlier).alias("respondent_repeats"))


def _is_there(items: Sequence[str]) -> list[pl.Expr]:
    cells = [pl.col(name).cast(pl.String).str.strip_chars() for name in items]
    return [(~cell.is_in(["", *NOT_ANSWERED])).fill_null(value=False) for cell in cells]
