"""A run is running for as long as a process works on it, and no longer."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from dq.warehouse import Warehouse
from dq.warehouse.runs import give_up_lost

NOW = datetime(2026, 1, 2, tzinfo=UTC)
RUNNER = """
import sys
from datetime import UTC, datetime
from dq.warehouse import Warehouse
Warehouse(sys.argv[1]).start_run(sys.argv[2], "code", datetime.now(UTC))
print("running", flush=True)
sys.stdin.read()
"""


def runner(wh: Warehouse, run_id: str) -> "subprocess.Popen[str]":
    """Start a process that works on a run until it is killed."""
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", RUNNER, str(wh.place), run_id],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    return process


def states(wh: Warehouse) -> dict[str, str]:
    return dict(wh.ask("select run_id, status from quality.runs"))


def test_a_run_whose_process_is_killed_is_lost(wh: Warehouse) -> None:
    """Upkeep and the next run note it; one that lives, in this process or another, is running, however long.

    A second process of a run keeps it alive; one that was lost and then tells its end has ended that way.
    """
    wh.start_run("here", "code", NOW)
    first, second = runner(wh, "many/hands"), runner(wh, "many/hands")
    third = runner(wh, "alone")
    assert give_up_lost(wh.place) == ()
    for process in (first, third):
        process.kill()
        process.communicate()
    assert wh.maintain(NOW).lost == ("alone",)
    assert states(wh) == {"here": "running", "many/hands": "running", "alone": "lost"}
    assert wh.ask("select finished_at from quality.runs where run_id = 'alone'") == [(None,)]
    second.kill()
    second.communicate()
    wh.start_run("next", "code", NOW)
    assert states(wh) == {"here": "running", "many/hands": "lost", "alone": "lost", "next": "running"}
    wh.finish_run("alone", "succeeded", NOW)
    for run in ("here", "next"):
        wh.finish_run(run, "failed", NOW)
    assert states(wh) == {"here": "failed", "many/hands": "lost", "alone": "succeeded", "next": "failed"}
    assert give_up_lost(wh.place) == ()


def test_what_is_known_is_not_written_again(wh: Warehouse) -> None:
    """Of two who note the same end, the second makes no snapshot."""
    wh.start_run("twice", "code", NOW)
    snapshots = "select count(*) from lake.snapshots()"
    wh.finish_run("twice", "succeeded", NOW)
    before = wh.ask(snapshots)
    wh.finish_run("twice", "succeeded", NOW.replace(hour=3))
    assert wh.ask(snapshots) == before
