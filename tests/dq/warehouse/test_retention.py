"""What `dq maintain` removes nobody misses: not now, not in a release's past, not in another process that reads."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from dq.errors import UserError
from dq.publication import Change, Publication
from dq.warehouse import Warehouse
from dq.warehouse.retention import SMALL_FILES
from tests.dq.warehouse.conftest import PLACES

NOW = datetime.now(UTC)
MUCH_LATER = NOW + timedelta(days=40)
HOLDER = """
import sys
from dq.warehouse import Warehouse
wh = Warehouse(sys.argv[1])
frame = wh.read("core.t")
lake = wh.connect()
lake.begin()
before = lake.execute("select count(*) from core.t").fetchone()
print("holding", flush=True)
sys.stdin.readline()
print(frame.collect().height, *before, *lake.execute("select sum(a) from core.t").fetchone(), flush=True)
"""


def publish(wh: Warehouse, *changes: Change) -> int:
    return wh.publish(Publication("r", changes), now=NOW).snapshot


def rows(n: int) -> pl.DataFrame:
    return pl.DataFrame({"a": [n] * 3}, schema={"a": pl.Int64})


def files(wh: Warehouse) -> set[str]:
    return {file.address for file in wh.place.files.found()}


@pytest.mark.parametrize("catalog", PLACES)
def test_old_snapshots_go_and_what_is_needed_stays(
    catalog: str, new_warehouse: Callable[[str], Warehouse]
) -> None:
    """Snapshots of releases and of now stay with all their files; a dry run says the same and does nothing.

    A reader in another process, in a transaction and with a frame of a snapshot that expires, reads on.
    """
    wh = new_warehouse(catalog)
    for n in range(3):
        publish(wh, Change("core.t", rows(n)))
    release = pl.DataFrame({"dataset": ["t"], "version": [1]})
    released = publish(wh, Change("quality.releases", release, "append"))
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", HOLDER, str(wh.place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "holding\n"
        publish(wh, Change("core.t", rows(4)))
        newest = publish(wh, Change("core.t", rows(5)))
        before = files(wh)

        planned = wh.maintain(MUCH_LATER, dry_run=True)
        assert files(wh) == before
        assert planned.expired == tuple(v for v in range(newest) if v != released)
        done = wh.maintain(NOW + timedelta(days=31))
        assert done.expired == planned.expired
        # Their files wait for the readers.
        assert files(wh) == before
        out, _ = reader.communicate("go\n", timeout=300)
    assert out == "3 3 6\n"

    assert wh.maintain(MUCH_LATER).freed == 3
    assert len(before) - len(files(wh)) == 3
    assert wh.read("core.t").collect()["a"].to_list() == [5] * 3
    assert wh.read("core.t", at=released).collect()["a"].to_list() == [2] * 3
    with pytest.raises(UserError):
        wh.read("core.t", at=released - 1)
    again = wh.maintain(MUCH_LATER)
    assert (again.expired, again.kept, again.freed, again.orphans) == ((), 2, 0, 0)


@pytest.mark.parametrize("catalog", PLACES)
def test_small_files_become_one(catalog: str, new_warehouse: Callable[[str], Warehouse]) -> None:
    """The rows, the comment and the past are the same; what is large enough or few stays as it is."""
    wh = new_warehouse(catalog)
    for n in range(SMALL_FILES):
        two = pl.DataFrame({"a": [n, 100 + n]})
        last = publish(wh, Change("core.t", two, "append", comment="numbers"))
    publish(wh, Change("core.few", rows(1)))
    with wh.connect(read_only=False) as lake:
        lake.execute("delete from core.t where a = 0")
    assert wh.maintain(NOW).compacted == (("core.t", SMALL_FILES),)
    assert sorted(wh.read("core.t").collect()["a"]) == [
        *range(1, SMALL_FILES),
        *range(100, 100 + SMALL_FILES),
    ]
    assert wh.read("core.t", at=last).collect().height == SMALL_FILES * 2
    with wh.connect() as lake:
        assert lake.execute(
            "select count(*) from ducklake_list_files('lake', 't', schema => 'core')"
        ).fetchone() == (1,)
        assert lake.execute("select comment from duckdb_tables() where table_name = 't'").fetchone() == (
            "numbers",
        )
    assert wh.maintain(NOW).compacted == ()


def test_today_cannot_expire(new_warehouse: Callable[[str], Warehouse]) -> None:
    """Readers may hold a snapshot of today; where there is no warehouse there is nothing to do."""
    wh = new_warehouse("folder")
    assert wh.maintain(NOW).expired == ()
    assert not Path(str(wh.place)).exists()
    with pytest.raises(UserError, match="0 days"):
        wh.maintain(NOW, keep_days=0)
