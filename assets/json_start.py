"""The beginning of a JSON document, closed where it is cut off, so that its shape can be seen."""

from __future__ import annotations

import json
import re
from typing import Any

_SIGN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},"]', re.DOTALL)
_CLOSING = {"[": "]", "{": "}"}


def json_start(start: bytes) -> Any:
    """Give what the first bytes of a JSON document hold, up to the last value that is whole; null where there is none.

    >>> json_start(b'{"page": 1, "items": [{"id": 1}, {"id": 2}, {"id')
    {'page': 1, 'items': [{'id': 1}, {'id': 2}]}
    """
    text = start.decode("utf-8-sig", "replace")
    open_: list[str] = []
    cut, closing = 0, ""
    for sign in _SIGN.finditer(text):
        kind = sign[0]
        if kind == '"':  # a text that is cut off
            break
        if kind in _CLOSING:
            open_.append(kind)
        elif kind in "]}" and open_:
            open_.pop()
            cut, closing = sign.end(), _closing(open_)
        elif kind == ",":
            cut, closing = sign.start(), _closing(open_)
        if not open_ and kind in "]}":
            break
    try:
        return json.loads(text[:cut] + closing)
    except ValueError:
        return None


def _closing(opened: list[str]) -> str:
    return "".join(_CLOSING[sign] for sign in reversed(opened))
