"""Python written as the formatter would leave it: literals, fields, tuples, names."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Sequence
from datetime import date, datetime

LONGEST = 110


def literal(value: object) -> str:
    r"""Write a value: text in double quotes, whole floats with a point, days and moments by their constructors.

    >>> literal("it's"), literal(3.0), literal(date(2020, 1, 2)), literal(("a",))
    ('"it\'s"', '3.0', 'date(2020, 1, 2)', '("a",)')
    """
    match value:
        case str():
            return _text(value)
        case datetime():
            zone = ", tzinfo=UTC" if value.tzinfo else ""
            return f"datetime({value.year}, {value.month}, {value.day}{zone})"
        case date():
            return f"date({value.year}, {value.month}, {value.day})"
        case list():
            return f"[{', '.join(literal(part) for part in value)}]"
        case tuple():
            inner = ", ".join(literal(part) for part in value)
            return f"({inner},)" if len(value) == 1 else f"({inner})"
    return repr(value)


def _text(value: str) -> str:
    written = repr(value)
    if written[0] == "'" and '"' not in written:
        return '"' + written[1:-1].replace("\\'", "'") + '"'
    return written


def regex(pattern: str) -> str:
    r"""Write a regular expression, raw where it has a backslash.

    >>> regex(r"^a\.b$"), regex("^a$")
    ('r"^a\\.b$"', '"^a$"')
    """
    return f'r"{pattern}"' if "\\" in pattern and '"' not in pattern else _text(pattern)


def call(start: str, arguments: Sequence[str], indent: int) -> list[str]:
    """Write `start(arguments)` in one line, else with the arguments in one line, else a line each."""
    pad = " " * indent
    whole = f"{pad}{start}({', '.join(arguments)})"
    if len(whole) <= LONGEST:
        return [whole]
    inner = f"{pad}    {', '.join(arguments)}"
    if len(inner) <= LONGEST:
        return [f"{pad}{start}(", inner, f"{pad})"]
    return [f"{pad}{start}(", *(f"{pad}    {one}," for one in arguments), f"{pad})"]


def constant(name: str, values: Sequence[object], indent: int = 0) -> list[str]:
    """Write `NAME = (…)`, or `[…]` for a list, in one line, else with a line a value."""
    pad = " " * indent
    whole = f"{pad}{name} = {literal(values)}"
    if len(whole) <= LONGEST:
        return [whole]
    opens, closes = "[]" if isinstance(values, list) else "()"
    return [f"{pad}{name} = {opens}", *(f"{pad}    {literal(value)}," for value in values), f"{pad}{closes}"]


def identifier(name: str, taken: Collection[str] = ()) -> str:
    """Give a name that Python takes, as near to `name` as can be, and none that is `taken`.

    >>> identifier("Chest pain type"), identifier("class"), identifier("BBB+/BBB-"), identifier("年龄")
    ('chest_pain_type', 'class_', 'bbb_bbb', 'column')
    """
    plain = name.isascii() and name.isidentifier() and not name.startswith("_")
    if not plain or re.search(r"[a-z][A-Z]", name):
        words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
        name = re.sub(r"[^0-9a-zA-Z]+", "_", words).strip("_").lower() or "column"
        name = f"n{name}" if name[0].isdigit() else name
    wanted = f"{name}_" if keyword.iskeyword(name) or name in taken else name
    number, free = 2, wanted
    while free in taken:
        free, number = f"{wanted.rstrip('_')}_{number}", number + 1
    return free
