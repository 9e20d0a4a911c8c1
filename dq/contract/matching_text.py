"""A text that matches a pattern, made by chance: the reverse of reading a regular expression."""

from __future__ import annotations

import re
import string
from random import Random
from typing import Any

MOST_REPEATS = 8
"""How many repetitions beyond the minimum an unbounded pattern gets at most."""
PRINTABLE = string.ascii_letters + string.digits + "_-. "
CLASSES = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_WORD": string.ascii_letters + "_",
    "CATEGORY_SPACE": " ",
}


def matching_text(pattern: str, random: Random) -> str:
    r"""Give a text that the pattern matches as a whole.

    >>> matching_text(r"^[A-Z]{2}-\d+$", Random(1))[2]
    '-'

    Raises:
        ValueError: where the pattern looks ahead or behind, or refers to a group: no text is made for these.

    """
    return "".join(_of(node, random) for node in _parsed(pattern))


def _parsed(pattern: str) -> Any:
    from re import _parser  # type: ignore[attr-defined]  # noqa: PLC0415 - the library has no public one

    try:
        return _parser.parse(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no pattern: {error}") from error


def _of(node: tuple[Any, Any], random: Random) -> str:  # noqa: PLR0911 - one case a kind of node
    kind, value = str(node[0]), node[1]
    match kind:
        case "LITERAL":
            return chr(value)
        case "NOT_LITERAL":
            return random.choice([sign for sign in PRINTABLE if sign != chr(value)])
        case "ANY":
            return random.choice(PRINTABLE)
        case "IN":
            return _one_of(value, random)
        case "AT":
            return ""
        case "SUBPATTERN":
            return "".join(_of(inner, random) for inner in value[-1])
        case "BRANCH":
            return "".join(_of(inner, random) for inner in random.choice(value[1]))
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, inner = value
            times = random.randint(least, min(int(most), least + MOST_REPEATS))
            return "".join(_of(one, random) for _ in range(times) for one in inner)
    raise ValueError(f"no text is made for {kind.lower()} in a pattern")


def _one_of(choices: list[tuple[Any, Any]], random: Random) -> str:
    signs = "".join(_signs(str(kind), value) for kind, value in choices if str(kind) != "NEGATE")
    if str(choices[0][0]) == "NEGATE":
        signs = "".join(sign for sign in PRINTABLE if sign not in signs)
    return random.choice(signs)


def _signs(kind: str, value: Any) -> str:
    if kind == "LITERAL":
        return chr(value)
    if kind == "RANGE":
        return "".join(map(chr, range(value[0], value[1] + 1)))
    if str(value) not in CLASSES:
        raise ValueError(f"no text is made for {str(value).lower()} in a pattern")
    return CLASSES[str(value)]
