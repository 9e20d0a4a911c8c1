"""A code book: what the codes of many columns stand for, as one table."""

from __future__ import annotations

import polars as pl

from dq.clean.recode import recode
from dq.errors import ConfigError

_COLUMNS = ("column", "code", "word")


def recode_by(frame: pl.LazyFrame, book: pl.DataFrame) -> pl.LazyFrame:
    """Give `frame` with the codes of every column that the code book names replaced by their words.

    `book` has one row per code: `column`, `code`, `word`, as text. A column of the book that the frame lacks is passed
    over, since a book describes all versions of a questionnaire. Unknown codes are problems, as `recode` says.

    >>> book = pl.DataFrame({"column": ["q1", "q1"], "code": ["1", "2"], "word": ["yes", "no"]})
    >>> recode_by(pl.LazyFrame({"q1": ["2", "1", "9"]}), book).collect()["q1"].to_list()
    ['no', 'yes', None]

    Raises:
        ConfigError: where the book has other columns, or gives a code two words.

    """
    if missing := [name for name in _COLUMNS if name not in book.columns]:
        raise ConfigError(
            f"the code book has no column {', '.join(missing)}", hint=f"it needs {', '.join(_COLUMNS)}"
        )
    plain = book.select(pl.col(_COLUMNS).cast(pl.String).str.strip_chars()).unique(maintain_order=True)
    if (twice := plain.filter(pl.struct("column", "code").is_duplicated())).height:
        raise ConfigError(
            f"the code book gives code {twice['code'][0]!r} of {twice['column'][0]} two words",
            failed=twice.height,
            of=plain.height,
        )
    present = frame.collect_schema().names()
    for (column,), codes in plain.group_by("column", maintain_order=True):
        if column in present:
            frame = recode(frame, str(column), dict(codes.select("code", "word").iter_rows()))
    return frame
