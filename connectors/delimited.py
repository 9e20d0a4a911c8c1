"""Delimited text (CSV, TSV, …) → rows of text; every line that does not fit is a reject with its reason."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from connectors.column_names import named, unusable
from connectors.grammar import Grammar
from connectors.lines import line_rejects, split_lines
from connectors.plain_lines import PlainLines
from dq.errors import ConfigError, DecodeError
from dq.source import Decoded

_LONGEST_HEADER = 100  # lines
_LARGE = 1 << 16  # bytes from which the fast way is worth its set-up
_OTHER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


@dataclass(frozen=True)
class Delimited:
    """How one delimited file is written.

    The first line names the columns; `header=("a", "b")` says that there is no such line and names them
    itself, `columns` replaces the names that the first line gives. `encoding=None` finds it out; a byte order
    mark always wins. `quote=None` says that quotes are ordinary characters. A quote inside a quoted cell is
    doubled, and a quoted cell may hold line ends.

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

    delimiter: str = ","
    header: bool | tuple[str, ...] = True
    columns: tuple[str, ...] = ()
    encoding: str | None = "utf-8"
    quote: str | None = '"'

    def __post_init__(self) -> None:
        if len(self.delimiter) != 1 or self.delimiter in "\r\n" or self.delimiter == self.quote:
            raise ConfigError(f"{self.delimiter!r} cannot be a delimiter", hint="give one character")
        if self.quote is not None and (len(self.quote) != 1 or self.quote in "\r\n"):
            raise ConfigError(f"{self.quote!r} cannot be a quote", hint="give one character, or None")
        if wrong := unusable((*self.columns, *(self.header if isinstance(self.header, tuple) else ()))):
            raise ConfigError(f"column names that repeat or are the framework's own: {', '.join(wrong)}")
        if not self.header:
            raise ConfigError(
                "a file without a header needs its columns named", hint='give header=("…", "…")'
            )

    def read(self, body: bytes, where: str) -> Decoded:
        r"""Read all records.

        Raises:
            DecodeError: where there is no header to read, or its names repeat.

        >>> read = Delimited().read(b'a,b\n1,2\n3\n"x\ny",4\n', "x.csv")
        >>> read.rows.rows(), read.rejects["_row"].to_list(), read.records
        ([('1', '2', 2), ('x\ny', '4', 4)], [3], 3)

        """
        return self._fast(body, where) or self._thorough(body, where)

    def _thorough(self, body: bytes, where: str) -> Decoded:
        """Read any file, line by line."""
        lines = split_lines(body, self.encoding, where)
        if isinstance(self.header, tuple):
            names, header, rest = self.header, None, lines.frame
        else:
            names, header, rest = self._header(lines.frame, where)
        records = self._judge(self._records(rest, len(names)), len(names), header)
        good = records.filter(pl.col("rule").is_null())
        rejects = records.filter(pl.col("rule").is_not_null())
        offsets = lines.offsets(body, rejects["line"])
        return Decoded(
            self._cells(good, names),
            _rejects(rejects, offsets, lines.encoding, where, len(names)),
            records.height,
        )

    def _fast(self, body: bytes, where: str) -> Decoded | None:
        """Read a large and simple file: plain lines at once, only the others one by one; null where it is not."""
        if len(body) < _LARGE or self.encoding not in {None, "utf-8"} or body.startswith(_OTHER_MARKS):
            return None
        mark = len(codecs.BOM_UTF8) if body.startswith(codecs.BOM_UTF8) else 0
        lines = PlainLines.of(body[mark:] if mark else body, self.delimiter, self.quote)
        if lines is None:
            return None
        names, header, used = self.header if isinstance(self.header, tuple) else (), None, 0
        if not names:
            top = split_lines(lines.data[: lines.stops[: 2 * _LONGEST_HEADER][-1] + 1], "utf-8", where).frame
            names, header, rest = self._header(top, where)
            used = top.height - rest.height
            if "\n" in header and lines.end != "\n":
                return None  # a name would lose its line end
        plain = lines.plain(len(names), header)
        plain[:used] = False
        odd = np.flatnonzero(~plain & (lines.stops > lines.starts))
        odd = odd[odd >= used]
        kinds = self._kinds(_as_lines(lines, odd), {})
        opened = odd[kinds["kind"].eq("open").to_numpy()].tolist()
        mended, inner = self._search(opened, _Texts(lines), len(names)) if opened else ({}, [])
        plain[inner] = False
        if inner:
            kinds = self._kinds(kinds.filter(~(pl.col("line") - 1).is_in(inner)), mended)
        records = self._judge(kinds, len(names), header)
        good = records.filter(pl.col("rule").is_null())
        rejects = records.filter(pl.col("rule").is_not_null())
        if good.height:
            simple = ~(pl.col("line") - 1).is_in(list(mended)) & pl.col("text").str.contains(
                self._grammar.simple
            )
            plain[good.filter(simple)["line"].to_numpy() - 1] = True
            good = good.filter(~simple)
        frame = lines.cells(plain, names)
        if frame is None:
            return None
        offsets = pl.Series(lines.offsets(rejects["line"].to_numpy() - 1) + mark, dtype=pl.Int64)
        empty = [name for name in names if (frame[name] == "").any()]  # those that are quoted
        frame = frame.with_columns(pl.col(empty).replace("", None))
        if good.height:
            frame = pl.concat([frame, self._cells(good, names)]).sort("_row")
        return Decoded(
            frame, _rejects(rejects, offsets, "utf-8", where, len(names)), frame.height + rejects.height
        )

    @cached_property
    def _grammar(self) -> Grammar:
        return Grammar(self.delimiter, self.quote)

    def _header(self, lines: pl.DataFrame, where: str) -> tuple[tuple[str, ...], str, pl.DataFrame]:
        """Give the columns' names, the header's text, and the lines after it."""
        lines = lines.slice(lines["text"].str.len_bytes().cast(pl.Boolean).arg_max() or 0)
        if lines.is_empty() or not lines["text"][0]:
            raise DecodeError("the file is empty: no header", where=where)
        at = f"{where}, line {lines['line'][0]}"
        text, used = lines["text"][0], 1
        while self.quote and used < min(lines.height, _LONGEST_HEADER) and self._grammar.is_open(text):
            text += lines["end"][used - 1] + lines["text"][used]
            used += 1
        if lines["bad"][:used].any() or "\0" in text or (self.quote and not self._grammar.is_whole(text)):
            raise DecodeError(
                f"the header cannot be read: {text[:200]!r}",
                where=at,
                hint="declare encoding, delimiter and quote as the file has them",
            )
        found = self._grammar.split(text)
        names = named(found, self.columns, at)
        return names, text, lines.slice(used)

    def _records(self, lines: pl.DataFrame, width: int) -> pl.DataFrame:
        """Join the lines that quoted cells join; `kind` is plain (no quote), quoted (well-formed) or open."""
        lines = self._kinds(lines, {})
        opened = lines["kind"].eq("open").arg_true().to_list()
        if opened:
            lines = self._joined(lines, opened, width)
        return lines.filter(pl.col("text") != "")

    def _kinds(self, lines: pl.DataFrame, mended: dict[int, str]) -> pl.DataFrame:
        """Say of each line what it is; those of `mended` (places from 0) are the records given there."""
        if mended:
            at = pl.col("line") - 1
            lines = lines.with_columns(
                text=at.replace_strict(mended, default=pl.col("text"), return_dtype=pl.String)
            )
        if self.quote is None:
            return lines.with_columns(kind=pl.lit("plain"))
        return lines.with_columns(
            kind=pl.when(pl.col("bad") | ~pl.col("text").str.contains(self.quote, literal=True))
            .then(pl.lit("plain"))
            .when(pl.col("text").str.contains(self._grammar.whole) | (pl.col("line") - 1).is_in(list(mended)))
            .then(pl.lit("quoted"))
            .otherwise(pl.lit("open"))
        )

    def _joined(self, lines: pl.DataFrame, opened: list[int], width: int) -> pl.DataFrame:
        """Give each opening line the lines up to its closing quote, if together they are one record."""
        whole, inner = self._search(opened, _Frame(lines), width)
        numbered = lines.with_row_index("at").filter(~pl.col("at").is_in(inner))
        mended = pl.col("at").is_in(list(whole))
        return numbered.with_columns(
            text=pl.col("at").replace_strict(whole, default=pl.col("text"), return_dtype=pl.String),
            kind=pl.when(mended).then(pl.lit("quoted")).otherwise("kind"),
        ).drop("at")

    def _search(
        self, opened: list[int], lines: _Texts | _Frame, width: int
    ) -> tuple[dict[int, str], list[int]]:
        """Look from each opening line for its closing quote; gives the records, and the lines inside them."""
        whole: dict[int, str] = {}
        inner: list[int] = []
        for first in opened:
            if inner and first <= inner[-1]:
                continue
            parts = [lines.text(first)]
            for last in range(first + 1, lines.height):
                if lines.bad(last):
                    break
                parts += [lines.end(last - 1), lines.text(last)]
                if str(self.quote) not in parts[-1]:
                    continue
                record = "".join(parts)
                if self._grammar.is_whole(record) and len(self._grammar.split(record)) == width:
                    whole[first] = record
                    inner += range(first + 1, last + 1)
                if not self._grammar.is_open(record):
                    break
        return whole, inner

    def _judge(self, records: pl.DataFrame, width: int, header: str | None) -> pl.DataFrame:
        """Give each record its number of cells and the rule it breaks, null for a good one."""
        text = pl.col("text")
        bare = text
        if self.quote is not None:
            unquoted = text.str.replace_all(self._grammar.quoted_cell, "${1}")
            bare = pl.when(pl.col("kind") == "quoted").then(unquoted).otherwise(text)
        again = pl.lit(False) if header is None else text == header
        return records.with_columns(
            cells=bare.str.count_matches(self.delimiter, literal=True) + 1,
        ).with_columns(
            rule=pl.when(pl.col("bad"))
            .then(pl.lit("csv:encoding"))
            .when(text.str.contains("\0", literal=True))
            .then(pl.lit("csv:nul"))
            .when(pl.col("kind") == "open")
            .then(pl.lit("csv:quote"))
            .when(pl.col("cells") != width)
            .then(pl.lit("csv:field_count"))
            .when(again)
            .then(pl.lit("csv:repeated_header"))
        )

    def _cells(self, good: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
        """Split good records into their cells, in the file's order."""
        schema = {**dict.fromkeys(names, pl.String), "_row": pl.Int64}
        plain = good.filter(pl.col("kind") == "plain")
        cells = plain["text"].str.split_exact(self.delimiter, len(names) - 1).struct.unnest()
        cells.columns = list(names)
        frame = cells.with_columns(plain["line"].alias("_row"))
        quoted = good.filter(pl.col("kind") == "quoted")
        if quoted.height:
            split = [
                (*self._grammar.split(text), line) for text, line in quoted.select("text", "line").iter_rows()
            ]
            frame = pl.concat([frame, pl.DataFrame(split, schema=schema, orient="row")]).sort("_row")
        return frame.with_columns(pl.col(pl.String).replace("", None))


class _Frame:
    """Lines that lie in a frame, one by one."""

    def __init__(self, lines: pl.DataFrame) -> None:
        self._text, self._end, self._bad = lines["text"], lines["end"], lines["bad"]
        self.height = lines.height

    def text(self, at: int) -> str:
        return str(self._text[at])

    def end(self, at: int) -> str:
        return str(self._end[at])

    def bad(self, at: int) -> bool:
        return bool(self._bad[at])


class _Texts:
    """Lines that lie in bytes, one by one."""

    def __init__(self, lines: PlainLines) -> None:
        self.text, self._end = lines.text, lines.end
        self.height = len(lines.stops)

    def end(self, _: int) -> str:
        return self._end

    def bad(self, _: int) -> bool:
        return False


def _as_lines(lines: PlainLines, places: Any) -> pl.DataFrame:
    """Give these lines as a frame."""
    spans = zip(lines.starts[places].tolist(), lines.stops[places].tolist(), strict=True)
    texts = pl.Series("text", [lines.data[start:stop] for start, stop in spans], dtype=pl.Binary)
    numbers = pl.Series("line", places + 1, dtype=pl.Int64)
    frame = pl.DataFrame([numbers, texts.cast(pl.String)])
    return frame.with_columns(end=pl.lit("\n"), bad=pl.lit(value=False))


def _rejects(
    rejects: pl.DataFrame, offsets: pl.Series, encoding: str, where: str, width: int
) -> pl.DataFrame:
    """Give the rejected records with their place in the original bytes and the reason in words."""
    words = {
        "csv:encoding": f"bytes that are not valid {encoding}",
        "csv:nul": "a NUL character",
        "csv:quote": "a quote that is not closed, or text after a closing quote",
        "csv:repeated_header": "the header line once more",
    }
    count = pl.format("{} fields instead of {}", "cells", pl.lit(width))
    message = pl.col("rule").replace_strict(words, default=count, return_dtype=pl.String)
    return line_rejects(rejects, offsets, where, message)
