from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from connectors.files import Files
from connectors.json_file import JsonFile
from dq.errors import FetchError, IntegrityError, UserError
from dq.feed import Feed
from dq.publication import Change, Publication
from dq.stage.collect import collect, redecode
from tests.dq.stage.shop import FEED, a_run, deliver, rows_of

RAW, REJECTS = "raw.shop__orders", "quarantine.raw__shop__orders"


def test_rows_rejects_landings_and_cursor_come_together(tmp_path: Path) -> None:
    """One delivery with a broken line: rows, reject, landing and ledger are there, in one snapshot."""
    deliver(tmp_path, "a", ["1,10,open", "2,20", "3,30,paid"])
    run = a_run(tmp_path)
    outcome = collect(FEED, run)
    assert outcome.state == "published"
    assert outcome.ledger is not None
    assert (outcome.ledger.rows_in, outcome.ledger.accepted, outcome.ledger.quarantined) == (3, 2, 1)
    assert rows_of(run, RAW, "order", "amount", "_row") == [("1", "10", 2), ("3", "30", 4)]
    assert rows_of(run, REJECTS, "_row", "text") == [(3, "2,20")]
    assert rows_of(run, "raw.landings", "url", "source", "licence") == [("file:a.csv", "shop__orders", "own")]
    newest = run.warehouse.ask("select max(snapshot_id) from lake.snapshots()")[0][0]
    assert run.warehouse.cursor("shop__orders")
    for table in (RAW, REJECTS, "raw.landings"):
        with pytest.raises(UserError):
            run.warehouse.read(table, at=newest - 1)
    assert run.warehouse.read("quality.ledger", at=newest - 1).collect().is_empty()
    assert run.warehouse.read("quality.cursors", at=newest - 1).collect().is_empty()


def test_nothing_new_is_nothing_done(tmp_path: Path) -> None:
    """The second time the outcome says unchanged, and no snapshot is made."""
    deliver(tmp_path, "a", ["1,10,open"])
    run = a_run(tmp_path)
    collect(FEED, run)
    before = run.warehouse.ask("select max(snapshot_id) from lake.snapshots()")
    again = collect(FEED, a_run(tmp_path, run_id="r2"))
    assert (again.state, again.ledger) == ("unchanged", None)
    assert run.warehouse.ask("select max(snapshot_id) from lake.snapshots()") == before


def test_only_what_is_new_is_read(tmp_path: Path) -> None:
    """A second file adds its rows; the ledger speaks of them alone, and the first file's rows stay."""
    deliver(tmp_path, "a", ["1,10,open"])
    collect(FEED, a_run(tmp_path))
    deliver(tmp_path, "b", ["2,20,paid", "3,30,paid"])
    outcome = collect(FEED, a_run(tmp_path, run_id="r2"))
    assert outcome.ledger is not None
    assert outcome.ledger.rows_in == 2
    assert rows_of(a_run(tmp_path), RAW, "order") == [("1",), ("2",), ("3",)]


def test_a_changed_file_replaces_its_rows_and_its_rejects(tmp_path: Path) -> None:
    """The old rows and rejects go, the old landing stays known: what was landed once is never forgotten."""
    deliver(tmp_path, "a", ["1,10,open", "broken"])
    deliver(tmp_path, "b", ["9,90,open"])
    collect(FEED, a_run(tmp_path))
    deliver(tmp_path, "a", ["1,11,open", "2,20,open"])
    collect(FEED, a_run(tmp_path, run_id="r2"))
    run = a_run(tmp_path)
    assert rows_of(run, RAW, "order", "amount") == [("1", "11"), ("2", "20"), ("9", "90")]
    assert rows_of(run, REJECTS, "_row") == []
    assert len(rows_of(run, "raw.landings", "landing_id")) == 3


def test_rows_of_a_file_that_is_gone_go(tmp_path: Path) -> None:
    """The table holds what the source has now; the landed bytes stay."""
    gone = deliver(tmp_path, "a", ["1,10,open"])
    deliver(tmp_path, "b", ["2,20,open"])
    collect(FEED, a_run(tmp_path))
    gone.unlink()
    collect(FEED, a_run(tmp_path, run_id="r2"))
    run = a_run(tmp_path)
    assert rows_of(run, RAW, "order") == [("2",)]
    assert len(rows_of(run, "raw.landings", "landing_id")) == 2


