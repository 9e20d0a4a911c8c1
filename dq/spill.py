"""Frames in the order they come: in memory while they are few, in files beyond."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

LIMIT = 8 << 20
"""Bytes of frames that are held before they go to a file."""

Stack = Callable[[Sequence[pl.DataFrame], Sequence[str]], pl.DataFrame]
"""Makes one frame of several, each with the id that it came with."""


@dataclass(frozen=True)
class _File:
    path: Path
    schema: pl.Schema
    height: int


class Spill:
    """Takes frames and gives one table of them; without a folder, all are held.

    What has come since the last `mark` can be taken back. Frames are stacked some at a time, since many are small.
    """

    def __init__(self, stack: Stack, folder: Path | None = None, limit: int = LIMIT) -> None:
        self._stack, self._folder, self._limit = stack, folder, limit
        self._frames: list[tuple[pl.DataFrame, str]] = []
        self._files: list[_File] = []
        self._bytes = 0
        self._written = 0
        self.mark()

    @property
    def height(self) -> int:
        """The rows that are there."""
        return sum(frame.height for frame, _ in self._frames) + sum(file.height for file in self._files)

    def add(self, frame: pl.DataFrame, stamp: str) -> None:
        """Take a frame and the id that it comes with."""
        self._frames.append((frame, stamp))
        if self._folder is None:
            return
        self._bytes += int(frame.estimated_size())
        if self._bytes > self._limit:
            self._flush(self._folder)

    def mark(self) -> None:
        """Begin what may have to be taken back."""
        self._kept = (len(self._frames), len(self._files))

    def back(self) -> None:
        """Take back what has come since `mark`."""
        frames, files = self._kept
        del self._frames[frames:]
        for file in self._files[files:]:
            file.path.unlink()
        del self._files[files:]

    def table(self) -> pl.DataFrame | pl.LazyFrame:
        """Give all rows in the order they came: a frame where they are in memory, else the scan of the files."""
        if not self._files or self._folder is None:
            return self._stacked(self._frames)
        self.mark()
        self._flush(self._folder)
        # The columns of all files, since a file lacks those that came later; nulls stand in for them.
        schema = {name: dtype for file in self._files for name, dtype in file.schema.items()}
        paths = [file.path for file in self._files]
        return pl.scan_parquet(paths, schema=schema, missing_columns="insert", glob=False)

    def _flush(self, folder: Path) -> None:
        """Write what is held; what has come since the mark to a file of its own, so that it can be taken back."""
        before, files = self._kept
        self._write(self._frames[:before], folder)
        self._kept = (0, len(self._files)) if before else (0, files)
        self._write(self._frames[before:], folder)
        self._frames, self._bytes = [], 0

    def _write(self, frames: list[tuple[pl.DataFrame, str]], folder: Path) -> None:
        if not frames:
            return
        stacked = self._stacked(frames)
        path = folder / f"{self._written}.parquet"
        stacked.write_parquet(path, compression="lz4", statistics=False)
        self._written += 1
        self._files.append(_File(path, stacked.schema, stacked.height))

    def _stacked(self, frames: list[tuple[pl.DataFrame, str]]) -> pl.DataFrame:
        return self._stack([frame for frame, _ in frames], [stamp for _, stamp in frames])
