"""A source as the Python that declares it: what a person would have written, in the house's format."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

from dq.source import Source

_STEP = "    "
_LONGEST = 120


def source_file(source: Source, *, contract: str, description: str) -> str:
    """Give the file `assets/sources/<name>.py` that declares this source and its feed.

    `contract` is the class in `checks/<name>.py`.
    """
    imports = {("dq.feed", "Feed"), (f"checks.{source.name}", contract), *_classes(source)}
    lines = [
        _quoted(description, '"""'),
        "",
        *(f"from {module} import {name}" for module, name in sorted(imports)),
        "",
        "FEED = Feed(",
        *_argument("source", source, 1),
        f"{_STEP}contract={contract},",
        *_argument("description", description.rstrip("."), 1),
        ")",
    ]
    return "\n".join(lines) + "\n"


def is_default(field: dataclasses.Field[Any], value: Any) -> bool:
    """Say whether an argument need not be written."""
    if field.default is not dataclasses.MISSING:
        return bool(field.default == value)
    factory = field.default_factory
    return factory is not dataclasses.MISSING and bool(factory() == value)


def _argument(name: str, value: Any, depth: int) -> Iterator[str]:
    indent, label = _STEP * depth, f"{name}=" if name else ""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        given = [
            (one.name, getattr(value, one.name))
            for one in dataclasses.fields(value)
            if one.init and (one.name == "licence" or not is_default(one, getattr(value, one.name)))
        ]
        if not given:
            yield f"{indent}{label}{type(value).__name__}(),"
            return
        yield f"{indent}{label}{type(value).__name__}("
        for key, inner in given:
            yield from _argument("" if key == "name" else key, inner, depth + 1)
        yield f"{indent}),"
        return
    if isinstance(value, Mapping):
        yield f"{indent}{label}{{"
        for key, inner in value.items():
            yield from _line(f"{indent}{_STEP}{_quoted(key)}: {_literal(inner)},")
        yield f"{indent}}},"
        return
    yield from _line(f"{indent}{label}{_literal(value)},")


def _line(text: str) -> Iterator[str]:
    yield text if len(text) <= _LONGEST else f"{text}  # noqa: E501"


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, tuple):
        inner = ", ".join(map(_literal, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return repr(value)


def _quoted(text: str, mark: str = '"') -> str:
    """Write text as the formatter does, between double quotes."""
    escaped = json.dumps(text, ensure_ascii=False)[1:-1]
    if mark == '"""':
        return f'"""{escaped}."""' if not escaped.endswith(".") else f'"""{escaped}"""'
    if '"' in text and "'" not in text and "\\" not in text and text.isprintable():
        return f"'{text}'"
    return f'"{escaped}"'


def _classes(value: Any) -> Iterator[tuple[str, str]]:
    """Give module and name of every class that the declaration calls."""
    if not dataclasses.is_dataclass(value):
        return
    yield type(value).__module__, type(value).__name__
    for one in dataclasses.fields(value):
        inner = getattr(value, one.name, None)
        if one.init and not is_default(one, inner):
            yield from _classes(inner)
