"""Drift: alarms at sources that do not change, faults found in few and in many rows, and what measuring costs.

`.venv/bin/python bench/drift.py` prints three tables and, as its last line, their numbers as JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from contracts_orders import write_orders  # noqa: E402
from contracts_run import Job, ours  # noqa: E402

from dq.drift.compare import Past, compare  # noqa: E402
from dq.drift.fields import Columns  # noqa: E402
from dq.drift.finding import Finding, alarms  # noqa: E402
from dq.drift.profile import profile  # noqa: E402
from tests.strategies.deliveries_of_one_source import delivery  # noqa: E402

SIZES = (20, 35, 60, 120, 500, 2_000, 10_000)
FAULTS = {
    "a column turns null": ("amount", pl.lit(None, pl.Float64)),
    "a tenth turns null": ("amount", pl.when(pl.int_range(pl.len()) % 10 > 0).then("amount")),
    "unit × 1000": ("amount", pl.col("amount") * 1000),
    "unit × 2": ("amount", pl.col("amount") * 2),
    "another name for a value of 9 %": ("code", pl.col("code").replace("c", "C")),
    "labels swapped (3 % positive)": ("flag", ~pl.col("flag")),
}


def measured(frame: pl.DataFrame) -> Columns:
    return {one.column_name: one for one in profile("core.x", frame)}


def quiet(budget: int) -> dict[str, tuple[int, int]]:
    """Compare fresh samples of one source: comparisons of a column, and alarms, by rows."""
    found = {}
    for rows in SIZES:
        comparisons, ringing = 0, list[Finding]()
        seed = 0
        while comparisons < budget / len(SIZES) * min(1, 2_000 / rows):
            random = np.random.default_rng((rows, seed))
            before = measured(delivery(random, int(rows * random.uniform(0.8, 1.25)), start=7 * rows))
            now = measured(delivery(random, int(rows * random.uniform(0.8, 1.25)), start=9 * rows))
            comparisons += len(now)
            ringing += alarms(compare(now, [Past(before)]))
            seed += 1
        found[f"{rows:,}"] = (comparisons, len(ringing))
    return found


def faults(times: int) -> dict[str, list[float]]:
    """Give the share of spoiled deliveries in which the column alarms, by fault and rows."""
    found: dict[str, list[float]] = {fault: [] for fault in FAULTS}
    for rows in SIZES:
        hits = dict.fromkeys(FAULTS, 0)
        for seed in range(times):
            random = np.random.default_rng((rows, seed))
            before = [Past(measured(delivery(random, rows)))]
            fresh = delivery(random, rows)
            for fault, (column, spoiled) in FAULTS.items():
                now = measured(fresh.with_columns(spoiled.alias(column)).select(column))
                old = [Past({column: before[0].columns[column]})]
                hits[fault] += any(one.column_name == column for one in alarms(compare(now, old)))
        for fault, count in hits.items():
            found[fault].append(count / times)
    return found


def cost(rows: int) -> dict[str, float]:
    """CPU seconds of copying, of judging into two files, and of measuring the accepted rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        orders, customers = write_orders(folder, rows)
        job, judge = Job(orders, customers, folder), ours()
        seconds = {}
        seconds["copy"] = _spent(lambda: pl.scan_parquet(orders).sink_parquet(folder / "copy.parquet"))
        seconds["judge"] = _spent(lambda: judge(job))
        seconds["measure"] = _spent(lambda: profile("core.orders", pl.scan_parquet(job.good)))
    return seconds


def _spent(work: object) -> float:
    before = resource.getrusage(resource.RUSAGE_SELF)
    work()  # type: ignore[operator]
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--comparisons", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--rows", type=int, default=5_000_000)
    chosen = parser.parse_args()
    alarmed = quiet(chosen.comparisons)
    print(f"{'rows':>10} {'comparisons':>12} {'alarms':>7}   an unchanged source")
    for size, (comparisons, ringing) in alarmed.items():
        print(f"{size:>10} {comparisons:>12,} {ringing:>7,}")
    told = faults(chosen.times)
    print("\n" + " " * 34 + "".join(f"{size:>8,}" for size in SIZES) + "   share of faults told, by rows")
    for fault, shares in told.items():
        print(f"{fault:34}" + "".join(f"{share:8.0%}" for share in shares))
    seconds = cost(chosen.rows)
    print(
        f"\n{chosen.rows:,} rows, 12 columns: " + ", ".join(f"{k} {v:.2f} CPU s" for k, v in seconds.items())
    )
    total = [sum(each) for each in zip(*alarmed.values(), strict=True)]
    print(
        json.dumps(
            {
                "comparisons": total[0],
                "false_alarms": total[1],
                "measure_to_judge": round(seconds["measure"] / seconds["judge"], 3),
                "measure_to_copy": round(seconds["measure"] / seconds["copy"], 3),
            }
        )
    )


if __name__ == "__main__":
    main()
