"""What a kill left half-written is swept, by real processes that are killed or live on."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from dq.abandoned import PREFIX, abandoned, sweep
from dq.cli.maintain import print_upkeep
from dq.landing import LandingStore
from dq.warehouse import Warehouse

LATER = timedelta(hours=2)
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from dq.landing import LandingStore

def pieces():
    yield b"half"
    print("landing", flush=True)
    sys.stdin.read()
    yield b"whole"

land = LandingStore(Path(sys.argv[1])).land_for("demo__x", "CC0", lambda: datetime.now(UTC))
print(land(pieces(), url="file:x").path, flush=True)
"""


def begin(root: Path) -> subprocess.Popen[str]:
    """Start a process that is in the middle of landing a body until its input ends."""
    writer = subprocess.Popen(  # noqa: S603 — our own program
        [sys.executable, "-c", WRITER, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "landing\n"
    return writer


def half_written(root: Path) -> list[Path]:
    return list(root.glob(f"*/{PREFIX}*"))


def test_only_what_the_dead_left_is_swept(tmp_path: Path) -> None:
    """Two writers, one killed: its file goes after an hour, not before; the other's body lands whole."""
    now = datetime.now(UTC)
    alive, killed = begin(tmp_path), begin(tmp_path)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert len(half_written(tmp_path)) == 2
    assert sweep(tmp_path, now) == 0
    assert len(abandoned(tmp_path, now + LATER)) == sweep(tmp_path, now + LATER) == 1
    out, _ = alive.communicate("")
    landed = tmp_path / out.strip()
    assert landed.read_bytes() == b"halfwhole"
    assert sweep(tmp_path, now + LATER) == 0
    assert half_written(tmp_path) == []
    assert landed.exists()


def test_maintenance_tells_and_sweeps_it(tmp_path: Path) -> None:
    """A dry run only says so."""
    root = tmp_path / "landing"
    (root / "demo__x").mkdir(parents=True)
    left = root / "demo__x" / f"{PREFIX}abc"
    left.write_bytes(b"half")
    old = (datetime.now(UTC) - LATER).timestamp()
    os.utime(left, (old, old))
    store = LandingStore(root)
    body = store.land_for("demo__x", "CC0", lambda: datetime.now(UTC))(b"body", url="file:y")
    for dry_run in (True, False):
        assert left.exists()
        with (tmp_path / "said.txt").open("w") as said:
            print_upkeep(
                Warehouse(tmp_path / "lake"),
                root,
                Console(file=said),
                datetime.now(UTC),
                keep_days=30,
                dry_run=dry_run,
            )
        assert "1 file that a dead fetch left half-written" in (tmp_path / "said.txt").read_text()
    assert not left.exists()
    assert store.read(body) == b"body"