def test_a_source_that_fails_leaves_everything_as_it_was(tmp_path: Path) -> None:
    """Without a file the error says where it looked; table and snapshot are as before."""
    only = deliver(tmp_path, "a", ["1,10,open"])
    run = a_run(tmp_path)
    collect(FEED, run)
    before = run.warehouse.ask("select max(snapshot_id) from lake.snapshots()")
    only.unlink()
    with pytest.raises(FetchError, match=r"no file matches \*\.csv") as error:
        collect(FEED, a_run(tmp_path, run_id="r2"))
    assert str(tmp_path / "files") in str(error.value)
    assert rows_of(run, RAW, "order") == [("1",)]
    assert run.warehouse.ask("select max(snapshot_id) from lake.snapshots()") == before


def test_changed_code_reads_landed_bytes_anew(tmp_path: Path) -> None:
    """All rows are made again from what has landed, none doubled; the source's files were not new."""
    deliver(tmp_path, "a", ["1,10,open", "2,20,open"])
    collect(FEED, a_run(tmp_path))
    outcome = collect(FEED, a_run(tmp_path, code="v2", run_id="r2"))
    assert outcome.ledger is not None
    assert (outcome.ledger.rows_in, outcome.counts["landings_new"]) == (2, 0)
    assert rows_of(a_run(tmp_path), RAW, "order") == [("1",), ("2",)]


def test_old_bytes_are_replayed_without_the_source(tmp_path: Path) -> None:
    """With the file gone, what has landed is read once more by changed code."""
    file = deliver(tmp_path, "a", ["1,10,open", "2,20"])
    collect(FEED, a_run(tmp_path))
    file.unlink()
    outcome = redecode(FEED, a_run(tmp_path, code="v2", run_id="r2"))
    assert outcome.state == "published"
    assert rows_of(a_run(tmp_path), RAW, "order") == [("1",)]
    assert rows_of(a_run(tmp_path), REJECTS, "_row") == [(3,)]


def test_rows_of_a_landing_that_is_not_on_record_are_not_dropped(tmp_path: Path) -> None:
    """Read anew without it, its rows would be gone; the error says how many landings are missing."""
    deliver(tmp_path, "a", ["1,10,open"])
    deliver(tmp_path, "b", ["2,20,open"])
    run = a_run(tmp_path)
    collect(FEED, run)
    one = run.warehouse.read("raw.landings").filter(pl.col("url") == "file:a.csv").collect()
    forgotten = Change("raw.landings", one.clear(), "replace_where", "landing_id", (one["landing_id"][0],))
    run.warehouse.publish(Publication("r1", (forgotten,)), now=run.now())
    with pytest.raises(IntegrityError, match=r"\(1 of 2\)"):
        redecode(FEED, a_run(tmp_path, code="v2", run_id="r2"))
    assert rows_of(run, RAW, "order") == [("1",), ("2",)]


def test_a_landing_without_rows_is_not_forgotten(tmp_path: Path) -> None:
    """A reader that looked in the wrong place found none; once mended, it finds them in what has landed."""
    file = tmp_path / "files" / "a.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"archived": [], "orders": [{"order": "1", "amount": "10", "status": "open"}]}')

    def feed(items: str) -> Feed:
        return replace(
            FEED, source=Files("shop__orders", glob="*.json", reader=JsonFile(items), licence="own")
        )

    first = collect(feed("archived"), a_run(tmp_path))
    assert first.ledger is not None
    assert first.ledger.rows_in == 0
    file.unlink()
    redecode(feed("orders"), a_run(tmp_path, code="v2", run_id="r2"))
    assert rows_of(a_run(tmp_path), RAW, "order", "status") == [("1", "open")]
    assert "without_rows" in a_run(tmp_path).warehouse.cursor(RAW)
    assert not a_run(tmp_path).warehouse.cursor(RAW)["without_rows"]
