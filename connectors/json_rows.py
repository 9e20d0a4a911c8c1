"""JSON → rows of text, without changing a digit: 1.10 stays 1.10, nested values stay JSON."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from json.encoder import encode_basestring
from operator import eq
from typing import Any

import polars as pl
from w3lib.encoding import http_content_type_encoding

from connectors.collector_paused import collector_paused
from dq.errors import DecodeError
from dq.raw import reserved
from dq.source import REJECT_SCHEMA, Decoded

Tree = Callable[[bytes, str], Any]
"""Reads a body to objects, lists and texts; the second argument names it in messages."""


_MINUS_ZERO = re.compile(rb"-0(?<=[\s:,\[]-0)(?![\d.eE])")
_WORDS = {True: "true", False: "false", None: None}
_INTEGERS = range(-(1 << 63), 1 << 63)


def load(body: bytes, where: str) -> Any:
    """Parse JSON. Whole numbers come back as such; any other number as bytes, just as it was written.

    JSON has no bytes of its own, so that `b"1.10"` is the number and `"1.10"` the text.

    Raises:
        DecodeError: where it is not JSON, or is cut off, naming the byte.

    """
    if body.startswith(b"-0") or _MINUS_ZERO.search(body):
        return _exact(body, where)  # -0 is the one whole number that Python would write in another way
    return _parsed(body, where)


def _exact(body: bytes, where: str) -> Any:
    return _parsed(body, where, parse_int=str.encode)


def _parsed(body: bytes, where: str, **whole_numbers: Any) -> Any:
    try:
        text = body.decode("utf-8-sig")
        with collector_paused():
            return json.loads(text, parse_float=str.encode, parse_constant=str.encode, **whole_numbers)
    except UnicodeDecodeError as error:
        raise DecodeError(f"not UTF-8 at byte {error.start:,}", where=where) from None
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip())
        what = "the JSON is cut off" if cut else "not JSON"
        raise DecodeError(
            f"{what} at character {error.pos:,} of {len(text):,}: {error.msg}",
            where=where,
            hint="fetch it again" if cut else None,
        ) from None
    except ValueError:  # a whole number of more digits than Python reads as one
        return _exact(body, where)
    except RecursionError:
        raise DecodeError("the JSON is nested too deeply", where=where) from None


def as_utf8(body: bytes, content_type: str | None) -> bytes:
    """Give JSON in UTF-8, which it has to be; where it is not, by the charset of its header, as older APIs send it.

    >>> as_utf8('{"名": 1}'.encode("gbk"), "application/json; charset=GBK").decode()
    '{"名": 1}'
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace").encode()
    charset = http_content_type_encoding(content_type)
    if charset in {None, "utf-8"}:
        return body
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        try:
            return body.decode(charset).encode()
        except (UnicodeDecodeError, LookupError):
            return body  # the error that follows names the byte
    return body


def at(document: Any, path: str) -> Any:
    """Give what stands at a dotted path, null where nothing does; the empty path is the document.

    A number is the place in a list, from 0.

    >>> at({"data": {"items": [1, 2]}}, "data.items"), at([{"total": 7}, []], "0.total")
    ([1, 2], 7)
    """
    here = document
    for step in filter(None, path.split(".")):
        if isinstance(here, Mapping):
            here = here.get(step)
        elif isinstance(here, list) and step.isdecimal() and int(step) < len(here):
            here = here[int(step)]
        else:
            return None
    return here


def flattened(items: Iterable[Any], where: str) -> list[Any]:
    """Give objects without objects inside: `{"user": {"login": "a"}}` has a column `user.login`. Lists stay.

    >>> flattened([{"id": 1, "user": {"login": "a", "plan": {}}}], "x")
    [{'id': 1, 'user.login': 'a'}]

    Raises:
        DecodeError: where two fields would have the same name.

    """
    flat: list[Any] = []
    for item in items:
        if not isinstance(item, Mapping):
            flat.append(item)
            continue
        pairs = list(_leaves(item, ""))
        flat.append(dict(pairs))
        if len(flat[-1]) < len(pairs):
            raise DecodeError("two fields have the same name once they are flat", where=where)
    return flat


