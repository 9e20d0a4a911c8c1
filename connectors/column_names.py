"""What a file may call its columns: anything that names each of them once and is not the framework's own."""

from __future__ import annotations

from collections.abc import Sequence

from dq.errors import DecodeError
from dq.raw import STAMPS


def unusable(names: Sequence[str]) -> list[str]:
    """Give the names that cannot be columns: those that repeat or are the framework's own.

    >>> unusable(["a", "b", "a", "_row"])
    ['_row', 'a']
    """
    return sorted({name for name in names if names.count(name) > 1 or name in STAMPS})


def named(found: Sequence[str], declared: Sequence[str], where: str) -> tuple[str, ...]:
    """Give the columns' names: those declared in place of those found, `column_<n>` where a header is empty.

    Raises:
        DecodeError: where the numbers of names differ, or a name cannot be a column.

    >>> named(["id", " "], (), "x.csv")
    ('id', 'column_2')

    """
    if declared and len(found) != len(declared):
        raise DecodeError(
            f"the header names {len(found)} columns, the declaration {len(declared)}", where=where
        )
    names = tuple(declared) or tuple(name.strip() or f"column_{i}" for i, name in enumerate(found, 1))
    if wrong := unusable(names):
        raise DecodeError(
            f"column names that repeat or are the framework's own: {', '.join(wrong)}",
            where=where,
            hint="name the columns in the declaration: columns=(…)",
        )
    return names
