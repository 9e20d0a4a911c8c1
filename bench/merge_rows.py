"""Exact de-duplication and merging: ours beside hand-written Polars and DuckDB, one process each, in one run.

Three sources of `--rows` rows each with four columns, 2 % of which differ and 2 % of which are null; a tenth of the ids
of a source stand there twice, four fifths of them in the other sources too.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from merge_rows_run import CONTESTANTS, SOURCES

HERE = Path(__file__).parent
CITIES = np.array(["ulm", "bonn", "kiel", "jena", "trier", "mainz", "fulda", "halle"])
STATES = np.array(["open", "paid", "late"])


def write_rows(folder: Path, rows: int) -> None:
    """Write one file per source."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, name in enumerate(SOURCES):
        rng = np.random.default_rng(place)
        ids = rng.permutation(int(rows * 0.9)) + place * int(rows * 0.18)
        ids = np.concatenate([ids, ids[: rows - len(ids)]])
        rng.shuffle(ids)
        off, gone = rng.random((4, rows)) < 0.02, rng.random((4, rows)) < 0.02
        told = {
            "amount": np.where(off[0], ids % 977 + 0.5, ids % 977 * 1.25),
            "city": CITIES[(ids + off[1]) % 8],
            "score": (ids * 7 + off[2]) % 100,
            "status": STATES[(ids + off[3]) % 3],
        }
        frame = pl.DataFrame(
            {"id": ids, "_landing_id": np.full(rows, name), "_row": np.arange(rows)}
        ).with_columns(
            pl.Series(column, values).set(pl.Series(gone[at]), None)
            for at, (column, values) in enumerate(told.items())
        )
        frame.write_parquet(folder / f"{name}.parquet")


def run_once(who: str, task: str, folder: Path) -> dict[str, Any]:
    """Run one contestant."""
    with tempfile.TemporaryDirectory(dir=folder) as out:
        done = subprocess.run(
            [sys.executable, str(HERE / "merge_rows_run.py"), who, task, str(folder), out],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(HERE.parent)},
        )
    if done.returncode:
        return {
            "error": (done.stderr.strip() or f"ended by signal {-done.returncode}").splitlines()[-1][:200]
        }
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def run(given: argparse.Namespace) -> None:
    """Print a table for each size, and as the last line one JSON object."""
    results: dict[str, Any] = {}
    for rows in given.rows:
        folder = given.data / f"rows-{rows}"
        if not (folder / "c.parquet").exists():
            write_rows(folder, rows)
        print(f"\n3 sources of {rows:,} rows (dedupe: one of them)")
        print(f"{'':<20}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}{'rows':>12}{'ours / it':>11}")
        for task in given.tasks:
            ours = None
            for who in (name for name, its in CONTESTANTS if its == task and name not in given.without):
                runs = [run_once(who, task, folder) for _ in range(given.runs)]
                failed = [one for one in runs if "error" in one]
                if failed:
                    print(f"{task + ', ' + who:<20}  {failed[0]['error']}", flush=True)
                    results[f"{task} {who} {rows}"] = failed[0]
                    continue
                one = {key: statistics.median(r[key] for r in runs) for key in runs[0]}
                ours = one["cpu"] if who == "ours" else ours
                ratio = f"{ours / one['cpu']:>11.2f}" if ours else ""
                results[f"{task} {who} {rows}"] = one
                seconds = f"{one['cpu']:>8.1f}{one['wall']:>8.1f}{one['mb']:>9,.0f}"
                print(f"{task + ', ' + who:<16}{seconds}{one['rows']:>12,.0f}{ratio}", flush=True)
    print(json.dumps({"bench": "merge rows", "limits": {"cpu ratio": 1.3, "mb": 4096}, "results": results}))


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this bench takes."""
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument(
        "--tasks",
        nargs="+",
        default=["dedupe", "merge"],
        choices=["dedupe", "merge", "variants"],
        help="variants: our merge by other rules and of other rows",
    )
    parser.add_argument("--without", nargs="*", default=[], help="contestants to leave out, as polars+")
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "dq-bench-merge")
