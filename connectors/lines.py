"""Bytes of a text file → its physical lines, whatever the encoding and the line ends; nothing is dropped."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

import charset_normalizer
import polars as pl

from dq.errors import ConfigError, DecodeError
from dq.source import REJECT_SCHEMA

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CHINESE = frozenset({"gb2312", "gbk", "gb18030", "hz", "big5", "cp949", "johab", "big5hkscs"})
_SAMPLE = 1 << 20


@dataclass(frozen=True)
class Lines:
    r"""The lines of one file.

    `frame` has `line` (Int64, from 1), `text`, `end` (the line end as it stood: LF, CRLF, CR or nothing) and
    `bad` (whether its bytes are not valid in the encoding; `text` then shows them as `\xNN`).
    """

    frame: pl.DataFrame
    encoding: str
    mark: int

    def offsets(self, body: bytes, lines: pl.Series) -> pl.Series:
        """Give where these lines (from 1) start in the original bytes."""
        if lines.is_empty():
            return pl.Series([], dtype=pl.Int64)
        if self.encoding.startswith(("utf-16", "utf-32")):
            whole = self.frame.select(pl.concat_str("text", "end")).to_series()
            sizes = pl.Series([len(line.encode(self.encoding)) for line in whole])
        elif self.encoding == "utf-8" and not self.frame["bad"].any():
            sizes = self.frame.select(
                pl.col("text").str.len_bytes() + pl.col("end").str.len_bytes()
            ).to_series()
        else:  # in every other encoding the bytes of a line end stand for nothing else
            sizes = pl.Series([len(line) for line in body[self.mark :].splitlines(keepends=True)])
        starts = sizes.cast(pl.Int64).cum_sum().shift(1, fill_value=0) + self.mark
        return starts.gather(lines - 1)


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


def split_lines(body: bytes, encoding: str | None, where: str) -> Lines:
    r"""Decode and split.

    With `encoding` null it is found out: a byte order mark, UTF-8, GB18030 for Chinese text, else the
    likeliest; a file that mixes UTF-8 and GB18030 is decoded line by line.

    Raises:
        ConfigError: where there is no such encoding.
        DecodeError: where no encoding fits.

    >>> split_lines("a,b\r\n1,2\r3,4".encode(), None, "x.csv").frame["text"].to_list()
    ['a,b', '1,2', '3,4']

    """
    mark, found = next(((len(bom), name) for bom, name in _BOMS if body.startswith(bom)), (0, None))
    data = body[mark:]
    if found is None and encoding is not None:
        try:
            found = codecs.lookup(encoding).name
        except LookupError:
            raise ConfigError(f"there is no encoding {encoding!r}", where=where) from None
    candidates = [found] if found else ["utf-8", "gb18030"]
    for candidate in candidates:
        try:
            text = data.decode(candidate)
        except UnicodeDecodeError:
            continue
        if found is None and candidate == "gb18030" and (other := _likelier_than_chinese(data)):
            return Lines(_physical(data.decode(other)), other, mark)
        return Lines(_physical(text), candidate, mark)
    if candidates[0].startswith(("utf-16", "utf-32")):
        raise DecodeError(f"not valid {candidates[0]}", where=where)
    if found is None and (other := _likelier_than_chinese(data)):
        return Lines(_physical(data.decode(other)), other, mark)
    return Lines(_line_by_line(data, candidates), candidates[-1], mark)


def _likelier_than_chinese(data: bytes) -> str | None:
    """Give an encoding that explains the bytes better than GB18030, which almost never refuses."""
    best = charset_normalizer.from_bytes(data[:_SAMPLE]).best()
    if best is None or best.encoding.replace("_", "") in _CHINESE or best.encoding == "ascii":
        return None
    try:
        data.decode(best.encoding)
    except UnicodeDecodeError:
        return None
    return best.encoding


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


def _line_by_line(data: bytes, encodings: list[str]) -> pl.DataFrame:
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
