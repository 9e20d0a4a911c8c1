"""The grammar of one delimited line, as regular expressions that run in linear time, here and in Polars."""

from __future__ import annotations

import re
from functools import cached_property


class Grammar:
    """What a well-formed record looks like for a delimiter and a quote (or none).

    A cell that starts with a quote ends with one, and quotes inside are doubled. In a cell that does not
    start with one, quotes are ordinary characters.

    >>> Grammar(",", "|").split("a,|b,||c|||,5| pipe,")
    ['a', 'b,|c|', '5| pipe', '']
    """

    def __init__(self, delimiter: str, quote: str | None) -> None:
        self.delimiter, self.quote = delimiter, quote
        self._d, q = re.escape(delimiter), re.escape(quote or "")
        self._bare = rf"(?:[^{q}{self._d}\r\n][^{self._d}\r\n]*)?"
        self._inside = f"[^{q}]*(?:{q}{q}[^{q}]*)*"
        self._cell = f"(?:{self._bare}|{q}{self._inside}{q})"
        unquoted = f"[^{q}{self._d}\r\n]*"
        self._simple = f"(?:{unquoted}|{q}{self._inside}{q})" if quote else unquoted
        self._q = q

    @property
    def whole(self) -> str:
        """A record, from its beginning to its end."""
        return f"^{self._cell}(?:{self._d}{self._cell})*$"

    @property
    def simple(self) -> str:
        """A record of one line with quotes around cells alone: what every reader of CSV understands alike."""
        return f"^{self._simple}(?:{self._d}{self._simple})*$"

    def exact(self, width: int) -> str:
        """Give the pattern of a simple record of so many cells; its size grows with them."""
        return f"^{self._simple}(?:{self._d}{self._simple}){{{width - 1}}}$"

    @property
    def quoted_cell(self) -> str:
        """A quoted cell and the delimiter before it, which is group 1."""
        return f"(^|{self._d}){self._q}{self._inside}{self._q}"

    def is_whole(self, text: str) -> bool:
        """Say whether this is one record."""
        return self._whole.fullmatch(text) is not None

    def is_open(self, text: str) -> bool:
        """Say whether this is the beginning of a record, cut inside a quoted cell."""
        return self._beginning.fullmatch(text) is not None

    def split(self, record: str) -> list[str]:
        """Split one well-formed record into its cells."""
        if self.quote is None or self.quote not in record:
            return record.split(self.delimiter)
        twice, once = self.quote * 2, self.quote
        return [
            found[2] if found[1] is None else found[1].replace(twice, once)
            for found in self._each.finditer(record)
        ]

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        return re.compile(f"{self._cell}(?:{self._d}{self._cell})*")

    @cached_property
    def _beginning(self) -> re.Pattern[str]:
        return re.compile(f"(?:{self._cell}{self._d})*{self._q}{self._inside}")

    @cached_property
    def _each(self) -> re.Pattern[str]:
        cell = f"(?:{self._q}({self._inside}){self._q}|({self._bare}))"
        return re.compile(rf"(?:\A|(?<={self._d})){cell}(?={self._d}|\Z)")
