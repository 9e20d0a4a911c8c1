"""Bytes of a text file → its physical lines, whatever the encoding and the line ends; nothing is dropped."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Any, BinaryIO

import charset_normalizer
import numpy as np
import polars as pl

from connectors.pieces import pieces
from dq.errors import ConfigError, DecodeError
from dq.source import REJECT_SCHEMA

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNITS = {"utf-16-le": "<u2", "utf-16-be": ">u2", "utf-32-le": "<u4", "utf-32-be": ">u4"}
# A mark is looked for at the start of the file alone, whatever encoding is declared.
_WITHOUT_MARK = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
_CHINESE = frozenset({"gb2312", "gbk", "gb18030", "hz", "big5", "cp949", "johab", "big5hkscs"})
_SAMPLE = 1 << 20


@dataclass(frozen=True)
class Coding:
    """How a file's bytes are to be read: after `mark` bytes, in the first of `encodings`.

    Where there are several, or the bytes are not valid, line by line, each in the first that fits it.
    """

    encodings: tuple[str, ...]
    mark: int = 0

    @property
    def unit(self) -> Any:
        """The NumPy type of what a line end is one of: two or four bytes in UTF-16 and UTF-32."""
        return np.dtype(_UNITS.get(self.encodings[0], "u1"))


@dataclass(frozen=True)
class Lines:
    r"""The lines of one file, or of a part of it.

    `frame` has `line` (Int64, from 1), `text`, `end` (the line end as it stood: LF, CRLF, CR or nothing) and
    `bad` (whether its bytes are not valid in the encoding; `text` then shows them as `\xNN`).
    """

    frame: pl.DataFrame
    coding: Coding

    @property
    def encoding(self) -> str:
        """The encoding that what is bad is not valid in."""
        return self.coding.encodings[-1]


def line_starts(data: bytes, coding: Coding) -> Any:
    """Give where each line starts, in bytes; one more where the last line has an end."""
    units = np.frombuffer(data, coding.unit, len(data) // coding.unit.itemsize)
    ends = units == ord("\n")
    if "\r".encode(coding.encodings[0]) in data:
        alone = units == ord("\r")
        alone[:-1] &= ~ends[1:]
        ends |= alone
    return np.concatenate(([0], np.flatnonzero(ends) + 1)) * coding.unit.itemsize


def line_rejects(bad: pl.DataFrame, offsets: pl.Series, where: str, message: pl.Expr) -> pl.DataFrame:
    """Give refused lines as `REJECT_SCHEMA`: `bad` has `line`, `text` and `rule`, and what `message` is made of."""
    return bad.select(
        pl.col("line").alias("_row"),
        offsets.alias("byte_offset"),
        "text",
        "rule",
        pl.lit(None, pl.String).alias("column"),
        pl.format("{}, line {}: {}", pl.lit(where), "line", message).alias("message"),
    ).cast(pl.Schema(REJECT_SCHEMA))


def coding_of(file: BinaryIO, encoding: str | None, where: str) -> Coding:
    r"""Find out how a file is to be read; where it must be read for that, in bounded memory.

    A byte order mark wins. With `encoding` null it is UTF-8, GB18030 for Chinese text, or else the likeliest; a file
    that mixes UTF-8 and GB18030 is to be read line by line.

    Raises:
        ConfigError: where there is no such encoding.

    >>> import io
    >>> coding_of(io.BytesIO("字".encode("utf-16")), None, "x.csv")
    Coding(encodings=('utf-16-le',), mark=2)

    """
    start = file.read(4)
    mark, found = next(((len(bom), name) for bom, name in _BOMS if start.startswith(bom)), (0, None))
    if found is None and encoding is not None:
        try:
            found = codecs.lookup(encoding).name
        except LookupError:
            raise ConfigError(f"there is no encoding {encoding!r}", where=where) from None
        found = _WITHOUT_MARK.get(found, found)
    if found is not None:
        return Coding((found,), mark)
    if _fits(file, "utf-8"):
        return Coding(("utf-8",))
    if _has_line_of_utf8(file):
        return Coding(("utf-8", "gb18030"))
    if other := _likelier_than_chinese(file):
        return Coding((other,))
    return Coding(("gb18030",) if _fits(file, "gb18030") else ("utf-8", "gb18030"))


def split_part(data: bytes, coding: Coding, where: str) -> Lines:
    r"""Split the lines of a file, or some of them, that were found to be written in this way; without its mark.

    Raises:
        DecodeError: where they are not valid in an encoding that cannot be read line by line.

    >>> split_part("a,b\r\n1,2\r3,4".encode(), Coding(("utf-8",)), "x.csv").frame["text"].to_list()
    ['a,b', '1,2', '3,4']

    """
    try:
        return Lines(_physical(data.decode(coding.encodings[0])), coding)
    except UnicodeDecodeError:
        if coding.encodings[0] in _UNITS:
            raise DecodeError(f"not valid {coding.encodings[0]}", where=where) from None
    return Lines(_line_by_line(data, coding.encodings), coding)


def _fits(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        for piece in pieces(file):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _has_line_of_utf8(file: BinaryIO) -> bool:
    """Say whether some line is surely UTF-8, which as GB18030 would be other letters, most often without complaint."""
    file.seek(0)
    return any(not line.isascii() and max(_decoded(line, "utf-8") or "\0") >= "\u0800" for line in file)


def _likelier_than_chinese(file: BinaryIO) -> str | None:
    """Give an encoding that explains the bytes better than GB18030, which almost never refuses."""
    file.seek(0)
    best = charset_normalizer.from_bytes(file.read(_SAMPLE)).best()
    if best is None or best.encoding.replace("_", "") in _CHINESE or best.encoding == "ascii":
        return None
    name = codecs.lookup(best.encoding).name
    return _WITHOUT_MARK.get(name, name) if _fits(file, name) else None


def _physical(text: str) -> pl.DataFrame:
    """Split at LF, CRLF and CR; the last line counts only if it holds something."""
    frame = pl.DataFrame({"text": pl.Series([text], dtype=pl.String).str.split("\n").explode()})
    last = pl.int_range(pl.len()) == pl.len() - 1
    frame = frame.with_columns(end=pl.when(last).then(pl.lit("")).otherwise(pl.lit("\n")))
    if "\r" in text:
        crlf = pl.col("text").str.ends_with("\r") & (pl.col("end") == "\n")
        frame = frame.with_columns(
            text=pl.when(crlf).then(pl.col("text").str.head(-1)).otherwise("text"),
            end=pl.when(crlf).then(pl.lit("\r\n")).otherwise("end"),
        )
        if (
            frame["text"].str.contains("\r", literal=True).any()
        ):  # CR alone ends a line too, as on old machines
            inner = (
                frame.with_row_index("of")
                .with_columns(pl.col("text").str.split("\r"))
                .explode("text")
                .with_columns(final=pl.col("of") != pl.col("of").shift(-1, fill_value=2**32 - 1))
            )
            frame = inner.select("text", end=pl.when("final").then("end").otherwise(pl.lit("\r")))
    if frame.height and frame["text"][-1] == "" and frame["end"][-1] == "":
        frame = frame.head(-1)
    return frame.select(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("line"), "text", "end", pl.lit(False).alias("bad")
    )


def _line_by_line(data: bytes, encodings: tuple[str, ...]) -> pl.DataFrame:
    """Decode each line on its own: the slow way, taken only where some line's bytes are broken or differ."""
    texts: list[str] = []
    bad: list[bool] = []
    for line in data.splitlines(keepends=True):
        text = next(
            (decoded for encoding in encodings if (decoded := _decoded(line, encoding)) is not None), None
        )
        bad.append(text is None)
        texts.append(line.decode("ascii", errors="backslashreplace") if text is None else text)
    return _physical("".join(texts)).with_columns(bad=pl.Series(bad, dtype=pl.Boolean))


def _decoded(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None
