"""CSV with bad lines: ours beside DuckDB, polars and pandas, at two sizes, a process each.

The file is made up: orders of four columns, quoted cells among them, and every 1,000th line is bad (too short, too
long, or with a quote that is never closed). Ours keeps every good row and tells every bad line; what the others make of
them stands in the last two columns.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

SIZES = (250_000, 1_000_000)
COLUMNS = ("order_id", "customer", "amount", "note")
BAD = ("{n},c{n}\n", "{n},c{n},1.50,x,too,many\n", '{n},c{n},2.50,"never closed\n')
LIMIT = 1.3


def write(path: Path, rows: int) -> int:
    """Write the file; gives how many of its lines are bad."""
    bad = 0
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(COLUMNS) + "\n")
        for n in range(rows):
            if n % 1000 == 999:
                file.write(BAD[bad % 3].format(n=n))
                bad += 1
            elif n % 10 == 3:
                file.write(f'{n},customer-{n % 5000},{n % 997}.25,"left at the door, ""as usual"""\n')
            else:
                file.write(f"{n},customer-{n % 5000},{n % 997}.25,delivered\n")
    return bad


def ours(path: Path) -> tuple[int, int]:
    from connectors.delimited import Delimited

    decoded = Delimited().read(path.read_bytes(), path.name)
    assert decoded.rows.height + decoded.rejects["_row"].n_unique() == decoded.records
    return decoded.rows.height, decoded.rejects.height


def duckdb(path: Path) -> tuple[int, int]:
    import duckdb

    columns = ", ".join(f"'{name}': 'varchar'" for name in COLUMNS)
    connection = duckdb.connect()
    connection.execute(
        f"create table found as select * from read_csv('{path}', columns = {{{columns}}}, delim = ',', quote = '\"', "
        "header = true, auto_detect = false, store_rejects = true, rejects_limit = 0)"
    )
    kept = connection.execute("select count(*) from found").fetchall()[0][0]
    told = connection.execute("select count(distinct line) from reject_errors").fetchall()[0][0]
    return int(kept), int(told)


def polars(path: Path) -> tuple[int, int]:
    import polars as pl

    schema = dict.fromkeys(COLUMNS, pl.String)
    frame = pl.read_csv(path, schema=schema, ignore_errors=True, truncate_ragged_lines=True)
    return frame.height, 0


def pandas(path: Path) -> tuple[int, int]:
    import pandas as pd

    return len(pd.read_csv(path, dtype=str, on_bad_lines="skip")), 0


READERS: dict[str, Callable[[Path], tuple[int, int]]] = {
    "ours": ours,
    "duckdb": duckdb,
    "polars": polars,
    "pandas": pandas,
}


def run(reader: str, path: Path) -> dict[str, float]:
    """Read in this process and say what it cost; the imports are not counted."""
    warm = path.with_suffix(".warm")
    READERS[reader](warm)
    before = resource.getrusage(resource.RUSAGE_SELF)
    wall = time.perf_counter()
    kept, told = READERS[reader](path)
    wall = time.perf_counter() - wall
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu": cpu, "wall": wall, "peak": after.ru_maxrss / 1024, "kept": kept, "told": told}


def measure(peers: str, runs: int) -> dict[str, float]:
    """Print the table of all readers at both sizes; give the ratios."""
    told: dict[tuple[str, int], dict[str, float]] = {}
    print(f"CSV, every 1,000th line bad; medians of {runs}")
    print(f"{'':8}{'rows':>10}{'MB':>6}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}{'kept':>11}{'told':>6}")
    with TemporaryDirectory(prefix="dq-bench-csv-") as folder:
        for size in SIZES:
            path = Path(folder) / f"{size}.csv"
            write(path, size)
            write(path.with_suffix(".warm"), 2000)
            for reader in READERS:
                python = peers if reader == "pandas" else sys.executable
                found = [_in_a_process(python, reader, path) for _ in range(runs)]
                cost = {key: median(one[key] for one in found) for key in found[0]}
                if not cost:
                    print(f"{reader:8}{size:>10,}  cannot read the file at all")
                    continue
                told[reader, size] = cost
                print(
                    f"{reader:8}{size:>10,}{path.stat().st_size / 1e6:>6.0f}{cost['cpu']:>8.2f}{cost['wall']:>8.2f}"
                    f"{cost['peak']:>9.0f}{cost['kept']:>11,.0f}{cost['told']:>6,.0f}"
                )
    small, large = SIZES
    ratios = {
        "CPU, of DuckDB with store_rejects": told["ours", large]["cpu"] / told["duckdb", large]["cpu"],
        "CPU, of pandas": told["ours", large]["cpu"] / told["pandas", large]["cpu"],
        "peak memory of a file four times as large": told["ours", large]["peak"]
        / told["ours", small]["peak"],
        "peak memory, of DuckDB": told["ours", large]["peak"] / told["duckdb", large]["peak"],
    }
    for name, ratio in ratios.items():
        limit = f" (at most {LIMIT})" if "store_rejects" in name else ""
        print(f"{name}: {ratio:.2f}×{limit}")
    return ratios


def _in_a_process(python: str, reader: str, path: Path) -> dict[str, float]:
    done = subprocess.run(
        [python, __file__, "--reader", reader, str(path)], capture_output=True, text=True, check=False
    )
    if done.returncode and reader == "ours":
        raise SystemExit(f"{reader} failed:\n{done.stderr}")
    if done.returncode:
        return {}
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    parser = argparse.ArgumentParser()
    parser.add_argument("--reader", choices=READERS)
    parser.add_argument("--peers", default=sys.executable)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("path", nargs="?", type=Path)
    chosen = parser.parse_args()
    if chosen.reader:
        print(json.dumps(run(chosen.reader, chosen.path)))
    else:
        print(json.dumps(measure(chosen.peers, chosen.runs)))
