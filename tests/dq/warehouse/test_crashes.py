import random
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from dq.publication import Change
from dq.warehouse import Warehouse
from dq.warehouse.backup import backup, restore
from dq.warehouse.retention import SMALL_FILES
from dq.warehouse.staging import stage, writer
from dq.warehouse.sweeping import kept_files
from tests.dq.warehouse.work import BATCH, laws_hold, publish_next

ROOT = Path(__file__).parents[3]


def start(role: str, wh: Warehouse, stop: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "tests.dq.warehouse.work", role, str(wh.place), str(stop)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize(("catalog", "kills"), [("folder", 4), ("postgres", 2), ("objects", 2)])
def test_killed_writers_lose_and_double_nothing_and_readers_never_notice(
    catalog: str, kills: int, new_warehouse: Callable[[str], Warehouse], tmp_path: Path
) -> None:
    """Whenever a writer is killed, every snapshot that a reader ever sees is a whole one.

    What the writer reported is there, the next writer goes on from it, and what dead writers left can be swept.
    """
    wh, stop = new_warehouse(catalog), tmp_path / "stop"
    moments = random.Random(6)
    readers = [start("read", wh, stop) for _ in range(2)]
    reached, deaths_in_work = 0, 0
    for kill in range(kills):
        writer = start("write", wh, stop)
        # Some die while they open or make the lake, most somewhere in their second publication or a later one.
        said = writer.stdout.readline() if kill % 3 and writer.stdout else ""
        time.sleep(moments.uniform(0.0, 0.8))
        writer.kill()
        rest, errors = writer.communicate()
        said += rest
        assert errors == ""
        last_said = int(said.split()[-1]) if said.split() else reached
        seen = laws_hold(wh)
        # A commit may be done without having been reported, but no more than one.
        assert last_said <= seen <= last_said + 1
        deaths_in_work += seen > reached
        reached = seen
    stop.touch()
    for reader in readers:
        looks, errors = reader.communicate(timeout=300)
        assert errors == ""
        assert int(looks) > kills
    assert deaths_in_work >= kills // 2

    files = {file.address for file in wh.place.files.found()}
    assert wh.sweep(datetime.now(UTC)) == 0
    swept = wh.sweep(datetime.now(UTC) + timedelta(hours=2))
    assert len(files) - swept == len({file.address for file in wh.place.files.found()})
    assert wh.sweep(datetime.now(UTC) + timedelta(hours=2)) == 0
    assert laws_hold(wh) == reached
    with wh.connect() as lake:
        born = (
            "select min(snapshot_id) from lake.snapshots() where changes['tables_inserted_into'] is not null"
        )
        (first,) = lake.execute(born).fetchone() or (0,)
        (last,) = lake.execute("from ducklake_current_snapshot('lake')").fetchone() or (0,)
        for version in range(first, last + 1):
            past = f"select count(distinct n) * {BATCH} = count(*) from core.ever at (version => {version})"
            assert lake.execute(past).fetchone() == (True,)


@pytest.mark.parametrize(("catalog", "kills"), [("folder", 3), ("objects", 2)])
def test_killed_housekeepers_lose_nothing(
    catalog: str, kills: int, new_warehouse: Callable[[str], Warehouse], tmp_path: Path
) -> None:
    """Whenever one is killed, in compacting, expiring, freeing or sweeping, every row is there, and work goes on."""
    wh = new_warehouse(catalog)
    moments = random.Random(7)
    for kill in range(kills):
        # Enough small files that each has something to compact, and dead writers' to sweep.
        for _ in range(SMALL_FILES if kill == 0 else 1):
            reached = publish_next(wh)
        with writer(wh.place) as dead:
            stage(wh.place, Change("core.ever", pl.DataFrame({"n": [0], "i": [0]})), dead, 0)
        keeper = start("expire", wh, tmp_path / "stop")
        time.sleep(moments.uniform(0.0, 1.5))
        keeper.kill()
        assert keeper.communicate()[1] == ""
        assert laws_hold(wh) == reached
    later = datetime.now(UTC) + timedelta(days=80)
    wh.maintain(later)
    wh.maintain(later + timedelta(days=2))
    assert laws_hold(wh) == reached
    with wh.connect() as lake:
        known = {file.path for file in kept_files(wh.place, lake)}
    assert {file.address for file in wh.place.files.found()} == known


@pytest.mark.parametrize(("kind", "other"), [("folder", "folder"), ("objects", "postgres")])
def test_killed_backups_and_restores_are_whole_or_not_there(
    kind: str, other: str, new_warehouse: Callable[[str], Warehouse], tmp_path: Path
) -> None:
    """And the same call does it in the end, whatever the killed one left."""
    wh, saved = new_warehouse(kind), tmp_path / "saved"
    for _ in range(3):
        reached = publish_next(wh)
    again = new_warehouse(other)
    moments = random.Random(8)
    for role, made, there in (
        ("save", wh, lambda: Warehouse(saved)),
        ("restore", again, lambda: again),
    ):
        for _ in range(2):
            process = start(role, made, saved)
            time.sleep(moments.uniform(0.0, 0.8))
            process.kill()
            errors = process.communicate()[1]
            if there().place.identity():
                assert laws_hold(there()) == reached
                break
            assert errors == ""
        else:
            backup(wh.place, saved) if role == "save" else restore(saved, again.place)
        assert laws_hold(there()) == reached
    assert publish_next(again) == reached + 1
    assert laws_hold(again) == reached + 1


@pytest.mark.parametrize("catalog", ["folder", "postgres", "objects"])
def test_writers_queue(catalog: str, new_warehouse: Callable[[str], Warehouse]) -> None:
    """Writers in several processes at once publish one after the other: nothing collides, nothing is lost."""
    wh = new_warehouse(catalog)
    code = (
        "import sys; from datetime import UTC, datetime; import polars as pl\n"
        "from dq.warehouse import Warehouse; from dq.publication import Change, Publication\n"
        "for n in range(3):\n"
        "    me = pl.DataFrame({'who': [sys.argv[2]], 'n': [n]})\n"
        "    changes = (Change('core.all', me, 'append'), Change('core.w' + sys.argv[2], me))\n"
        "    Warehouse(sys.argv[1]).publish(Publication('r', changes), now=datetime.now(UTC))\n"
    )
    writers = [
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", code, str(wh.place), str(who)], stderr=subprocess.PIPE, cwd=ROOT
        )
        for who in range(3)
    ]
    assert [writer.communicate(timeout=600)[1] for writer in writers] == [b""] * 3
    everyone = wh.read("core.all").collect()
    assert sorted(everyone.rows()) == [(str(who), n) for who in range(3) for n in range(3)]
    assert all(wh.read(f"core.w{who}").collect().rows() == [(str(who), 2)] for who in range(3))
