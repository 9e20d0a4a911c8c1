from datetime import UTC, datetime

import polars as pl
import pytest

from dq.errors import UserError
from dq.ledger import LedgerEntry
from dq.publication import Change, Publication
from dq.warehouse import Warehouse
from dq.warehouse.snapshots import history, snapshot_before, version_of

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def wh(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Two tables in five snapshots: made, grown, replaced, partly deleted by another client, re-typed."""
    wh = Warehouse(tmp_path_factory.mktemp("lake"))
    wh.start_run("r1", "code", NOW)
    one, two = pl.DataFrame({"a": [1, 2, 3]}), pl.DataFrame({"a": range(10)})
    ledger = (LedgerEntry("core.t", 3, 3),)
    wh.publish(Publication("r1", (Change("core.t", one), Change("core.u", two)), ledger=ledger), now=NOW)
    wh.publish(Publication("r2", (Change("core.t", two, "append"),)), now=NOW)
    wh.publish(Publication("r3", (Change("core.t", two),)), now=NOW)
    with wh.connect(read_only=False) as lake:
        lake.execute("delete from core.t where a < 4")
    wh.publish(Publication("r4", (Change("core.t", one.cast(pl.String)),)), now=NOW)
    return wh


def test_rows_before_and_after_of_every_change(wh: Warehouse) -> None:
    """Newest first, by table: what was there is what the next snapshot begins with; runs and comments stand by."""
    with wh.connect() as lake:
        rows = history(lake, "core.t")
        sizes = rows.select("rows_before", "rows_after", "run_id", "comment").rows()
        # The row counts are told from the list of files; the tables themselves must say the same.
        counted = [
            lake.execute(f"select count(*) from core.t at (version => {v})").fetchone()
            for v in rows["version"]
        ]
    assert sizes == [
        (6, 3, "r4", "published"),
        (10, 6, None, None),
        (13, 10, "r3", "published"),
        (3, 13, "r2", "published"),
        (0, 3, "r1", "published"),
    ]
    assert counted == [(after,) for after in rows["rows_after"]]


def test_every_snapshot_is_listed(wh: Warehouse) -> None:
    """Without a table each snapshot is there, also one that changed no published table; a limit cuts the oldest."""
    with wh.connect() as lake:
        rows = history(lake, limit=1000)
        assert sorted(set(rows["version"])) == list(range(version_of(lake, "now") + 1))
        began = rows.filter(pl.col("comment") == "run began")
        assert began.select("run_id", "table", "rows_after").rows() == [("r1", None, None)]
        assert history(lake, limit=2)["version"].to_list() == rows["version"].to_list()[:2]


def test_a_moment_is_a_number_a_time_or_now(wh: Warehouse) -> None:
    """The snapshot of a time is the newest that was there then; what never was is named."""
    with wh.connect() as lake:
        newest = version_of(lake, "now")
        assert version_of(lake, "2100-01-01") == newest
        assert version_of(lake, str(newest)) == newest
        assert snapshot_before(lake, newest) == newest - 1
        for moment in ("1999-01-01", "123456", "yesterday-ish"):
            with pytest.raises(UserError, match=moment):
                version_of(lake, moment)
        with pytest.raises(UserError, match="never was"):
            history(lake, "core.never")
        with pytest.raises(UserError, match="oldest"):
            snapshot_before(lake, 0)
