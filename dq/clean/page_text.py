"""The text that a reader of a page sees, out of its HTML."""

from __future__ import annotations

import re
from typing import Any

import lxml.html
import polars as pl
from lxml import etree

from dq.clean.rewrite import each_once, rewritten
from dq.required_columns import require

MARKUP = r"<[A-Za-z!/]|&[#A-Za-z]"
UNSEEN = ("script", "style", "noscript", "template", "head", "title", "svg", "iframe", "object")
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
BREAKS = re.compile(
    "address|article|aside|blockquote|br|dd|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|li|main|nav"
    "|ol|p|pre|section|table|td|th|tr|ul"
)
BLANKS = re.compile(r"[^\S\n]+")
LINES = re.compile(r"\s*\n\s*")


def page_text(frame: pl.LazyFrame, *columns: str) -> pl.LazyFrame:
    r"""Give `frame` with the HTML of `columns` as the text that it shows, a line a block.

    Scripts, styles, comments, templates and what says of itself that it is hidden are gone, entities are characters,
    white space runs are one blank. Text without markup stays as it is; a page that shows nothing becomes null. It is
    for columns that hold HTML: in others `a<b and c>d` would be taken for markup. A repair `page_text:<column>`
    (accuracy) keeps the HTML. Nulls stay null.

    >>> told = page_text(pl.LazyFrame({"t": ["<h1>Hi</h1><p>a &amp; <b>b</b><script>x()</script>", "1 < 2"]}), "t")
    >>> told.collect()["t"].to_list()
    ['Hi\na & b', '1 < 2']

    Raises:
        SchemaError: where a column is missing.

    """
    require(frame, list(columns), "page_text")
    return rewritten(
        frame, {column: each_once(column, shown, only=MARKUP) for column in columns}, "page_text", "accuracy"
    )


def shown(html: str) -> str | None:
    """Give the text that a page shows; null where it shows none."""
    try:
        root = lxml.html.fragment_fromstring(html.replace("\0", ""), create_parent="div")
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return html
    etree.strip_elements(root, *UNSEEN, etree.Comment, with_tail=False)
    for node in [one for one in root.iterdescendants() if _is_hidden(one)]:
        if node.getparent() is not None:
            node.drop_tree()
    for node in root.iter():
        if BREAKS.fullmatch(str(node.tag)):
            node.text = "\n" + (node.text or "")
            node.tail = "\n" + (node.tail or "")
    text = LINES.sub("\n", BLANKS.sub(" ", root.text_content())).strip()
    return text or None


def _is_hidden(node: Any) -> bool:
    return node.get("hidden") is not None or HIDDEN.search(node.get("style") or "") is not None
