"""The address of one page: where it is asked for, and which page it is; a posted page carries that in a fragment."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote_plus, urlencode, urlsplit, urlunsplit

from connectors.placeholders import fill


def with_query(url: str, query: Mapping[str, str]) -> str:
    """Set these parameters, each where it stands already or else at the end.

    >>> with_query("https://example.org/a?page=1&size=9", {"page": "2"})
    'https://example.org/a?size=9&page=2'
    >>> with_query(with_query("https://example.org/a", {"$offset": "0"}), {"$offset": "9"})
    'https://example.org/a?%24offset=9'
    """
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=_set(parts.query, query)))


def with_fragment(url: str, query: Mapping[str, str]) -> str:
    """Set these in the fragment, which is not sent: it says which page of a posted query this is."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(fragment=_set(parts.fragment, query)))


def posted(url: str, post: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[str, bytes]:
    """Give where to post and what: `post` as JSON, with what the fragment says put in at its dotted paths.

    A value that is a number in `post`, or where there is none and it looks like one, is sent as a number.

    >>> posted("https://example.org/q#vars.after=x", {"query": "{a}", "vars": {"first": 9}}, {})
    ('https://example.org/q', b'{"query": "{a}", "vars": {"first": 9, "after": "x"}}')
    """
    place, _, fragment = url.partition("#")
    body = _filled(copy.deepcopy(dict(post)), environment)
    for path, value in parse_qsl(fragment, keep_blank_values=True):
        here = body
        *way, last = path.split(".")
        for step in way:
            here = here.setdefault(step, {})
        before = here.get(last)
        number = isinstance(before, int) and not isinstance(before, bool) and value.isdecimal()
        here[last] = int(value) if number else value
    return place, json.dumps(body, ensure_ascii=False).encode()


def _filled(value: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return fill(value, environment)
    if isinstance(value, Mapping):
        return {key: _filled(inner, environment) for key, inner in value.items()}
    return [_filled(inner, environment) for inner in value] if isinstance(value, list | tuple) else value


def _set(query: str, more: Mapping[str, str]) -> str:
    pairs = [pair for pair in query.split("&") if pair and unquote_plus(pair.partition("=")[0]) not in more]
    if more:
        pairs.append(urlencode(more, quote_via=quote))
    return "&".join(pairs)
