"""A block of lines of a delimited file, judged: what is a record, which rule it breaks, and its cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import polars.selectors as cs

from connectors.grammar import Grammar
from connectors.line_blocks import Block
from connectors.lines import Coding, line_rejects, line_starts, split_part
from connectors.plain_lines import PlainLines
from connectors.quoted_records import Found, OpenRecord, search
from dq.source import Decoded

_LARGE = 1 << 14  # bytes from which the fast way is worth its set-up
_WIDE = 64  # columns from which on a pattern of all cells is too large


@dataclass(frozen=True)
class Part:
    """What was read of a block: its first `lines` lines, which are `size` bytes.

    Of a block whose first line opens a quote that may be closed after the block, that is nothing.
    """

    decoded: Decoded
    lines: int
    size: int


@dataclass(frozen=True)
class Layout:
    """How the records of a file are written, known from its header: `header` is its text, null where there is none."""

    grammar: Grammar
    names: tuple[str, ...]
    header: str | None
    coding: Coding
    where: str

    def part(self, block: Block, before: int, *, refused: bool) -> Part:
        """Read a block, up to a record that may go on after it; `before` lines were read before.

        `refused` says that the first line opens a quote that is known not to be closed.
        """
        return self.fast(block, before, refused=refused) or self.thorough(block, before, refused=refused)

    def thorough(self, block: Block, before: int, *, refused: bool) -> Part:
        """Read any lines, one by one."""
        lines = split_part(block.data, self.coding, self.where).frame
        count, kinds, found = lines.height, self._kinds(lines), Found({})
        opened = kinds["kind"].eq("open").arg_true().to_list()
        if opened:
            marked = lines.select(pl.col("bad") | self._has_quote).to_series().arg_true().to_list()
            text, bad = lines["text"], lines["bad"]
            found = search(
                opened[refused:], marked, text.__getitem__, bad.__getitem__, self.begin, ended=block.last
            )
            count = count if found.undecided is None else found.undecided
            whole = lines.select(pl.concat_str("text", "end")).to_series()
            records = {a: "".join(whole[a:b].to_list()) + text[b] for a, b in found.spans.items()}
            kinds = kinds.head(count).filter(~(pl.col("line") - 1).is_in(found.inner))
            kinds = self._kinds(kinds, records) if records else kinds
        judged = self._judged(kinds.filter(pl.col("text") != ""))
        starts = line_starts(block.data, self.coding)
        good, bad_ones = _parted(judged)
        rejects = self._rejects(bad_ones, starts[bad_ones["line"].to_numpy() - 1], block, before)
        size = len(block.data) if found.undecided is None else int(starts[count])
        return Part(_decoded(self._cells(good), rejects, before), count, size)

    def fast(self, block: Block, before: int, *, refused: bool) -> Part | None:
        """Read a large and simple block: plain lines at once, only the others one by one; null where it is not."""
        lines = None if len(block.data) < _LARGE else self._plain_lines(block.data)
        if lines is None:
            return None
        plain = lines.plain(len(self.names), self.header)
        odd = np.flatnonzero(~plain & (lines.stops > lines.starts))
        texts = lines.texts(odd)
        if self.grammar.quote is not None and len(self.names) < _WIDE:
            plain[odd] = exact = self._exact(texts)
            odd, texts = odd[~exact], texts.filter(pl.Series(~exact))
        kinds = self._kinds(
            pl.DataFrame([pl.Series("line", odd + 1, dtype=pl.Int64), texts]).with_columns(
                bad=pl.lit(value=False)
            )
        )
        opened = odd[kinds["kind"].eq("open").to_numpy()].tolist()
        count, found = len(plain), Found({})
        if opened:
            marked = np.flatnonzero(lines.quoted).tolist()
            found = search(
                opened[refused:], marked, lines.text, lambda _: False, self.begin, ended=block.last
            )
            count = count if found.undecided is None else found.undecided
            plain = plain[:count]
            plain[found.inner] = False
            kinds = kinds.filter(pl.col("line") <= count, ~(pl.col("line") - 1).is_in(found.inner))
            records = {first: lines.record(first, last) for first, last in found.spans.items()}
            kinds = self._kinds(kinds, records) if records else kinds
        good, bad_ones = _parted(self._judged(kinds))
        simple = good["text"].str.contains(self.grammar.simple) & ~(good["line"] - 1).is_in(list(found.spans))
        plain[good["line"].filter(simple).to_numpy() - 1] = True
        frame = lines.cells(plain, self.names)
        if frame is None:
            return None
        some = frame.select((cs.string() == "").any()).row(0)  # where empty cells are quoted
        empty = [name for name, found_some in zip(self.names, some, strict=True) if found_some]
        frame = frame.with_columns(cs.by_name(empty).replace("", None)) if empty else frame
        if not simple.all():
            frame = pl.concat([frame, self._cells(good.filter(~simple))]).sort("_row")
        size = len(block.data) if found.undecided is None else int(self._starts(lines, block, count))
        at = self._starts(lines, block, bad_ones["line"].to_numpy() - 1)
        return Part(_decoded(frame, self._rejects(bad_ones, at, block, before), before), count, size)

    def begin(self, line: str) -> OpenRecord:
        """Begin a record with a line that may open a quote."""
        return OpenRecord(self.grammar, line, len(self.names))

    def _plain_lines(self, data: bytes) -> PlainLines | None:
        if self.coding.encodings[0] != "utf-8":
            try:
                data = data.decode(self.coding.encodings[0]).encode()
            except UnicodeDecodeError:
                return None
        return PlainLines.of(data, self.grammar.delimiter, self.grammar.quote)

    def _starts(self, lines: PlainLines, block: Block, places: Any) -> Any:
        """Give where these lines (from 0) begin in the block as it stands in the file."""
        if self.coding.encodings[0] == "utf-8":
            return lines.starts_in_file(places)
        return line_starts(block.data, self.coding)[places]

    @property
    def _has_quote(self) -> pl.Expr:
        return pl.col("text").str.contains(str(self.grammar.quote), literal=True)

    def _exact(self, texts: pl.Series) -> Any:
        """Say of each line whether it is a good record that every reader of CSV understands alike."""
        found = texts.str.contains(self.grammar.exact(len(self.names)))
        found &= ~texts.str.contains("\0", literal=True)
        return (found if self.header is None else found & (texts != self.header)).to_numpy()

    def _kinds(self, lines: pl.DataFrame, joined: dict[int, str] | None = None) -> pl.DataFrame:
        """Say of each line whether it is plain (no quote), quoted (well-formed) or open.

        Those of `joined` (places from 0) are the records given there.
        """
        at = pl.col("line") - 1
        if joined:
            lines = lines.with_columns(
                text=at.replace_strict(joined, default=pl.col("text"), return_dtype=pl.String)
            )
        if self.grammar.quote is None:
            return lines.with_columns(kind=pl.lit("plain"))
        return lines.with_columns(
            kind=pl.when(pl.col("bad") | ~self._has_quote)
            .then(pl.lit("plain"))
            .when(pl.col("text").str.contains(self.grammar.whole) | at.is_in(list(joined or ())))
            .then(pl.lit("quoted"))
            .otherwise(pl.lit("open"))
        )

    def _judged(self, records: pl.DataFrame) -> pl.DataFrame:
        """Give each record its number of cells and the rule it breaks, null for a good one."""
        text = pl.col("text")
        bare = text
        if self.grammar.quote is not None:
            unquoted = text.str.replace_all(self.grammar.quoted_cell, "${1}")
            bare = pl.when(pl.col("kind") == "quoted").then(unquoted).otherwise(text)
        again = pl.lit(value=False) if self.header is None else text == self.header
        return records.with_columns(
            cells=bare.str.count_matches(self.grammar.delimiter, literal=True) + 1,
        ).with_columns(
            rule=pl.when(pl.col("bad"))
            .then(pl.lit("csv:encoding"))
            .when(text.str.contains("\0", literal=True))
            .then(pl.lit("csv:nul"))
            .when(pl.col("kind") == "open")
            .then(pl.lit("csv:quote"))
            .when(pl.col("cells") != len(self.names))
            .then(pl.lit("csv:field_count"))
            .when(again)
            .then(pl.lit("csv:repeated_header"))
        )

    def _cells(self, good: pl.DataFrame) -> pl.DataFrame:
        """Split good records into their cells, in the file's order."""
        schema = {**dict.fromkeys(self.names, pl.String), "_row": pl.Int64}
        plain = good.filter(pl.col("kind") == "plain")
        cells = plain["text"].str.split_exact(self.grammar.delimiter, len(self.names) - 1).struct.unnest()
        cells.columns = list(self.names)
        frame = cells.with_columns(plain["line"].alias("_row"))
        quoted = good.filter(pl.col("kind") == "quoted")
        if quoted.height:
            split = [
                (*self.grammar.split(text), line) for text, line in quoted.select("text", "line").iter_rows()
            ]
            frame = pl.concat([frame, pl.DataFrame(split, schema=schema, orient="row")]).sort("_row")
        return frame.with_columns(pl.col(pl.String).replace("", None))

    def _rejects(self, bad: pl.DataFrame, starts: Any, block: Block, before: int) -> pl.DataFrame:
        """Give the rejected records with their place in the original bytes and the reason in words."""
        words = {
            "csv:encoding": f"bytes that are not valid {self.coding.encodings[-1]}",
            "csv:nul": "a NUL character",
            "csv:quote": "a quote that is not closed, or text after a closing quote",
            "csv:repeated_header": "the header line once more",
        }
        count = pl.format("{} fields instead of {}", "cells", pl.lit(len(self.names)))
        message = pl.col("rule").replace_strict(words, default=count, return_dtype=pl.String)
        offsets = pl.Series(starts + block.at, dtype=pl.Int64)
        text = pl.Series("text", bad["text"].to_list(), dtype=pl.String)  # a view would hold all of the block
        return line_rejects(bad.with_columns(pl.col("line") + before, text), offsets, self.where, message)


def _parted(records: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    return records.filter(pl.col("rule").is_null()), records.filter(pl.col("rule").is_not_null())


def _decoded(rows: pl.DataFrame, rejects: pl.DataFrame, before: int) -> Decoded:
    rows = rows.with_columns(pl.col("_row") + before)
    return Decoded(rows, rejects, rows.height + rejects.height)
