import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dq.errors import ConfigError, IntegrityError, UserError
from dq.publication import Change, Publication
from dq.warehouse import Warehouse
from dq.warehouse.backup import backup, restore
from tests.dq.warehouse.conftest import NewWarehouse
from tests.dq.warehouse.work import laws_hold

ROOT = Path(__file__).parents[3]


def publish(wh: Warehouse, rows: range) -> int:
    change = Change("core.t", pl.DataFrame({"a": rows}), "append")
    return wh.publish(Publication("r", (change,)), now=datetime.now(UTC)).snapshot


@pytest.mark.parametrize(
    ("kind", "other"),
    [("folder", "folder"), ("postgres", "objects"), ("objects", "postgres")],
)
def test_what_is_restored_is_what_was_backed_up(
    kind: str, other: str, tmp_path: Path, new_warehouse: NewWarehouse
) -> None:
    """Row for row, now and in the past, deletions too; it can be written on, and touches neither of the others.

    A backup is a warehouse in a folder, from wherever it was taken, and can become one of any kind.
    """
    wh = new_warehouse(kind)
    wh.start_run("r ä字", "code", datetime.now(UTC))
    first = publish(wh, range(5))
    publish(wh, range(5, 9))
    with wh.connect(read_only=False) as lake:
        lake.execute("delete from core.t where a in (1, 6)")
    saved = backup(wh.place, tmp_path / "saved")
    assert saved.files == 4
    assert saved.linked == (0 if kind == "objects" else 4)
    expected = wh.read("core.t").collect().sort("a")
    publish(wh, range(100, 200))
    wh.maintain(datetime.now(UTC) + timedelta(days=99))
    wh.maintain(datetime.now(UTC) + timedelta(days=99))

    again = new_warehouse(other)
    restored = restore(tmp_path / "saved", again.place)
    assert (restored.snapshot, restored.files, restored.bytes) == (saved.snapshot, saved.files, saved.bytes)
    runs = "select run_id, status from quality.runs"
    assert again.ask(runs) == Warehouse(tmp_path / "saved").ask(runs) == [("r ä字", "running")]
    assert_frame_equal(again.read("core.t").collect().sort("a"), expected)
    assert again.read("core.t", at=first).collect()["a"].to_list() == list(range(5))
    assert publish(again, range(50, 53)) == saved.snapshot + 1
    assert again.read("core.t").collect().height == expected.height + 3
    assert_frame_equal(Warehouse(tmp_path / "saved").read("core.t").collect().sort("a"), expected)


@pytest.mark.parametrize("kind", ["folder", "postgres"])
def test_while_a_run_writes(kind: str, tmp_path: Path, new_warehouse: NewWarehouse) -> None:
    """Backups that are taken between any two moments of a writer's work hold whole publications."""
    wh = new_warehouse(kind)
    writer = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "tests.dq.warehouse.work", "write", str(wh.place), str(tmp_path / "stop")],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert writer.stdout is not None
    while writer.stdout.readline() != "1\n":
        pass
    reached = []
    for n in range(3):
        backup(wh.place, tmp_path / f"saved{n}")
        reached.append(laws_hold(Warehouse(tmp_path / f"saved{n}")))
        time.sleep(0.3)
    writer.kill()
    writer.communicate()
    assert reached == sorted(reached)
    assert reached[0] >= 1


def test_what_is_wrong_is_refused_and_leaves_nothing(tmp_path: Path, new_warehouse: NewWarehouse) -> None:
    """No warehouse, a folder that is there, a file that is not what it was: said, and no folder is made."""
    wh = Warehouse(tmp_path / "lake")
    with pytest.raises(ConfigError, match="no warehouse"):
        backup(wh.place, tmp_path / "saved")
    publish(wh, range(5))
    with pytest.raises(UserError, match="already"):
        backup(wh.place, tmp_path)
    with pytest.raises(UserError, match="no backup"):
        restore(tmp_path / "nowhere", Warehouse(tmp_path / "other").place)
    backup(wh.place, tmp_path / "saved")
    with pytest.raises(UserError, match="already"):
        restore(tmp_path / "saved", wh.place)
    (file,) = (tmp_path / "saved").rglob("*.parquet")
    whole = file.read_bytes()
    file.unlink()
    for content, says in ((None, "not there"), (whole[:-1], "not what the catalog says")):
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(IntegrityError, match=says):
            restore(tmp_path / "saved", Warehouse(tmp_path / "other").place)
        assert not (tmp_path / "other").exists()
        far = new_warehouse("objects").place
        with pytest.raises(IntegrityError, match=says):
            restore(tmp_path / "saved", far)
        assert not far.identity()
        assert not list(far.files.found())
    file.write_bytes(whole)
    far.files.bring(file, far.files.address("core", "t", "stranger.parquet"))
    with pytest.raises(UserError, match="already"):
        restore(tmp_path / "saved", far)
