"""The JSON API: records by the page."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import parse_qsl

from samples.answer import JSON, Answer
from samples.records import Record

DEFAULT_PER_PAGE = 100
MOST_PER_PAGE = 500


def page_of(records: Sequence[Record], path: str, query: str) -> Answer:
    """Answer with one page of the records and the way to the next, or with an error that says what to ask.

    `page` counts from 1 and `per_page` is 1 to 500. A page past the end is not found (404); anything else
    that can't be meant is a bad request (400).

    >>> page_of([{"id": 1}, {"id": 2}], "/api/x", "per_page=1").body
    b'{"total":2,"page":1,"per_page":1,"items":[{"id":1}],"next":"/api/x?page=2&per_page=1"}'
    """
    asked = {"page": "1", "per_page": str(DEFAULT_PER_PAGE)}
    given = parse_qsl(query, keep_blank_values=True)
    unknown = sorted({name for name, _ in given} - asked.keys())
    if unknown:
        return error(HTTPStatus.BAD_REQUEST, f"unknown parameter {unknown[0]!r}: ask by page and per_page")
    if len(given) > len(dict(given)):
        return error(HTTPStatus.BAD_REQUEST, "a parameter is given twice")
    asked.update(given)
    page, per_page = _count(asked["page"]), _count(asked["per_page"])
    if page is None:
        return error(HTTPStatus.BAD_REQUEST, "page must be a whole number from 1")
    if per_page is None or per_page > MOST_PER_PAGE:
        return error(HTTPStatus.BAD_REQUEST, f"per_page must be a whole number from 1 to {MOST_PER_PAGE}")
    pages = max(1, -(-len(records) // per_page))
    if page > pages:
        return error(HTTPStatus.NOT_FOUND, f"page {page} is past the last page, {pages}")
    content = {
        "total": len(records),
        "page": page,
        "per_page": per_page,
        "items": records[(page - 1) * per_page : page * per_page],
        "next": f"{path}?page={page + 1}&per_page={per_page}" if page < pages else None,
    }
    return Answer(HTTPStatus.OK, JSON, _dump(content))


def error(status: HTTPStatus, message: str) -> Answer:
    """Answer with an error that a program can read."""
    return Answer(status, JSON, _dump({"status": status.value, "error": message}))


def _count(text: str) -> int | None:
    """Give a whole number from 1, or None for anything else (int() would also take '+1', '1_0' and '١')."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    return number or None


def _dump(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
