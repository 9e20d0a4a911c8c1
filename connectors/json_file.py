"""JSON files → rows of text: one document that holds a list, or one object a line."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import polars as pl

from connectors.json_rows import at, load, rows
from connectors.line_blocks import BLOCK, line_parts
from connectors.lines import Lines, coding_of
from connectors.reader import together
from dq.errors import DecodeError
from dq.source import REJECT_SCHEMA, Decoded


@dataclass(frozen=True)
class JsonFile:
    """How one JSON file is written: `items` is the dotted path of its list ("" where the file is the list).

    With `lines`, each line that is not empty is an object of its own (NDJSON), `_row` is its line number, and a
    line that is no object is a reject; otherwise `_row` is the item's number. Cells are as in an API's answer.

    A document is held as a whole, which takes many times its size: one of more than `max_bytes` is refused. A byte
    order mark wins over `encoding`; null finds it out.
    """

    items: str = ""
    lines: bool = False
    encoding: str | None = "utf-8"
    max_bytes: int = 256 << 20

    def read(self, body: bytes, where: str) -> Decoded:
        r"""Read all records.

        Raises:
            DecodeError: where the file is not JSON, is too large, or holds no list at that place.

        >>> JsonFile(lines=True).read(b'{"a": 1.10}\n{"a"\n', "x.ndjson").rows.rows()
        [('1.10', 1)]

        """
        if self.lines:
            return together(list(self.file_parts(io.BytesIO(body), where)))
        self._assert_bounded(len(body), where)
        found = at(load(self._in_utf8(body, where), where), self.items)
        if not isinstance(found, list):
            raise DecodeError(f"no list at {self.items!r}", where=where, hint="correct `items`")
        return rows(found, where)

    def read_parts(self, path: Path, where: str) -> Iterator[Decoded]:
        """Read all records; with `lines`, some lines at a time.

        Raises:
            DecodeError: as `read`.

        """
        if not self.lines:
            self._assert_bounded(path.stat().st_size, where)
            yield self.read(path.read_bytes(), where)
            return
        with path.open("rb") as file:
            yield from self.file_parts(file, where)

    def file_parts(self, file: BinaryIO, where: str, size: int = BLOCK) -> Iterator[Decoded]:
        """Read the lines of an open file, of `size` bytes at a time; at least one part comes, if without rows."""
        for lines, starts, before in line_parts(file, self.encoding, where, size):
            yield _objects(lines, starts, before, where)

    def _assert_bounded(self, size: int, where: str) -> None:
        if size > self.max_bytes:
            raise DecodeError(
                f"a JSON document of {size:,} bytes is more than {self.max_bytes:,}",
                where=where,
                hint="write it as one object a line, which is read in parts (jq -c '.[]'), or raise max_bytes",
            )

    def _in_utf8(self, body: bytes, where: str) -> bytes:
        coding = coding_of(io.BytesIO(body), self.encoding, where)
        if coding.encodings[0] == "utf-8":
            return body
        try:
            return body[coding.mark :].decode(coding.encodings[0]).encode("utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            what = f"not {coding.encodings[0]} at byte {coding.mark + error.start:,}"
            raise DecodeError(what, where=where) from None


def _objects(lines: Lines, starts: pl.Series, before: int, where: str) -> Decoded:
    """Read one object a line; `before` lines came before these, and `starts` is where each begins in the file."""
    records = lines.frame.filter(pl.col("text").str.strip_chars() != "")
    parsed: list[object] = []
    broken: list[tuple[int, int, str, str, None, str]] = []
    kept: list[int] = []
    for place, text, bad in records.select("line", "text", "bad").iter_rows():
        number = place + before
        try:
            found = None if bad else load(text.encode(), where)
            what = f"bytes that are not valid {lines.encoding}" if bad else "not an object"
        except DecodeError as error:
            found, what = None, error.what
        if isinstance(found, dict):
            parsed.append(found)
            kept.append(number)
        else:
            message = f"{where}, line {number}: {what}"
            broken.append((number, starts[place - 1], text, "json:line", None, message))
    good = rows(parsed, where).rows.with_columns(pl.Series("_row", kept, dtype=pl.Int64))
    rejects = pl.DataFrame(broken, schema=REJECT_SCHEMA, orient="row")
    return Decoded(good, rejects, records.height)
