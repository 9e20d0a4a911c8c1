"""Text that was escaped for HTML, back as it was written."""

from __future__ import annotations

import html
from html.entities import html5

import polars as pl

from dq.clean.rewrite import rewritten
from dq.required_columns import require

ENTITY = r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"


def unescape_html(frame: pl.LazyFrame, *columns: str) -> pl.LazyFrame:
    """Give `frame` with the HTML entities of `columns` as characters: `&amp;` as `&`, `&#39;` as `'`.

    Text that was escaped twice is unescaped twice, so that doing it again changes nothing. Only entities that
    end in a semicolon count: `?a=1&copy=2` is an address, not a copyright sign. Names that HTML does not know
    stay. A repair `unescape_html:<column>` (accuracy) with the text before is recorded for every changed
    cell. Nulls stay null.

    >>> told = unescape_html(pl.LazyFrame({"text": ["R&amp;amp;D &lt;3", "a & b", None]}), "text").collect()
    >>> told["text"].to_list(), told["_repairs"].list.len().to_list()
    (['R&D <3', 'a & b', None], [1, 0, 0])

    Raises:
        SchemaError: where a column is missing.

    """
    require(frame, list(columns), "unescape_html")
    plain = {c: pl.col(c).map_batches(_unescape, pl.String, is_elementwise=True) for c in columns}
    return rewritten(frame, plain, "unescape_html", "accuracy")


def _unescape(text: pl.Series) -> pl.Series:
    # Python sees each different entity once, not each text: a few dozen look-ups, whatever the rows.
    while True:
        found = text.str.extract_all(ENTITY).explode().drop_nulls().unique()
        known = (one for one in found.to_list() if one.startswith("&#") or one[1:] in html5)
        told = {entity: char for entity in known if (char := html.unescape(entity)) != entity}
        if not told:
            return text
        text = text.str.replace_many(told)
