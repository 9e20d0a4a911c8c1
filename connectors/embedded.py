"""Data that a page carries for machines: JSON-LD and microdata, by the type of the thing and paths into it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

_ATTRIBUTES = {
    "meta": "content",
    "audio": "src",
    "embed": "src",
    "iframe": "src",
    "img": "src",
    "source": "src",
    "video": "src",
    "a": "href",
    "area": "href",
    "link": "href",
    "object": "data",
    "data": "value",
    "meter": "value",
    "time": "datetime",
}
"""Where an element says what it means, by the HTML standard; all others by their text."""

_DEEPEST = 30


def json_ld(page: LexborHTMLParser, kind: str) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """Give every thing of this type in the page's order, also from inside others; and the scripts that are no JSON.

    >>> html = '<script type="application/ld+json">{"@type": "Person", "name": "A"}</script>'
    >>> json_ld(LexborHTMLParser(html), "Person")
    ([{'@type': 'Person', 'name': 'A'}], [])
    """
    found: list[dict[str, Any]] = []
    broken: list[tuple[str, str]] = []
    for script in page.css('script[type="application/ld+json"]'):
        text = script.text().strip().removeprefix("<!--").removesuffix("-->")
        try:
            found += [
                thing for thing in _things(json.loads(text, strict=False)) if _is(thing.get("@type"), kind)
            ]
        except (ValueError, RecursionError) as error:
            broken.append((text, f"no JSON: {error}"))
    return found, broken


def microdata(page: LexborHTMLParser, kind: str) -> list[dict[str, Any]]:
    """Give every item of this type in the page's order, its properties by name.

    >>> html = '<p itemscope itemtype="https://schema.org/Person"><b itemprop="name">A</b></p>'
    >>> microdata(LexborHTMLParser(html), "Person")
    [{'@type': 'https://schema.org/Person', 'name': 'A'}]
    """
    scopes = page.css("[itemscope][itemtype]")
    return [_item(node, 0) for node in scopes if _is((node.attributes.get("itemtype") or "").split(), kind)]


def value_at(thing: Mapping[str, Any], path: str) -> str | None:
    """Give what stands at a dotted path as text, the first of several; null where nothing stands there.

    >>> value_at({"offers": [{"price": 3.5}, {"price": 4}]}, "offers.price")
    '3.5'
    """
    here: Any = thing
    for step in path.split("."):
        here = next(iter(here), None) if isinstance(here, list) else here
        here = here.get(step) if isinstance(here, dict) else None
    here = next(iter(here), None) if isinstance(here, list) else here
    if isinstance(here, dict):
        here = here.get("@value", here.get("@id", here.get("name", json.dumps(here, ensure_ascii=False))))
    if here is None or isinstance(here, str):
        return here
    return json.dumps(here, ensure_ascii=False)


def _things(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, list):
        for one in document:
            yield from _things(one)
    elif isinstance(document, dict):
        yield document
        for inner in document.values():
            if isinstance(inner, list | dict):
                yield from _things(inner)


def _is(types: Any, kind: str) -> bool:
    """Say whether one of these types is it, written in full or by its last part."""
    every = types if isinstance(types, list) else [types]
    return any(isinstance(one, str) and (one == kind or one.rpartition("/")[2] == kind) for one in every)


def _item(scope: LexborNode, depth: int) -> dict[str, Any]:
    item: dict[str, Any] = {"@type": scope.attributes.get("itemtype")}
    for node in _own(scope):
        nested = "itemscope" in node.attributes
        value = _item(node, depth + 1) if nested and depth < _DEEPEST else _said(node)
        for name in (node.attributes.get("itemprop") or "").split():
            if name in item:
                before = item[name]
                item[name] = [*before, value] if isinstance(before, list) else [before, value]
            else:
                item[name] = value
    return item


def _own(scope: LexborNode) -> Iterator[LexborNode]:
    """Give the properties of an item, and none of the items inside it."""
    left = list(scope.iter(include_text=False))[::-1]
    while left:
        node = left.pop()
        if "itemprop" in node.attributes:
            yield node
        if "itemscope" not in node.attributes:
            left += list(node.iter(include_text=False))[::-1]


def _said(node: LexborNode) -> str:
    attribute = _ATTRIBUTES.get(node.tag or "")
    said = node.attributes.get(attribute) if attribute else None
    return (said if said is not None else node.text()).strip()
