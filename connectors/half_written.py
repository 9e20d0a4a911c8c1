"""Names that programs give to files which they are still writing, or hold open."""

from __future__ import annotations

_ENDINGS = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".filepart", ".swp")
_BEGINNINGS = ("~$", ".~lock.", ".~", "._")


def is_half_written(name: str) -> bool:
    """Say whether a file's name (without its folder) tells that it is not finished, or no file of its own.

    >>> [is_half_written(name) for name in ("a.csv", "a.csv.part", "~$book.xlsx", ".~lock.a.csv#")]
    [False, True, True, True]
    """
    return name.lower().endswith(_ENDINGS) or name.startswith(_BEGINNINGS)