def _leaves(item: Mapping[str, Any], before: str) -> Iterator[tuple[str, Any]]:
    for name, value in item.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def rows(items: Sequence[Any], where: str) -> Decoded:
    """Give one row per object, `_row` from 1; an item that is no object is a reject. Absent is null."""
    with collector_paused():
        try:
            return _rows(items, where)
        except RecursionError:
            raise DecodeError("the JSON is nested too deeply", where=where) from None


def _rows(items: Sequence[Any], where: str) -> Decoded:
    numbers: Sequence[int] = range(1, len(items) + 1)
    objects = items
    others = []
    if set(map(type, items)) - {dict}:
        numbers = [number for number, item in enumerate(items, 1) if isinstance(item, dict)]
        objects = [items[number - 1] for number in numbers]
        others = [
            (
                number,
                None,
                _whole(text(item)),
                "json:not_an_object",
                None,
                f"{where}: item {number} is not an object",
            )
            for number, item in enumerate(items, 1)
            if not isinstance(item, dict)
        ]
    columns = _columns(objects)
    if taken := reserved(columns):
        raise DecodeError(f"a field has the framework's own name: {', '.join(taken)}", where=where)
    try:
        cells = [_texts(name, values) for name, values in columns.items()]
    except UnicodeEncodeError:  # half of a surrogate pair, from text that was cut in the middle of an emoji
        cells = [
            pl.Series(_whole(name), [_whole(text(cell)) for cell in column], dtype=pl.String)
            for name, column in columns.items()
        ]
    frame = pl.DataFrame([*cells, pl.Series("_row", numbers, dtype=pl.Int64)])
    return Decoded(frame, pl.DataFrame(others, schema=REJECT_SCHEMA, orient="row"), len(items))


def _columns(objects: Sequence[dict[str, Any]]) -> dict[str, Sequence[Any]]:
    """Turn objects into columns; where all have the same fields in the same order, without looking at each cell."""
    names = tuple(objects[0]) if objects else ()
    if objects and all(map(eq, map(tuple, objects), repeat(names))):
        return dict(zip(names, zip(*map(dict.values, objects), strict=True), strict=True))
    return {
        name: [item.get(name) for item in objects] for name in dict.fromkeys(chain.from_iterable(objects))
    }


def _texts(name: str, values: Sequence[Any]) -> pl.Series:
    """Give a column as text, by the kinds of value that it holds."""
    kinds: set[type] = set(map(type, values)) - {type(None)}
    if kinds == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean).cast(pl.String)
    if kinds == {int}:
        found = [value for value in values if value is not None] if None in values else values
        if min(found) in _INTEGERS and max(found) in _INTEGERS:
            return pl.Series(name, values, dtype=pl.Int64).cast(pl.String)
    if kinds <= {str}:
        written = values
    else:
        written = list(map(bytes.decode if kinds == {bytes} and None not in values else text, values))
    return pl.Series(name, written, dtype=pl.String)


def text(value: Any) -> str | None:
    """Give a cell as text: text and numbers as they were written, true/false, nested values as JSON.

    >>> text({"a": [b"1.10", "x", None, True]})
    '{"a":[1.10,"x",null,true]}'
    """
    kind = type(value)
    if kind is str or value is None:
        return value  # type: ignore[no-any-return]
    if kind is bytes:
        return value.decode()  # type: ignore[no-any-return]
    if kind is int:
        return str(value)
    return _WORDS[value] if kind is bool else _json(value)


def _whole(cell: Any) -> Any:
    """Show half a surrogate pair as it was escaped in the JSON; no text file could hold it otherwise."""
    return cell.encode("utf-8", "backslashreplace").decode() if isinstance(cell, str) else cell


def _json(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if kind is bytes:
        return value.decode()  # type: ignore[no-any-return]
    if kind is int:
        return str(value)
    if kind is dict:
        return "{" + ",".join([f"{_json(key)}:{_json(item)}" for key, item in value.items()]) + "}"
    if kind is list:
        return "[" + ",".join(map(_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
