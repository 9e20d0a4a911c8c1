"""Questions with several answers: text, or one column per option, to a list; a list to one flag per option."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from dq.clean.marks import append, with_ledgers
from dq.required_columns import require

NOT_CHOSEN = ("", "0", "n", "no", "false", "not selected", "unchecked", "否", "未选中")
"""What tools write, in any case, for an option that was not chosen; all else means that it was."""

SEPARATORS = ("┋", "|", ";", "；")
"""What tools write between the options of one cell, as long as it does not stand in an option itself."""


NOT_ANSWERED = ("(跳过)", "(空)")
"""What 问卷星 writes for a question that was not shown, or not answered."""


def split_choices(frame: pl.LazyFrame, column: str, separators: Sequence[str] = SEPARATORS) -> pl.LazyFrame:
    """Give `frame` with the text of `column` as a list of options; null where there is none. A list stays as it is.

    `NOT_ANSWERED` is none.

    >>> split_choices(pl.LazyFrame({"q": ["tea┋ coffee", "", None]}), "q").collect()["q"].to_list()
    [['tea', 'coffee'], None, None]
    """
    require(frame, [column], "split_choices")
    if frame.collect_schema()[column] != pl.String:
        return frame
    one = separators[0]
    text = pl.col(column)
    for other in separators[1:]:
        text = text.str.replace_all(other, one, literal=True)
    options = text.str.split(one).list.eval(pl.element().str.strip_chars()).list.filter(pl.element() != "")
    there = (options.list.len() > 0) & ~pl.col(column).str.strip_chars().is_in(NOT_ANSWERED)
    return frame.with_columns(pl.when(there).then(options).alias(column))


def gather_choices(frame: pl.LazyFrame, into: str, options: Mapping[str, str]) -> pl.LazyFrame:
    """Give `frame` with one list column in place of one column per option (`options`: column → option).

    An option is chosen where its cell holds anything but `NOT_CHOSEN`. Null where no cell holds anything at all but
    `NOT_ANSWERED`.

    >>> frame = pl.LazyFrame({"q_1": ["1", "0", None], "q_2": ["Y", "", None]})
    >>> gather_choices(frame, "q", {"q_1": "tea", "q_2": "milk"}).collect()["q"].to_list()
    [['tea', 'milk'], [], None]
    """
    require(frame, list(options), "gather_choices")
    cells = {name: pl.col(name).str.strip_chars().str.to_lowercase() for name in options}
    chosen = [
        pl.when(cell.is_not_null() & ~cell.is_in([*NOT_CHOSEN, *NOT_ANSWERED])).then(pl.lit(options[name]))
        for name, cell in cells.items()
    ]
    answered = pl.any_horizontal(
        (~cell.is_in(NOT_ANSWERED)).fill_null(value=False) for cell in cells.values()
    )
    gathered = pl.when(answered).then(pl.concat_list(chosen).list.drop_nulls()).alias(into)
    return frame.with_columns(gathered).drop(name for name in options if name != into)


def flag_choices(frame: pl.LazyFrame, column: str, flags: Mapping[str, str]) -> pl.LazyFrame:
    """Give `frame` with one Boolean column per option (`flags`: option → column) beside the list `column`.

    Null where the list is. An option that `flags` does not name goes from the list and is a problem
    `choices:<column>` (accuracy).

    >>> frame = pl.LazyFrame({"q": [["tea"], ["tea", "gin"], None]})
    >>> told = flag_choices(frame, "q", {"tea": "drinks_tea"}).collect()
    >>> told["drinks_tea"].to_list(), told["_problems"].list.len().to_list()
    ([True, True, None], [0, 1, 0])
    """
    require(frame, [column], "flag_choices")
    known = pl.element().is_in(list(flags))
    unknown = pl.col(column).list.filter(~known).list.join("; ")
    problem = pl.when(unknown.fill_null("") != "").then(
        pl.struct(
            rule=pl.lit(f"choices:{column}"),
            dimension=pl.lit("accuracy"),
            column=pl.lit(column),
            value=unknown,
        )
    )
    return with_ledgers(frame).with_columns(
        append("_problems", [problem]),
        pl.col(column).list.filter(known).alias(column),
        *(pl.col(column).list.contains(option).alias(flag) for option, flag in flags.items()),
    )
