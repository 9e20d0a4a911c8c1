"""Declared fields of a page, by CSS: a selector, optionally `@attribute`, per column."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from selectolax.lexbor import LexborHTMLParser, LexborNode

from connectors.embedded import json_ld, microdata, value_at
from connectors.page_links import sent_on
from dq.source import REJECT_SCHEMA, Decoded

_LONGEST = 20_000
_NO_REJECTS = pl.DataFrame(schema=REJECT_SCHEMA)


@dataclass(frozen=True)
class Selectors:
    """`record` finds each record of a page; `fields` says where in it each column stands.

    `"p.text"` is the text of the first match, `"a@href"` its attribute, `"@data-id"` the record's own.
    Text is without the white space around it; an element that is there but empty gives null. A page without a record is
    a reject, unless it sends its reader on to another page.

    `record="json-ld:Product"` or `"microdata:Product"` takes each thing of that type from the data that the page
    carries for machines; its fields are dotted paths, such as `"offers.price"`.

    A field that a record lacks makes it a reject, unless a `?` ends the field: then it is null.
    """

    record: str
    fields: Mapping[str, str]

    def read(self, page: str, url: str, tree: LexborHTMLParser | None = None) -> Decoded:
        """Read the page's records, `_row` from 1; one that lacks a declared field is a reject naming it.

        `tree` is the page where it has been parsed already.
        """
        where = {column: place.removesuffix("?") for column, place in self.fields.items()}
        tree = tree or LexborHTMLParser(page)
        form, colon, kind = self.record.partition(":")
        broken: list[tuple[str, str]] = []
        records: Sequence[Any]
        if colon and form in {"json-ld", "microdata"}:
            records, broken = json_ld(tree, kind) if form == "json-ld" else (microdata(tree, kind), [])
            columns = {column: [value_at(one, path) for one in records] for column, path in where.items()}
        else:
            records = tree.css(self.record)
            places = {column: _split(place) for column, place in where.items()}
            columns = {column: [_value(node, *place) for node in records] for column, place in places.items()}
        if not records and not broken and sent_on(tree, url) is not None:
            return Decoded(pl.DataFrame(schema=_schema(tuple(self.fields))), _NO_REJECTS, 0)
        if not records and not broken:
            message = f"{url}: no record ({self.record}) on the page"
            return _refused_page(page, message, tuple(self.fields))
        rows = pl.DataFrame(
            {
                **{column: [value or None for value in values] for column, values in columns.items()},
                "_row": range(1, len(records) + 1),
            },
            schema={**dict.fromkeys(columns, pl.String), "_row": pl.Int64},
        )
        rejects: list[tuple[int, int | None, str | None, str, str | None, str]] = [
            (
                i + 1,
                None,
                _shown(records[i]),
                f"selector:{column}",
                column,
                f"{url}, record {i + 1}: no {column} ({where[column]})",
            )
            for column, values in columns.items()
            if None in values and not self.fields[column].endswith("?")
            for i, value in enumerate(values)
            if value is None
        ]
        rejects += [
            (len(records) + i, None, text[:_LONGEST], "json-ld", None, f"{url}: {message}")
            for i, (text, message) in enumerate(broken, start=1)
        ]
        if not rejects:
            return Decoded(rows, _NO_REJECTS, len(records))
        refused = pl.DataFrame(rejects, schema=REJECT_SCHEMA, orient="row")
        return Decoded(rows.join(refused, on="_row", how="anti"), refused, len(records) + len(broken))


def _schema(columns: tuple[str, ...]) -> dict[str, type[pl.DataType]]:
    return {**dict.fromkeys(columns, pl.String), "_row": pl.Int64}


def _shown(record: Any) -> str | None:
    return record.html if isinstance(record, LexborNode) else json.dumps(record, ensure_ascii=False)


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
    rows = pl.DataFrame(schema=_schema(columns))
    return Decoded(rows, pl.DataFrame([reject], schema=REJECT_SCHEMA, orient="row"), 1)
