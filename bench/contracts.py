"""Contracts: ours and the peers judge the same orders, one process each, in one run.

    python bench/contracts.py --rows 5000000 20000000 --runs 3 --peers .venv-bench-contracts/bin/python

Seconds are CPU seconds over all cores without imports; memory is the process's peak. Ratios are to `copy`, which reads
the Parquet and writes it again. The last line is one JSON object of the ratios.
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

from contracts_orders import write_orders

HERE = Path(__file__).parent
OURS = ("decode", "copy", "ours", "ours_eager", "pandera_eager")
PEERS = ("dataframely", "pointblank", "soda", "great_expectations")
SPLITS = {"ours", "ours_eager", "pandera_eager", "dataframely"}
MOST_ROWS = {"great_expectations": 5_000_000}
MOST_ALL_BAD = 20_000_000
LIMITS = {"ours cpu / copy": 1.5, "ours MB at 20M": 1500.0, "all bad / all good": 3.0}


def run_once(python: str, contestant: str, orders: Path, customers: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=orders.parent) as out:
        done = subprocess.run(
            [python, str(HERE / "contracts_run.py"), contestant, str(orders), str(customers), out],
            capture_output=True,
            text=True,
            check=False,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent)]),
                "PYTHONWARNINGS": "ignore",
            },
        )
    if done.returncode != 0:
        lines = (done.stderr.strip() or f"ended by signal {-done.returncode}").splitlines()
        return {"error": lines[-1][:200]}
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def medians(runs: list[dict[str, Any]]) -> dict[str, Any]:
    failed = [one for one in runs if "error" in one]
    if failed:
        return failed[0]
    return {key: statistics.median(one[key] for one in runs) for key in ("cpu", "wall", "mb", "found")}


def race(
    rows: int, every: int, contestants: list[tuple[str, str]], runs: int, data: Path, *, keys: str
) -> dict[str, dict[str, Any]]:
    """Run everyone `runs` times, taking turns, so that a noisy minute hits all alike."""
    orders, customers = write_orders(data, rows, every, keys)
    taken: dict[str, list[dict[str, Any]]] = {name: [] for name, _ in contestants}
    for _ in range(runs):
        for name, python in contestants:
            if rows <= MOST_ROWS.get(name, rows):
                taken[name].append(run_once(python, name, orders, customers))
    return {name: medians(found) for name, found in taken.items() if found}


def table(rows: int, results: dict[str, dict[str, Any]], keys: str) -> None:
    copy = results["copy"]["cpu"]
    print(f"\n{rows:,} rows, 12 columns, 25 rules, 1 % bad, keys {keys}")
    print(f"{'':<20}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}{'CPU/copy':>10}{'found':>10}  does")
    for name, one in results.items():
        if "error" in one:
            print(f"{name:<20}  {one['error']}")
            continue
        does = "split with reasons" if name in SPLITS else "counts only" if name in PEERS else ""
        seconds = f"{one['cpu']:>8.2f}{one['wall']:>8.2f}{one['mb']:>9,.0f}"
        print(f"{name:<20}{seconds}{one['cpu'] / copy:>10.2f}{one['found']:>10,.0f}  {does}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[5_000_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keys", choices=("ascending", "scattered"), default="ascending")
    parser.add_argument("--peers", help="the Python of the peers' environment; without it they do not run")
    parser.add_argument("--only", nargs="+", help="contestants to run beside copy")
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "dq-bench-contracts")
    given = parser.parse_args()
    given.data.mkdir(parents=True, exist_ok=True)
    everyone = [(name, sys.executable) for name in OURS]
    everyone += [(name, given.peers) for name in PEERS if given.peers]
    chosen = [one for one in everyone if not given.only or one[0] in {*given.only, "copy"}]

    ratios: dict[str, Any] = {}
    for rows in given.rows:
        results = race(rows, 100, chosen, given.runs, given.data, keys=given.keys)
        table(rows, results, given.keys)
        copy = results["copy"]["cpu"]
        for name, one in results.items():
            if "error" in one:
                ratios[f"{name} {rows}"] = {"error": one["error"]}
            else:
                ratios[f"{name} {rows}"] = {
                    "cpu_to_copy": round(one["cpu"] / copy, 3),
                    "mb": round(one["mb"]),
                }
    if (not given.only or "ours" in given.only) and min(given.rows) <= MOST_ALL_BAD:
        rows = min(given.rows)
        mine = [("ours", sys.executable)]
        good = race(rows, rows + 1, mine, given.runs, given.data, keys=given.keys)["ours"]
        bad = race(rows, 1, mine, given.runs, given.data, keys=given.keys)["ours"]
        ratios["ours all bad to all good"] = round(bad["cpu"] / good["cpu"], 3)
        print(
            f"\nours, all {rows:,} rows bad: {bad['cpu']:.2f} CPU s, {bad['mb']:,.0f} MB; all good: {good['cpu']:.2f}"
        )
    print(json.dumps({"bench": "contracts", "keys": given.keys, "limits": LIMITS, "ratios": ratios}))


if __name__ == "__main__":
    main()
