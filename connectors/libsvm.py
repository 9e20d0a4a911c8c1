"""libsvm and SVMlight files (`label index:value …`) → rows of text, sparse as they stand or one column per feature."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import polars as pl

from connectors.line_blocks import BLOCK, line_parts
from connectors.lines import Lines, line_rejects
from connectors.reader import together
from dq.errors import ConfigError
from dq.source import Decoded

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_RECORD = rf"^\s*\S+(?:\s+qid:\d+)?(?:\s+\d+:{_NUMBER})*\s*$"
_LABEL = rf"^\s*{_NUMBER}(?:,{_NUMBER})*(?:\s|$)"


@dataclass(frozen=True)
class LibSvm:
    """How one libsvm file is read: columns `label`, `qid` (null where none), and the features.

    Without `width`, `features` is the sparse text as it stands (`1:0.5 7:2`). With `width=N` the features are the
    columns `f1` … `fN`, and one that a line leaves out is `0`, as the format means it. What follows a `#` is a
    comment. `_row` is the line. A line is refused by one of these rules:

    - `libsvm:syntax`: it is not `label [qid:n] index:value …`, or its bytes are not UTF-8
    - `libsvm:order`: its indices do not rise, or start below 1
    - `libsvm:width`: an index is larger than `width`
    """

    width: int | None = None

    def __post_init__(self) -> None:
        if self.width is not None and self.width < 1:
            raise ConfigError("a libsvm file has at least one feature", hint="correct `width`")

    def read(self, body: bytes, where: str) -> Decoded:
        r"""Read all records.

        >>> LibSvm(width=3).read(b"+1 1:0.5 3:2\n-1 2:1 2:4\n", "x").rows.rows()
        [('+1', None, '0.5', '0', '2', 1)]

        """
        return together(list(self.file_parts(io.BytesIO(body), where)))

    def read_parts(self, path: Path, where: str) -> Iterator[Decoded]:
        """Read all records, some lines at a time."""
        with path.open("rb") as file:
            yield from self.file_parts(file, where)

    def file_parts(self, file: BinaryIO, where: str, size: int = BLOCK) -> Iterator[Decoded]:
        """Read the records of an open file, of `size` bytes at a time; at least one part comes, if without rows."""
        for lines, starts, before in line_parts(file, "utf-8", where, size):
            yield self._part(lines, starts, before, where)

    def _part(self, lines: Lines, starts: pl.Series, before: int, where: str) -> Decoded:
        records = lines.frame.with_columns(
            bare=pl.col("text").str.replace(r"#.*$", "").str.strip_chars()
        ).filter(pl.col("bare") != "")
        indices = (
            pl.col("bare")
            .str.extract_all(r"\s\d+:")
            .list.eval(pl.element().str.strip_chars(" \t:").cast(pl.Int64, strict=False))
        )
        judged = records.with_columns(at=indices).with_columns(
            rule=pl.when(
                pl.col("bad") | ~pl.col("bare").str.contains(_RECORD) | ~pl.col("bare").str.contains(_LABEL)
            )
            .then(pl.lit("libsvm:syntax"))
            .when(
                (pl.col("at").list.diff(null_behavior="drop").list.min() <= 0)
                | (pl.col("at").list.min() < 1)
                | (pl.col("at").list.contains(None))
            )
            .then(pl.lit("libsvm:order"))
            .when(pl.lit(self.width is not None) & (pl.col("at").list.max() > (self.width or 0)))
            .then(pl.lit("libsvm:width"))
        )
        good = judged.filter(pl.col("rule").is_null()).select(
            pl.col("bare").str.extract(r"^(\S+)").alias("label"),
            pl.col("bare").str.extract(r"\sqid:(\d+)").alias("qid"),
            pl.col("bare").str.replace(r"^\S+(?:\s+qid:\d+)?\s*", "").alias("features"),
            pl.col("line").alias("_row"),
        )
        bad = judged.filter(pl.col("rule").is_not_null())
        rows = (good if self.width is None else _wide(good, self.width)).with_columns(pl.col("_row") + before)
        return Decoded(
            rows,
            self._rejects(bad.with_columns(pl.col("line") + before), starts.gather(bad["line"] - 1), where),
            judged.height,
        )

    def _rejects(self, bad: pl.DataFrame, offsets: pl.Series, where: str) -> pl.DataFrame:
        words = {
            "libsvm:syntax": "not `label index:value …` in UTF-8",
            "libsvm:order": "indices that do not rise from 1",
            "libsvm:width": f"an index beyond {self.width}",
        }
        message = pl.col("rule").replace_strict(words, return_dtype=pl.String)
        return line_rejects(bad, offsets, where, message)


def _wide(good: pl.DataFrame, width: int) -> pl.DataFrame:
    """Give each feature a column of its own; the format leaves out zeros."""
    pairs = (
        good.select("_row", pair=pl.col("features").str.split(" ").list.filter(pl.element() != ""))
        .explode("pair", empty_as_null=False, keep_nulls=False)
        .with_columns(pl.col("pair").str.split_exact(":", 1).struct.rename_fields(["index", "value"]))
        .unnest("pair")
    )
    features = [f"f{number}" for number in range(1, width + 1)]
    found = pairs.with_columns(pl.format("f{}", pl.col("index").cast(pl.Int64)).alias("name")).pivot(
        "name", index="_row", values="value"
    )
    absent = [pl.lit("0").alias(name) for name in features if name not in found.columns]
    filled = good.drop("features").join(found, on="_row", how="left", maintain_order="left")
    return filled.with_columns(*absent).select(
        "label", "qid", *(pl.col(name).fill_null("0") for name in features), "_row"
    )
