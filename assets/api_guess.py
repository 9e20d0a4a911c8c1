"""What one page of an API tells of how to read the others: where its list stands, its total, its next page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.json_rows import at

_TOTALS = (
    "total",
    "total_count",
    "totalcount",
    "num_found",
    "numfound",
    "total_results",
    "total-results",
    "count",
)
_NEXT = (
    "next",
    "next_url",
    "nexturl",
    "next_link",
    "nextlink",
    "@odata.nextlink",
    "next_page_url",
    "next_page",
)
_TOKENS = {
    "next_cursor": "cursor",
    "nextcursor": "cursor",
    "next-cursor": "cursor",
    "next_page_token": "page_token",
    "nextpagetoken": "pageToken",
    "continuation_token": "continuation_token",
}
_DEPTH = 3


def guessed(document: Any, headers: Mapping[str, str]) -> dict[str, str | None]:
    """Give `items`, `total`, `next` and, where it takes one, `next_param` of a JSON API; null where there is none.

    A total is believed only where it is a whole number no smaller than the page's list.

    >>> guessed({"data": [{"id": 7}], "meta": {"total": 41, "next_cursor": "x"}}, {})
    {'items': 'data', 'total': 'meta.total', 'next': 'meta.next_cursor', 'next_param': 'cursor'}
    """
    items = _items(document)
    size = len(at(document, items))
    plain = list(_plain(document, ""))
    total = next(
        (
            path
            for wanted in _TOTALS
            for path, value in plain
            if _last(path) == wanted and isinstance(value, int) and int(value) >= size
        ),
        None,
    )
    address = next((path for wanted in _NEXT for path, value in plain if _last(path) == wanted), None)
    token = next((path for path, value in plain if _last(path) in _TOKENS), None)
    following, parameter = address, None
    if 'rel="next"' in headers.get("link", ""):
        following = "header:link"
    elif address is None and token is not None:
        following, parameter = token, _TOKENS[_last(token)]
    return {"items": items, "total": total, "next": following, "next_param": parameter}


def _items(document: Any) -> str:
    """Give the path of the longest list of objects, the empty path where the page is the list."""
    lists = [(len(value), -path.count("."), path) for path, value in _lists(document, "", _DEPTH)]
    return max(lists)[2] if lists else ""


def _lists(here: Any, path: str, depth: int) -> Iterator[tuple[str, list[Any]]]:
    if isinstance(here, list) and (not here or isinstance(here[0], Mapping)):
        yield path, here
    elif isinstance(here, Mapping) and depth:
        for key, value in here.items():
            yield from _lists(value, f"{path}.{key}" if path else key, depth - 1)


def _plain(here: Any, path: str, depth: int = _DEPTH) -> Iterator[tuple[str, Any]]:
    """Give what stands outside of lists, by path."""
    if not isinstance(here, Mapping) or not depth:
        return
    for key, value in here.items():
        there = f"{path}.{key}" if path else key
        if isinstance(value, Mapping):
            yield from _plain(value, there, depth - 1)
        elif not isinstance(value, list):
            yield there, value


def _last(path: str) -> str:
    return path.rpartition(".")[2].lower() if not path.endswith("@odata.nextLink") else "@odata.nextlink"
