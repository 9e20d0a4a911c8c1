"""CSV with bad lines: ours beside DuckDB, polars and pandas, at three sizes, a process each.

The file is made up: orders of four columns, quoted cells among them, and every 1,000th line is bad (too short, too
long, or with a quote that is never closed). Ours keeps every good row and tells every bad line; what the others make of
them stands in the last two columns. `ours, lake` is the whole way: the file is landed, checked, read, measured and
published with its quarantine, ledger and profiles as a raw table of a lake; `duckdb, files` is the nearest to it that
DuckDB does alone: rows and rejects to two Parquet files.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

SIZES = (250_000, 1_000_000, 4_000_000)
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
    from connectors.reader import together

    decoded = together(list(Delimited().read_parts(path, path.name)))
    assert decoded.rows.height + decoded.rejects["_row"].n_unique() == decoded.records
    return decoded.rows.height, decoded.rejects.height


def ours_to_lake(path: Path) -> tuple[int, int]:
    import pandera.polars as pa

    from connectors.delimited import Delimited
    from connectors.files import Files
    from dq.feed import Feed
    from dq.run import Run
    from dq.settings import Settings
    from dq.stage.collect import collect

    class Order(pa.DataFrameModel):
        order_id: int

        class Config:
            name = "core.bench__orders"

    with TemporaryDirectory(prefix="dq-bench-lake-", dir=path.parent) as home:
        settings = Settings.of({"DQ_HOME": home, "DQ_FILES": str(path.parent)}, Path(home))
        run = Run("bench", settings, "v1", lambda: datetime.now(UTC))
        ledger = collect(Feed(Files("bench__orders", path.name, Delimited()), Order), run).ledger
        assert ledger is not None
        rows = run.warehouse.ask("select count(*) from raw.bench__orders")[0][0]
        told = run.warehouse.ask("select count(*) from quarantine.raw__bench__orders")[0][0]
        assert (ledger.accepted, ledger.quarantined) == (rows, told)
    return rows, told


def duckdb(path: Path) -> tuple[int, int]:
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"create table found as {_all_of(path)}")
    kept = connection.execute("select count(*) from found").fetchall()[0][0]
    told = connection.execute("select count(distinct line) from reject_errors").fetchall()[0][0]
    return int(kept), int(told)


def duckdb_to_files(path: Path) -> tuple[int, int]:
    import duckdb

    connection = duckdb.connect()
    with TemporaryDirectory(prefix="dq-bench-files-", dir=path.parent) as folder:
        form = "(format parquet, compression zstd)"
        kept = connection.execute(f"copy ({_all_of(path)}) to '{folder}/rows.parquet' {form}").fetchall()[0][
            0
        ]
        told = connection.execute("select count(distinct line) from reject_errors").fetchall()[0][0]
        connection.execute(f"copy (from reject_errors) to '{folder}/rejects.parquet' {form}")
    return int(kept), int(told)


def _all_of(path: Path) -> str:
    columns = ", ".join(f"'{name}': 'varchar'" for name in COLUMNS)
    return (
        f"select * from read_csv('{path}', columns = {{{columns}}}, delim = ',', quote = '\"', "
        "header = true, auto_detect = false, store_rejects = true, rejects_limit = 0)"
    )


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
    "ours, lake": ours_to_lake,
    "duckdb, files": duckdb_to_files,
    "polars": polars,
    "pandas": pandas,
}


def run(reader: str, path: Path) -> dict[str, float]:
    """Read in this process and say what it cost; the imports are not counted."""
    READERS[reader](path.with_suffix(".warm"))
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
    print(f"{'':14}{'rows':>10}{'MB':>6}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}{'kept':>11}{'told':>6}")
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
                    print(f"{reader:14}{size:>10,}  cannot read the file at all")
                    continue
                told[reader, size] = cost
                print(
                    f"{reader:14}{size:>10,}{path.stat().st_size / 1e6:>6.0f}{cost['cpu']:>8.2f}{cost['wall']:>8.2f}"
                    f"{cost['peak']:>9.0f}{cost['kept']:>11,.0f}{cost['told']:>6,.0f}"
                )
    small, middle, large = SIZES

    def ratio(what: str, reader: str, size: int, of: str, of_size: int) -> float:
        return told[reader, size][what] / told[of, of_size][what] if (of, of_size) in told else float("nan")

    ratios = {
        "CPU, of DuckDB with store_rejects": ratio("cpu", "ours", large, "duckdb", large),
        "CPU, of pandas": ratio("cpu", "ours", large, "pandas", large),
        "CPU to the lake, of DuckDB to two files": ratio("cpu", "ours, lake", large, "duckdb, files", large),
        "peak to the lake, of a file 4 times as large": ratio(
            "peak", "ours, lake", large, "ours, lake", middle
        ),
        "peak to the lake, of a file 16 times as large": ratio(
            "peak", "ours, lake", large, "ours, lake", small
        ),
        "peak to the lake, of DuckDB to two files": ratio(
            "peak", "ours, lake", large, "duckdb, files", large
        ),
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
