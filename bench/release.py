"""Making a release of few and of many rows: CPU seconds and peak memory of each, beside a sort of it all by Polars.

    python -m bench.release [--rows 1000000 4000000 16000000] [--alone]

Each runs in a process of its own, over the same Parquet file: eight numbers, a text of about 60 characters, a label.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from dq.release import Gate, SourceUse, build_release

STEP = 500_000


def make(rows: int, to: Path) -> Path:
    """Write the table, a part at a time."""
    parts = to / f"{rows}"
    parts.mkdir()
    for number, first in enumerate(range(0, rows, STEP)):
        random, count = np.random.default_rng(number), min(STEP, rows - first)
        numbers = random.normal(size=(8, count)).astype(np.float32)
        ids = np.arange(first, first + count)
        pl.DataFrame({f"x{at}": column for at, column in enumerate(numbers)}).with_columns(
            id=pl.lit(pl.Series(ids)),
            text=pl.format("a text of its own for {} and as long as a short message", pl.lit(pl.Series(ids))),
            label=pl.lit(pl.Series(random.integers(0, 2, count))),
            split=pl.lit(pl.Series(np.where(ids % 10, "train", "test"))),
        ).write_parquet(parts / f"{number}.parquet")
    return parts


def ours(table: Path, to: Path) -> None:
    """Make a release."""
    build_release(
        pl.scan_parquet(table / "*.parquet"),
        dataset="bench",
        root=to,
        key="id",
        features=[*(f"x{at}" for at in range(8)), "text"],
        label="label",
        sources=[SourceUse("bench__made", "CC0-1.0", 0, 1)],
        gate=Gate(),
        code_version="bench",
        now=datetime(2026, 1, 1, tzinfo=UTC),
    )


def polars(table: Path, to: Path) -> None:
    """Sort by a hash and write, and nothing else: no content hash, no checks, no manifest."""
    to.mkdir()
    rows = pl.scan_parquet(table / "*.parquet").sort(pl.col("id").hash())
    rows.sink_parquet(pl.PartitionBy(to, key="split"), engine="streaming", mkdir=True)


def measured(work: Callable[[Path, Path], None], table: Path) -> tuple[float, float]:
    """Run it in a process of its own; give CPU seconds and the peak in MB."""
    with multiprocessing.get_context("spawn").Pool(1) as pool, tempfile.TemporaryDirectory() as folder:
        return pool.apply(_used, (work, table, Path(folder) / "out"))


def _used(work: Callable[[Path, Path], None], table: Path, to: Path) -> tuple[float, float]:
    work(table, to)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 4_000_000, 16_000_000])
    parser.add_argument("--alone", action="store_true", help="leave the sort by Polars out")
    asked = parser.parse_args()
    print(f"{'rows':>12} {'release CPU s':>14} {'peak MB':>9} {'Polars CPU s':>14} {'peak MB':>9}")
    for rows in asked.rows:
        with tempfile.TemporaryDirectory() as folder:
            table = make(rows, Path(folder))
            cpu, peak = measured(ours, table)
            print(f"{rows:>12,} {cpu:>14.1f} {peak:>9,.0f}", end="", flush=True)
            by_polars, its_peak = (None, None) if asked.alone else measured(polars, table)
        print("" if its_peak is None else f" {by_polars:>14.1f} {its_peak:>9,.0f}", flush=True)


if __name__ == "__main__":
    main()
