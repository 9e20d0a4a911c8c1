"""Judging a frame that is larger than memory: one pass over its rows, both sides written as they come."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Lock

import polars as pl
import pyarrow.parquet as pq

from dq.contract.judge import Found, Judged
from dq.contract.rejected import Rejected, with_reasons
from dq.contract.report import Tally
from dq.contract.steps import WHOLE, Step
from dq.errors import PromiseError

AT = "__dq_at"
ROWS_A_GROUP = 100_000
"""About how many rejected rows are gathered before they are written."""
RE_READABLE = (
    "Parquet SCAN",
    "PROJECT",
    "SELECTION",
    "ESTIMATED ROWS",
    "SLICE",
    "SELECT",
    "FROM",
    "DF [",
    "simple π",
)
"""Plan lines that are safe to run twice: the same rows in the same order, for no more work than reading."""


Judge = Callable[[pl.DataFrame, int], Judged]
"""Judges a batch of rows that starts at a row of the whole frame, counted from 0."""


def needs_staging(frame: pl.LazyFrame, steps: tuple[Step, ...]) -> bool:
    """Say whether the frame must be written first: it is read more than once, and is more than a scan."""
    if not any(isinstance(step, WHOLE) for step in steps):
        return False
    lines = frame.explain(optimized=False).splitlines()
    return not all(line.strip().startswith(RE_READABLE) for line in lines if line.strip())


class Sink:
    """Judges batches as they stream past: passes the good rows on, writes the bad ones, adds up."""

    def __init__(self, judge: Judge, rejected: pq.ParquetWriter) -> None:
        self._judge, self._writer = judge, rejected
        self._lock = Lock()
        self._arrived: dict[int, tuple[int, int, Found]] = {}
        self._ready: list[Rejected] = []
        self._next = 0
        self.tally = Tally()

    def take(self, numbered: pl.DataFrame) -> pl.DataFrame:
        """Judge one batch, numbered by `AT`, and give its accepted rows; may be called from several threads.

        Raises:
            PromiseError: where the rows are not one unbroken run: their marks could not be found.

        """
        batch = numbered.drop(AT)
        first = int(numbered[AT][0]) if batch.height else 0
        if batch.height and int(numbered[AT][-1]) - first + 1 != batch.height:
            raise PromiseError("a batch of rows came with gaps", where=f"row {first:,}")
        judged = self._judge(batch, first)
        if batch.height:
            self._keep(first, first + batch.height, judged)
        return judged.accepted

    def _keep(self, first: int, after: int, judged: Judged) -> None:
        """Keep what was found until all rows before them have come, as batches may overtake each other."""
        with self._lock:
            self._arrived[first] = (after, judged.accepted.height, judged.found)
            while self._next in self._arrived:
                self._next, accepted, found = self._arrived.pop(self._next)
                self.tally.add(accepted, found)
                self._ready.append(found.rejected)
            if sum(one.height for one in self._ready) >= ROWS_A_GROUP:
                self.write()

    def write(self) -> None:
        """Write the rejected rows that wait."""
        if self._ready:
            self._writer.write_table(with_reasons(self._ready).to_arrow())
            self._ready = []


def stream(frame: pl.LazyFrame, height: int, judge: Judge, *, accepted: Path, rejected: Path) -> Tally:
    """Judge every row of `frame`, write both sides as Parquet, in the frame's order; give the counts.

    Each file appears whole or not at all: it is written under another name first.

    Raises:
        PromiseError: where `frame` does not give `height` rows; then neither file is written.

    """
    empty = judge(frame.head(0).collect(), 0)
    with tempfile.TemporaryDirectory(dir=rejected.parent, prefix=f".{rejected.stem}-") as folder:
        good, bad = Path(folder) / "accepted", Path(folder) / "rejected"
        with pq.ParquetWriter(
            bad, with_reasons([empty.found.rejected]).to_arrow().schema, compression="zstd"
        ) as writer:
            sink = Sink(judge, writer)
            numbered = frame.with_row_index(AT)
            judged = numbered.map_batches(sink.take, schema=dict(empty.accepted.schema), streamable=True)
            judged.sink_parquet(good, engine="streaming")
            sink.write()
        if sink.tally.rows_in != height:
            raise PromiseError(
                f"{accepted.name}: the frame had {height:,} rows, {sink.tally.rows_in:,} were judged",
                hint="the frame gave other rows when it was read again",
            )
        shutil.move(good, accepted)
        shutil.move(bad, rejected)
    return sink.tally
