"""What a file may call its columns: anything that names each of them once and is not the framework's own."""

from __future__ import annotations

from collections.abc import Sequence

from dq.errors import DecodeError
from dq.raw import reserved


def unusable(names: Sequence[str]) -> list[str]:
    """Give the names that cannot be columns: those that repeat or are the framework's own.

    >>> unusable(["a", "b", "a", "_row"])
    ['_row', 'a']
    """
    return sorted({name for name in names if names.count(name) > 1} | {*reserved(names)})


def named(
    found: Sequence[str], declared: Sequence[str], where: str, *, repeats: bool = False
) -> tuple[str, ...]:
    """Give the columns' names: those declared in place of those found, `column_<n>` where a header is empty.

    With `repeats`, a name that was there before, in any case, gets a number, as questions that people wrote may repeat.

    Raises:
        DecodeError: where the numbers of names differ, or a name cannot be a column.

    >>> named(["id", " "], (), "x.csv"), named(["Why?", "why?", "Why?"], (), "x.csv", repeats=True)
    (('id', 'column_2'), ('Why?', 'why?_2', 'Why?_3'))

    """
    if declared and len(found) != len(declared):
        raise DecodeError(
            f"the header names {len(found)} columns, the declaration {len(declared)}", where=where
        )
    names = tuple(declared) or tuple(_bare(name) or f"column_{i}" for i, name in enumerate(found, 1))
    if repeats:
        names = _numbered(names)
    if wrong := unusable(names):
        raise DecodeError(
            f"column names that repeat or are the framework's own: {', '.join(wrong)}",
            where=where,
            hint="name the columns in the declaration: columns=(…)",
        )
    return names


def _bare(name: str) -> str:
    """Give a name without what nobody sees around it: white space, and marks of byte order that were pasted along."""
    return name.strip().strip("\ufeff\u200b").strip()


def _numbered(names: Sequence[str]) -> tuple[str, ...]:
    taken: dict[str, str] = {}
    for name in names:
        number, wanted = 1, name
        while wanted.lower() in taken:
            number += 1
            wanted = f"{name}_{number}"
        taken[wanted.lower()] = wanted
    return tuple(taken.values())
