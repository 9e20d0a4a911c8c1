"""JSON → rows of text, without changing a digit: 1.10 stays 1.10, nested values stay JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from json.encoder import encode_basestring
from typing import Any

import polars as pl

from dq.errors import DecodeError
from dq.raw import STAMPS
from dq.source import REJECT_SCHEMA, Decoded

Tree = Callable[[bytes, str], Any]
"""Reads a body to objects, lists and texts; the second argument names it in messages."""


class Number(str):
    """A number as it was written."""

    __slots__ = ()


_TEXT = frozenset({str, type(None)})
_NUMBERS = frozenset({int, Number})
_TRUTH = frozenset({bool, type(None)})
_WORDS = {True: "true", False: "false", None: None}


def load(body: bytes, where: str) -> Any:
    """Parse JSON; numbers come back as `Number`, or as whole numbers where that keeps every digit.

    Raises:
        DecodeError: where it is not JSON, or is cut off, naming the byte.

    """
    if b"-0" in body:  # -0 is the one whole number that Python would write in another way
        return _exact(body, where)
    return _parsed(body, where, parse_float=Number, parse_constant=Number)


def _exact(body: bytes, where: str) -> Any:
    return _parsed(body, where, parse_float=Number, parse_int=Number, parse_constant=Number)


def peek(body: bytes, where: str) -> Any:
    """Parse JSON to look at it: three times as fast as `load`, but a number is a number, not what was written."""
    return _parsed(body, where)


def _parsed(body: bytes, where: str, **numbers: Any) -> Any:
    try:
        text = body.decode("utf-8-sig")
        return json.loads(text, **numbers)
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


def rows(items: Iterable[Any], where: str) -> Decoded:
    """Give one row an object, `_row` from 1; an item that is no object is a reject. Absent is null."""
    found = list(items)
    kept = [number for number, item in enumerate(found, 1) if isinstance(item, dict)]
    objects = found if len(kept) == len(found) else [found[number - 1] for number in kept]
    others = [
        (
            number,
            None,
            _whole(text(item)),
            "json:not_an_object",
            None,
            f"{where}: item {number} is not an object",
        )
        for number, item in enumerate(found, 1)
        if not isinstance(item, dict)
    ]
    columns = _columns(objects)
    if taken := STAMPS & columns.keys():
        raise DecodeError(f"a field has the framework's own name: {', '.join(sorted(taken))}", where=where)
    schema = {**dict.fromkeys(columns, pl.String), "_row": pl.Int64}
    cells: dict[str, Sequence[Any]] = {name: _texts(values) for name, values in columns.items()}
    cells["_row"] = kept
    try:
        frame = pl.DataFrame(cells, schema=schema)
    except UnicodeEncodeError:  # half of a surrogate pair, from text that was cut in the middle of an emoji
        whole = {_whole(name): [_whole(cell) for cell in column] for name, column in cells.items()}
        frame = pl.DataFrame(whole, schema={_whole(name): kind for name, kind in schema.items()})
    return Decoded(frame, pl.DataFrame(others, schema=REJECT_SCHEMA, orient="row"), len(found))


def _columns(objects: Sequence[dict[str, Any]]) -> dict[str, Sequence[Any]]:
    """Turn objects into columns; where all have the same fields in the same order, without looking at each cell."""
    shapes = set(map(tuple, objects))
    if len(shapes) == 1:
        return dict(zip(shapes.pop(), zip(*(item.values() for item in objects), strict=True), strict=True))
    names = dict.fromkeys(chain.from_iterable(objects))
    return {name: [item.get(name) for item in objects] for name in names}


def _texts(values: Sequence[Any]) -> Sequence[str | None]:
    """Give a column as text, by the kinds of value that it holds."""
    kinds: set[type] = set(map(type, values))
    if kinds <= _TEXT:
        return values
    if len(kinds) == 1 and kinds <= _NUMBERS:
        return list(map(str, values))
    if kinds <= _TRUTH:
        return [_WORDS[value] for value in values]
    return [text(value) for value in values]


def text(value: Any) -> str | None:
    """Give a cell as text: text and numbers as they were written, true/false, nested values as JSON.

    >>> text({"a": [Number("1.10"), "x", None, True]})
    '{"a":[1.10,"x",null,true]}'
    """
    kind = type(value)
    if kind is str or value is None:
        return value  # type: ignore[no-any-return]
    if kind is Number or kind is int:
        return str(value)
    return _WORDS[value] if kind is bool else _json(value)


def _whole(cell: Any) -> Any:
    """Show half a surrogate pair as it was escaped in the JSON; no text file could hold it otherwise."""
    return cell.encode("utf-8", "backslashreplace").decode() if isinstance(cell, str) else cell


def _json(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if kind is Number or kind is int:
        return str(value)
    if kind is dict:
        return "{" + ",".join([f"{_json(key)}:{_json(item)}" for key, item in value.items()]) + "}"
    if kind is list:
        return "[" + ",".join(map(_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
