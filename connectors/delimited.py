"""Delimited text (CSV, TSV, …) → rows of text; every line that does not fit is a reject with its reason."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import polars as pl

from connectors.column_names import named, unusable
from connectors.delimited_part import Layout
from connectors.grammar import Grammar
from connectors.line_blocks import BLOCK, LineBlocks
from connectors.lines import line_starts, split_part
from connectors.other_format import other_format
from connectors.quoted_records import OpenRecord
from connectors.reader import together
from dq.dialect import delimiter_of
from dq.errors import ConfigError, DecodeError
from dq.source import Decoded

_LONGEST_HEADER = 100  # lines
_SNIFFED = 1 << 18  # bytes that tell a delimiter


@dataclass(frozen=True)
class Delimited:
    """How one delimited file is written.

    The first line names the columns; `header=("a", "b")` says that there is no such line and names them itself,
    `columns` replaces the names that the first line gives. With `repeats`, a name that was there before gets a number,
    else the file cannot be read. `skip` lines above the header, such as a title, are no records.

    `encoding=None` and `delimiter=None` find it out, file by file; a byte order mark always wins. `quote=None` says
    that quotes are ordinary characters. A quote inside a quoted cell is doubled, and a quoted cell may hold line ends.

    The law: a record is a line that is not empty, or several that a quoted cell joins; `_row` is the number
    of its first physical line. Each is a row or a reject, with one of these rules:

    - `csv:field_count`: more or fewer cells than columns
    - `csv:quote`: a quote that is not closed, or text after one that is. Only the line where it opens is
      refused; reading goes on at the next, so one stray quote costs one line
    - `csv:encoding`: bytes that are not valid in the file's encoding
    - `csv:nul`: a NUL character
    - `csv:repeated_header`: the header once more

    An empty cell is null, quoted or not; white space stays.
    """

    delimiter: str | None = ","
    header: bool | tuple[str, ...] = True
    columns: tuple[str, ...] = ()
    encoding: str | None = "utf-8"
    quote: str | None = '"'
    skip: int = 0
    repeats: bool = False

    def __post_init__(self) -> None:
        delimiter = "," if self.delimiter is None else self.delimiter
        if len(delimiter) != 1 or delimiter in "\r\n" or delimiter == self.quote:
            raise ConfigError(f"{self.delimiter!r} cannot be a delimiter", hint="give one character")
        if self.quote is not None and (len(self.quote) != 1 or self.quote in "\r\n"):
            raise ConfigError(f"{self.quote!r} cannot be a quote", hint="give one character, or None")
        if self.skip < 0:
            raise ConfigError(f"cannot skip {self.skip} lines", hint="correct `skip`")
        if wrong := unusable((*self.columns, *(self.header if isinstance(self.header, tuple) else ()))):
            raise ConfigError(f"column names that repeat or are the framework's own: {', '.join(wrong)}")
        if not self.header:
            raise ConfigError(
                "a file without a header needs its columns named", hint='give header=("…", "…")'
            )

    def read(self, body: bytes, where: str) -> Decoded:
        r"""Read all records.

        Raises:
            DecodeError: where there is no header to read, or its names repeat; or where UTF-16 or UTF-32 is broken.

        >>> read = Delimited().read(b'a,b\n1,2\n3\n"x\ny",4\n', "x.csv")
        >>> read.rows.rows(), read.rejects["_row"].to_list(), read.records
        ([('1', '2', 2), ('x\ny', '4', 4)], [3], 3)

        """
        return together(list(self.file_parts(io.BytesIO(body), where)))

    def read_parts(self, path: Path, where: str) -> Iterator[Decoded]:
        """Read all records of a file, some of them at a time: together what `read` gives, in bounded memory.

        Only a record is held as a whole, and the first lines up to the header.

        Raises:
            DecodeError: as `read`, maybe after some parts.

        """
        with path.open("rb") as file:
            yield from self.file_parts(file, where)

    def file_parts(self, file: BinaryIO, where: str, size: int = BLOCK) -> Iterator[Decoded]:
        """Read all records of an open file, of `size` bytes at a time; at least one part comes, if without rows."""
        blocks = LineBlocks(file, self.encoding, where, size)
        layout, at, before = self._layout(blocks)
        block, refused = blocks.block(at), False
        while True:
            part = layout.part(block, before, refused=refused)
            if part.lines or not block.data:
                yield part.decoded
                at, before, refused = at + part.size, before + part.lines, False
                if block.last and at == block.end:
                    return
                block = blocks.block(at)
            elif (end := _closing(blocks, at, layout)) is None:
                refused = True
            else:
                block = blocks.block(at, least=end - at)

    def _layout(self, blocks: LineBlocks) -> tuple[Layout, int, int]:
        """Read the header; gives also where the lines after it begin, and how many came before."""
        coding, where = blocks.coding, blocks.where
        begin = self._begin(blocks)
        delimiter = self.delimiter
        if delimiter is None:
            start = blocks.block(begin).data[:_SNIFFED]
            delimiter = delimiter_of(start.decode(coding.encodings[0], "replace"))
        grammar = Grammar(delimiter, self.quote)
        if isinstance(self.header, tuple):
            return Layout(grammar, self.header, None, coding, where), begin, self.skip
        if (other := other_format(blocks.block(0).data[:_SNIFFED])) is not None:
            raise DecodeError(f"it is no delimited text but {other[0]}", where=where, hint=other[1])
        least = 0
        while True:
            top = blocks.block(begin, least)
            lines = split_part(top.data, coding, where)
            first = lines.frame["text"].ne("").arg_max() or 0
            text, used, whole = _header(lines.frame.slice(first, _LONGEST_HEADER), grammar)
            if top.last or (text and (whole or used == _LONGEST_HEADER)):
                break
            least = 2 * len(top.data)
        if not text:
            raise DecodeError("the file is empty: no header", where=where)
        line = f"{where}, line {self.skip + first + 1}"
        unreadable = lines.frame["bad"][first : first + used].any() or "\0" in text
        if unreadable or (self.quote and not grammar.is_whole(text)):
            raise DecodeError(
                f"the header cannot be read: {text[:200]!r}",
                where=line,
                hint="declare encoding, delimiter and quote as the file has them",
            )
        names = named(grammar.split(text), self.columns, line, repeats=self.repeats)
        before = first + used
        starts = line_starts(top.data, coding)
        size = int(starts[before]) if before < len(starts) else len(top.data)
        return Layout(grammar, names, text, coding, where), top.at + size, self.skip + before

    def _begin(self, blocks: LineBlocks) -> int:
        """Give where the first line begins that is not skipped."""
        at, left = blocks.coding.mark, self.skip
        while left:
            block = blocks.block(at)
            starts = line_starts(block.data, blocks.coding)
            if block.last and len(starts) <= left:  # the last may have no end
                raise DecodeError(
                    f"it has not {self.skip:,} lines to skip", where=blocks.where, hint="correct `skip`"
                )
            found = min(left, len(starts) - 1)
            at, left = at + int(starts[found]), left - found
        return at


def _header(lines: pl.DataFrame, grammar: Grammar) -> tuple[str, int, bool]:
    """Give the text of the header that begins with the first of these lines, its lines, and whether it ends there."""
    if lines.is_empty():
        return "", 0, False
    text, used = str(lines["text"][0]), 1
    while grammar.quote and grammar.is_open(text):
        if used == lines.height:
            return text, used, False
        text += lines["end"][used - 1] + lines["text"][used]
        used += 1
    return text, used, True


def _closing(blocks: LineBlocks, at: int, layout: Layout) -> int | None:
    """Give where the record ends whose first line begins at byte `at` and opens a quote; null where it does not.

    What lies between is looked at and let go: of a stray quote, that may be the rest of the file.
    """
    record: OpenRecord | None = None
    while True:
        block = blocks.block(at)
        lines = split_part(block.data, layout.coding, layout.where).frame
        quoted = pl.col("text").str.contains(str(layout.grammar.quote), literal=True)
        for line, text, bad in lines.filter(pl.col("bad") | quoted).select("line", "text", "bad").iter_rows():
            if record is None:
                record = layout.begin(text)
                continue
            verdict = False if bad else record.closed_by(text)
            if verdict:
                starts = line_starts(block.data, layout.coding)
                return at + (int(starts[line]) if line < len(starts) else len(block.data))
            if verdict is False:
                return None
        if block.last:
            return None
        at = block.end
