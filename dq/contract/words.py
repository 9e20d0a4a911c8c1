"""Built-in checks in words, for docs, reports and the orchestrator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dq.contract.rules import in_order

Arguments = Mapping[str, Any]
MOST_VALUES = 30


def in_words(name: str, arguments: Arguments) -> str:
    """Say what a built-in check demands; empty where there are no words for it.

    >>> in_words("greater_than_or_equal_to", {"min_value": 1}), in_words("isin", {"allowed_values": ["b", "a"]})
    ('≥ 1', 'one of b, a')
    >>> in_words("in_range", {"min_value": 0, "max_value": 1, "include_max": False})
    '≥ 0 and < 1'
    """
    say = SAY.get(name)
    return say(arguments) if say else ""


def _values(arguments: Arguments, key: str) -> str:
    values = [str(value) for value in in_order(arguments[key])]
    more = len(values) - MOST_VALUES
    return ", ".join(values[:MOST_VALUES]) + (f" and {more} more" if more > 0 else "")


def _range(arguments: Arguments) -> str:
    low = "≥" if arguments.get("include_min", True) else ">"
    high = "≤" if arguments.get("include_max", True) else "<"
    return f"{low} {arguments['min_value']} and {high} {arguments['max_value']}"


def _length(arguments: Arguments) -> str:
    exact, least, most = (arguments.get(f"{one}_value") for one in ("exact", "min", "max"))
    if exact is not None:
        return f"{exact} characters long"
    parts = [f"at least {least}"] if least is not None else []
    parts += [f"at most {most}"] if most is not None else []
    return f"{' and '.join(parts)} characters long"


SAY: Mapping[str, Callable[[Arguments], str]] = {
    "equal_to": lambda given: f"= {given['value']}",
    "not_equal_to": lambda given: f"≠ {given['value']}",
    "greater_than": lambda given: f"> {given['min_value']}",
    "greater_than_or_equal_to": lambda given: f"≥ {given['min_value']}",
    "less_than": lambda given: f"< {given['max_value']}",
    "less_than_or_equal_to": lambda given: f"≤ {given['max_value']}",
    "in_range": _range,
    "isin": lambda given: f"one of {_values(given, 'allowed_values')}",
    "notin": lambda given: f"none of {_values(given, 'forbidden_values')}",
    "str_matches": lambda given: f"starts with a match of {given['pattern']}",
    "str_contains": lambda given: f"contains a match of {given['pattern']}",
    "str_startswith": lambda given: f"starts with {given['string']!r}",
    "str_endswith": lambda given: f"ends with {given['string']!r}",
    "str_length": _length,
    "unique_values_eq": lambda given: f"its values are exactly {_values(given, 'values')}",
}
