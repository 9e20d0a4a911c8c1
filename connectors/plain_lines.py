"""The lines of a block of UTF-8 that need no judgement, read at once; the others are left for who judges.

A line is plain where it holds no quote and no NUL, has as many delimiters as it should, and is neither empty nor the
header again. In most files that is nearly every line, so what is done with the others may take its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

_NEWLINE = 0x0A


@dataclass(frozen=True)
class PlainLines:
    """The lines of `data`, which ends each with LF and is valid UTF-8; numbers are places from 0.

    `end` is what stood there in the file: LF, or CRLF throughout.
    """

    data: bytes
    delimiter: str
    quote: str | None
    end: str = "\n"

    @classmethod
    def of(cls, data: bytes, delimiter: str, quote: str | None) -> PlainLines | None:
        """Give the lines, or null where they are not that simple: mixed ends, bytes that are not UTF-8, no lines."""
        signs = (delimiter + (quote or "")).encode()
        if b"\n" not in data or len(signs) != 1 + (quote is not None):
            return None
        end = "\n"
        if b"\r" in data:
            if not data.count(b"\r") == data.count(b"\n") == data.count(b"\r\n"):
                return None
            data, end = data.replace(b"\r\n", b"\n"), "\r\n"
        try:
            _ = data.isascii() or data.decode()  # nothing is kept of it
        except UnicodeDecodeError:
            return None
        return cls(data, delimiter, quote, end)

    @cached_property
    def _bytes(self) -> Any:
        return np.frombuffer(self.data, np.uint8)

    @cached_property
    def stops(self) -> Any:
        """Where each line's content ends."""
        found = np.flatnonzero(self._bytes == _NEWLINE)
        return found if self.data.endswith(b"\n") else np.append(found, len(self.data))

    @cached_property
    def starts(self) -> Any:
        """Where each line begins."""
        return np.concatenate(([0], self.stops[:-1] + 1))

    @cached_property
    def quoted(self) -> Any:
        """Whether each line holds a quote."""
        if self.quote is None or self.quote.encode() not in self.data:
            return np.zeros(len(self.stops), np.bool_)
        return self.count(self.quote) > 0

    def starts_in_file(self, places: Any) -> Any:
        """Give where these lines begin in the file, whose ends may be longer than ours."""
        return self.starts[places] + places * (len(self.end) - 1)

    def text(self, at: int) -> str:
        """Give one line."""
        return self.data[self.starts[at] : self.stops[at]].decode()

    def record(self, first: int, last: int) -> str:
        """Give several lines as they stand in the file, without the last one's end."""
        return self.data[self.starts[first] : self.stops[last]].decode().replace("\n", self.end)

    def texts(self, places: Any) -> pl.Series:
        """Give some lines."""
        edges = np.append(self.starts, len(self.data))
        whole = pa.Array.from_buffers(
            pa.large_binary(), len(self.stops), [None, pa.py_buffer(edges), pa.py_buffer(self.data)]
        )
        some = pl.Series("text", whole.take(pa.array(places)).cast(pa.large_string()), dtype=pl.String)
        return some.str.strip_suffix("\n")

    def count(self, sign: str) -> Any:
        """Give how often this ASCII sign stands in each line."""
        return np.add.reduceat((self._bytes == ord(sign)).view(np.uint8), self.starts, dtype=np.uint32)

    def plain(self, width: int, header: str | None) -> Any:
        """Say of each line whether it is plain."""
        lengths = self.stops - self.starts
        found = (self.count(self.delimiter) == width - 1) & (lengths > 0) & ~self.quoted
        if b"\0" in self.data:
            found &= self.count("\0") == 0
        if header is not None:
            again = header.encode()
            for at in np.flatnonzero(found & (lengths == len(again))):
                found[at] = self.data[self.starts[at] : self.stops[at]] != again
        return found

    def cells(self, wanted: Any, names: Sequence[str]) -> pl.DataFrame | None:
        """Give the cells of these lines, each a whole record, and `_row`; null where the parser sees other records."""
        edges = np.flatnonzero(np.diff(wanted.astype(np.int8), prepend=0, append=0)).tolist()
        runs = [
            self.data[self.starts[first] : self.stops[end - 1] + 1]
            for first, end in zip(edges[::2], edges[1::2], strict=True)
        ]
        rows = np.flatnonzero(wanted)
        if not runs or runs[0].startswith(b"\xef\xbb\xbf"):
            return None
        frame = pl.read_csv(
            b"".join(runs),
            has_header=False,
            schema=dict.fromkeys(names, pl.String),
            separator=self.delimiter,
            quote_char=self.quote,
        )
        if frame.height != len(rows):
            return None
        return frame.with_columns(pl.Series("_row", rows + 1, dtype=pl.Int64))
