"""Scratch folders of killed processes are swept, those of living ones are not."""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from dq import scratch
from dq.scratch import Scratch, left_behind, sweep

WORKER = """
import sys
from dq.scratch import Scratch

with Scratch("work") as folder:
    (folder / "rows").mkdir()
    (folder / "rows" / "part").write_bytes(b"half")
    print(folder, flush=True)
    sys.stdin.read()
    print((folder / "rows" / "part").read_text(), flush=True)
"""


@pytest.fixture(autouse=True)
def own_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests' folders lie elsewhere."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


def begin() -> tuple[subprocess.Popen[str], Path]:
    """Start a process that works in a scratch folder until its input ends."""
    worker = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    return worker, Path(worker.stdout.readline().strip())


def test_only_what_the_dead_left_is_swept(tmp_path: Path) -> None:
    """Of two processes one is killed: its folder goes at once; the other goes on, and leaves nothing."""
    (alive, its), (killed, left) = begin(), begin()
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    (tmp_path / f"{scratch.PREFIX}file").write_text("no folder")
    (tmp_path / f"{scratch.PREFIX}link").symlink_to(tmp_path)
    assert (left / "rows" / "part").exists()
    assert left_behind() == [left]
    assert sweep() == 1
    assert not left.exists()
    assert its.exists()
    out, _ = alive.communicate("")
    assert out == "half\n"
    assert not its.exists()
    assert (tmp_path / f"{scratch.PREFIX}link").exists()


def test_a_folder_lives_as_long_as_what_holds_it() -> None:
    """Entered or not, nobody sweeps it; it goes with what holds it."""
    held = Scratch("held")
    folder = held.path
    assert sweep() == 0
    assert folder.is_dir()
    del held
    assert not folder.exists()
