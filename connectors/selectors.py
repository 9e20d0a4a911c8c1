"""Declared fields of a page, by CSS: a selector, optionally `@attribute`, per column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from selectolax.lexbor import LexborHTMLParser, LexborNode

from dq.source import REJECT_SCHEMA, Decoded

_LONGEST = 20_000


@dataclass(frozen=True)
class Selectors:
    """`record` finds each record of a page; `fields` says where in it each column stands.

    `"p.text"` is the text of the first match, `"a@href"` its attribute, `"@data-id"` the record's own.
    Text is without the white space around it; an element that is there but empty gives null.
    """

    record: str
    fields: Mapping[str, str]

    def read(self, page: str, url: str) -> Decoded:
        """Read the page's records, `_row` from 1; one that lacks a declared field is a reject naming it."""
        records = LexborHTMLParser(page).css(self.record)
        if not records:
            message = f"{url}: no record ({self.record}) on the page"
            return _refused_page(page, message, tuple(self.fields))
        columns: dict[str, list[str | None]] = {
            column: [_value(node, *_split(where)) for node in records]
            for column, where in self.fields.items()
        }
        absent: dict[str, list[int]] = {}
        for column, values in columns.items():
            if missing := [i for i, value in enumerate(values) if value is None]:
                absent[column] = missing
        rows = pl.DataFrame(
            {
                **{column: [value or None for value in values] for column, values in columns.items()},
                "_row": range(1, len(records) + 1),
            },
            schema={**dict.fromkeys(columns, pl.String), "_row": pl.Int64},
        )
        if not absent:
            return Decoded(rows, pl.DataFrame(schema=REJECT_SCHEMA), len(records))
        rejects = [
            (
                i + 1,
                None,
                records[i].html,
                f"selector:{column}",
                column,
                f"{url}, record {i + 1}: no {column} ({self.fields[column]})",
            )
            for column, missing in absent.items()
            for i in missing
        ]
        refused = pl.DataFrame(rejects, schema=REJECT_SCHEMA, orient="row")
        return Decoded(rows.join(refused, on="_row", how="anti"), refused, len(records))


def links(page: str, selector: str) -> list[str]:
    """Give the href of every element that the selector finds, in the page's order."""
    found = (node.attributes.get("href") for node in LexborHTMLParser(page).css(selector))
    return [href.strip() for href in found if href]


def _split(where: str) -> tuple[str, str | None]:
    selector, at, attribute = where.rpartition("@")
    return (selector.strip(), attribute) if at else (where, None)


def _value(record: LexborNode, selector: str, attribute: str | None) -> str | None:
    """Give the text, empty where the element is empty, null where it is not there."""
    node = record.css_first(selector) if selector else record
    if node is None:
        return None
    if attribute is None:
        return node.text().strip()
    attributes: Mapping[str, Any] = node.attributes
    return (attributes[attribute] or "").strip() if attribute in attributes else None


def _refused_page(page: str, message: str, columns: tuple[str, ...]) -> Decoded:
    text = (
        page
        if len(page) <= _LONGEST
        else f"{page[:_LONGEST]}… ({len(page):,} characters, all in the landing)"
    )
    reject = (1, 0, text, "selector:record", None, message)
    rows = pl.DataFrame(schema={**dict.fromkeys(columns, pl.String), "_row": pl.Int64})
    return Decoded(rows, pl.DataFrame([reject], schema=REJECT_SCHEMA, orient="row"), 1)
