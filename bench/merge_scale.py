"""What the rule `trusted` costs as what is said grows: CPU seconds and peak memory, one process each.

Ten sources of which four copy one another speak of four columns, a seventh of it missing; a cell is one statement.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

SOURCES, COLUMNS, KNOWN = 10, 4, 6 / 7


def write(folder: Path, cells: int) -> None:
    """Write one file per source."""
    n = int(cells / (SOURCES * COLUMNS * KNOWN))
    rng = np.random.default_rng(1)
    size = (n, COLUMNS)
    truth, usual = rng.integers(0, 1_000, size), rng.integers(0, 1_000, size)

    def said(accuracy: float) -> np.ndarray:
        wrong = np.where(rng.random(size) < 0.5, usual, rng.integers(0, 1_000, size))
        return np.where(rng.random(size) < accuracy, truth, wrong)

    copied = said(0.6)
    for source in range(SOURCES):
        values = said(0.55 + 0.04 * source)
        if source < 4:
            values = np.where(rng.random(size) < 0.9, copied, values)
        gone = rng.random(size) > KNOWN
        frame = pl.DataFrame({"id": np.arange(n), "_row": np.arange(n)}).with_columns(
            pl.lit("x").alias("_landing_id"),
            *(pl.Series(f"c{c}", values[:, c]).set(pl.Series(gone[:, c]), None) for c in range(COLUMNS)),
        )
        frame.write_parquet(folder / f"s{source}.parquet")
    pl.DataFrame({"id": np.arange(n)} | {f"t{c}": truth[:, c] for c in range(COLUMNS)}).write_parquet(
        folder / "truth.parquet"
    )


def once(folder: Path) -> dict[str, float]:
    """Merge what the folder says, in this process."""
    from dq.merge import Survivorship, merge_streaming

    told = {f"s{s}": pl.scan_parquet(folder / f"s{s}.parquet") for s in range(SOURCES)}
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        started = time.process_time()
        merged = merge_streaming(
            told,
            entity="id",
            survivorship=Survivorship("trusted"),
            table="bench.scale",
            scratch=Path(scratch),
        )
        spent = time.process_time() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        both = merged.frame.lazy().join(pl.scan_parquet(folder / "truth.parquet"), on="id")
        right = both.select((pl.col(f"c{c}") == pl.col(f"t{c}")).mean() for c in range(COLUMNS)).collect()
    return {"cpu_s": round(spent, 1), "peak_mb": peak, "right": round(float(np.mean(right.row(0))), 4)}


def run(given: argparse.Namespace) -> None:
    """Print one line for each number of cells, and as the last line one JSON object."""
    results = {}
    print(f"{'cells':>12}{'right':>8}{'CPU s':>8}{'s a million':>13}{'peak MB':>9}")
    for cells in given.cells:
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), cells)
            done = subprocess.run(
                [sys.executable, __file__, folder],
                capture_output=True,
                text=True,
                check=False,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
            )
            if done.returncode:
                raise SystemExit(done.stderr[-2000:])
            found = results[str(cells)] = json.loads(done.stdout.splitlines()[-1])
            each = found["cpu_s"] / cells * 1e6
            told = f"{found['right']:>8.1%}{found['cpu_s']:>8}{each:>13.2f}{found['peak_mb']:>9,}"
            print(f"{cells:>12,}{told}", flush=True)
    print(json.dumps({"bench": "merge scale", "results": results}))


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this bench takes."""
    parser.add_argument("--cells", type=int, nargs="+", default=[1_000_000, 3_000_000, 10_000_000])


if __name__ == "__main__":
    print(json.dumps(once(Path(sys.argv[1]))))
