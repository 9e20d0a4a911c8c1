"""A benchmark that models will be examined by, declared: no training row may have its questions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from dq.errors import ConfigError
from dq.split.benchmark_overlap import WORDS

READERS: Mapping[str, Callable[[Path], pl.DataFrame]] = {
    ".parquet": pl.read_parquet,
    ".csv": lambda path: pl.read_csv(path, infer_schema=False),
    ".tsv": lambda path: pl.read_csv(path, infer_schema=False, separator="\t"),
    ".jsonl": lambda path: pl.read_ndjson(path, infer_schema_length=None),
    ".ndjson": lambda path: pl.read_ndjson(path, infer_schema_length=None),
}


@dataclass(frozen=True)
class Benchmark:
    """A file under DQ_FILES (Parquet, CSV, TSV or JSON lines), and the columns to compare by.

    `text` and `key` are columns that both the benchmark and the training set have; `words` in a row are too many to be
    chance.

    Raises:
        ConfigError: where neither a text nor a key is named, or the file is of no known kind.

    """

    name: str
    file: str
    text: str | None = None
    key: str | None = None
    words: int = WORDS

    def __post_init__(self) -> None:
        if not (self.text or self.key):
            raise ConfigError(f"the benchmark {self.name} names neither a text nor a key to compare by")
        if Path(self.file).suffix.lower() not in READERS:
            raise ConfigError(
                f"the benchmark {self.name} is of no known kind",
                where=self.file,
                hint=f"one of {', '.join(READERS)}",
            )

    def rows(self, files: Path) -> pl.DataFrame:
        """Read the benchmark.

        Raises:
            ConfigError: where the file is not there.

        """
        return READERS[Path(self.file).suffix.lower()](self._path(files))

    def fingerprint(self, files: Path) -> str:
        """Name the state of the benchmark: where it changes, the training set is compared anew."""
        return hashlib.sha256(self._path(files).read_bytes()).hexdigest()

    def _path(self, files: Path) -> Path:
        path = files / self.file
        if not path.is_file():
            raise ConfigError(
                f"the benchmark {self.name} is not there",
                where=str(path),
                hint="put it there: without it nobody can say what leaks",
            )
        return path
