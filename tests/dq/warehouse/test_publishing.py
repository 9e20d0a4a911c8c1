from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dq.errors import ConfigError, LedgerError, PromiseError, SchemaError, UserError
from dq.ledger import LedgerEntry
from dq.publication import Change, Publication
from dq.verdict import Report, RuleResult
from dq.warehouse import Warehouse
from tests.dq.warehouse.conftest import PLACES

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NESTED = pl.List(pl.Struct({"rule": pl.String, "value": pl.Int64}))


def frame(rows: range, text: str = "x") -> pl.DataFrame:
    return pl.DataFrame(
        {"id": list(rows), "key": [f"k{i % 3}" for i in rows], "text": [text] * len(rows)},
        schema={"id": pl.Int64, "key": pl.String, "text": pl.String},
    )


def publish(wh: Warehouse, *changes: Change, **rest: object) -> int:
    return wh.publish(Publication("run", changes, **rest), now=NOW).snapshot  # type: ignore[arg-type]


def by_sql(wh: Warehouse, table: str, at: int | None = None) -> pl.DataFrame:
    past = "" if at is None else f" at (version => {at})"
    with wh.connect() as lake:
        return pl.DataFrame(pl.from_arrow(lake.execute(f"select * from {table}{past}").to_arrow_table()))


def same(wh: Warehouse, table: str, expected: pl.DataFrame, at: int | None = None) -> None:
    for got in (wh.read(table, at=at).collect(), by_sql(wh, table, at)):
        assert_frame_equal(got, expected, check_row_order=False)


@pytest.fixture(params=PLACES)
def wh(request: pytest.FixtureRequest, new_warehouse: Callable[[str], Warehouse]) -> Warehouse:
    return new_warehouse(request.param)


@pytest.mark.parametrize("name", ["core.lake", "core.change", "core.rows", "quality.row", "core.staged"])
def test_a_table_may_be_named_like_a_variable_of_the_code(wh: Warehouse, name: str) -> None:
    """DuckDB would look for a name that it does not know among the variables of whoever asks; here it must not."""
    assert not wh.exists(name)
    publish(wh, Change(name, frame(range(3))))
    same(wh, name, frame(range(3)))
    publish(wh, Change(name, frame(range(5))))
    same(wh, name, frame(range(5)))


def test_every_table_says_what_it_holds(wh: Warehouse) -> None:
    """A description that was given, or for evidence what its name tells; later publications keep it."""
    for _ in range(2):
        publish(
            wh,
            Change("core.t", frame(range(3)), comment="Things"),
            Change("quarantine.core__t", frame(range(2))),
            Change("quality.conflicts", frame(range(2)), mode="append"),
        )
    with wh.connect() as lake:
        said = dict(
            lake.execute(
                "select schema_name || '.' || table_name, comment from duckdb_tables() where database_name = 'lake'"
            ).fetchall()
        )
    assert said["core.t"] == "Things"
    assert said["quarantine.core__t"].startswith("Rejected rows of core.t:")
    assert all(said.values()), said


def test_no_variable_is_read_for_a_table(wh: Warehouse) -> None:
    """A query for a table that is not there fails, whatever frame of that name is at hand."""
    publish(wh, Change("core.t", frame(range(3))))
    at_hand = frame(range(7))
    assert at_hand.height == 7
    with wh.connect() as lake, pytest.raises(duckdb.CatalogException, match="at_hand does not exist"):
        lake.execute("select * from at_hand")


def test_before_the_first_publication(wh: Warehouse) -> None:
    """A reader of a warehouse that is not there is told what to do, and nothing is made."""
    with pytest.raises(ConfigError, match="no warehouse here yet") as error:
        wh.connect()
    assert "make run" in str(error.value)
    with pytest.raises(ConfigError):
        wh.read("core.t")
    assert not wh.exists("core.t")
    assert wh.cursor("s") == {}
    assert wh.fingerprint("core.t") is None
    assert not list(wh.place.files.found())


def test_replace_gives_the_table_these_rows_and_no_others(wh: Warehouse) -> None:
    """Read and SQL agree after every replace, also by an empty frame, and the past stays readable."""
    frames = [frame(range(100)), frame(range(50), "y"), frame(range(0)), frame(range(7)).lazy().collect()]
    versions = [publish(wh, Change("core.t", f)) for f in frames]
    same(wh, "core.t", frames[-1])
    for version, expected in zip(versions, frames, strict=True):
        same(wh, "core.t", expected, at=version)


def test_a_lazy_frame_kept_from_before_still_reads_its_snapshot(wh: Warehouse) -> None:
    """What was read does not change under its reader."""
    publish(wh, Change("core.t", frame(range(100))))
    before = wh.read("core.t")
    publish(wh, Change("core.t", frame(range(5))))
    assert before.collect().height == 100


def test_append_adds(wh: Warehouse) -> None:
    """Appended rows stand beside the old ones; a column that one of them lacks is null there."""
    a, b = frame(range(10)), frame(range(10, 30)).with_columns(score=pl.lit(1.5))
    publish(wh, Change("core.t", a, "append"))
    publish(wh, Change("core.t", b, "append"))
    both = pl.concat([a, b], how="diagonal")
    same(wh, "core.t", both)
    c = frame(range(30, 33)).drop("text")
    publish(wh, Change("core.t", c, "append"))
    same(wh, "core.t", pl.concat([both, c], how="diagonal"))
    publish(wh, Change("core.t", frame(range(0)), "append"))
    same(wh, "core.t", pl.concat([both, c], how="diagonal"))


def test_replace_where_replaces_the_keys_and_nothing_else(wh: Warehouse) -> None:
    """Doing it twice is doing it once; keys without rows are just gone."""
    publish(wh, Change("core.t", frame(range(100))))
    new = frame(range(200, 230), "new").filter(pl.col("key") == "k1")
    for _ in range(2):
        publish(wh, Change("core.t", new, "replace_where", "key", ("k1", "k2")))
        kept = frame(range(100)).filter(pl.col("key") == "k0")
        same(wh, "core.t", pl.concat([kept, new]))
    publish(wh, Change("core.t", new.head(0), "replace_where", "key", ("k0",)))
    same(wh, "core.t", new)


def test_rows_of_other_keys_are_refused(wh: Warehouse) -> None:
    """A row whose key is not replaced would stand beside the rows of that key: nothing of it is seen."""
    publish(wh, Change("core.t", frame(range(9))))
    for bad in (frame(range(20, 23)), frame(range(20, 23)).with_columns(key=pl.lit(None, pl.String))):
        with pytest.raises(PromiseError, match=r"keys that they do not replace \([23] of 3\)"):
            publish(wh, Change("core.t", bad, "replace_where", "key", ("k1",)))
        same(wh, "core.t", frame(range(9)))
    with pytest.raises(PromiseError):
        publish(wh, Change("core.new", frame(range(3)), "replace_where", "key", ("k1",)))
    assert not wh.exists("core.new")


def test_replace_with_another_schema(wh: Warehouse) -> None:
    """A replaced table has the new frame's columns and types in its order; the old ones are in the past."""
    frames = [
        frame(range(10)),
        frame(range(5)).with_columns(more=pl.lit(True)),
        frame(range(5)).with_columns(pl.col("id").cast(pl.String)),
        frame(range(4)).select("text", "id"),
        frame(range(3)).select(pl.col("id"), other=pl.lit("a")),
    ]
    versions = [publish(wh, Change("core.t", f, comment=f"v{i}")) for i, f in enumerate(frames)]
    for version, expected in zip(versions, frames, strict=True):
        same(wh, "core.t", expected, at=version)
    with wh.connect() as lake:
        assert lake.execute("select comment from duckdb_tables() where table_name = 't'").fetchone() == (
            "v4",
        )


def test_nested_rows_come_back_exactly(wh: Warehouse) -> None:
    """Lists of structs, with nulls at each level, are the same through files and through SQL."""
    nested = pl.DataFrame(
        {"id": [1, 2, 3, 4], "_reasons": [[{"rule": "a", "value": None}], [], None, [None]]},
        schema={"id": pl.Int64, "_reasons": NESTED},
    )
    publish(wh, Change("quarantine.t", nested))
    same(wh, "quarantine.t", nested)


def test_append_of_another_type_is_refused(wh: Warehouse) -> None:
    """A changed type names the column, and nothing of the publication is seen."""
    publish(wh, Change("core.t", frame(range(10))))
    bad = frame(range(5)).with_columns(pl.col("id").cast(pl.String))
    with pytest.raises(SchemaError, match="'id'"):
        publish(wh, Change("core.other", frame(range(3))), Change("core.t", bad, "append"))
    same(wh, "core.t", frame(range(10)))
    assert not wh.exists("core.other")


@pytest.mark.parametrize("mode", ["replace", "replace_where"])
@pytest.mark.parametrize(("rows", "rejected"), [(10, 1), (9, 0), (9, 2)])
def test_a_ledger_that_does_not_tell_the_rows_is_refused(
    wh: Warehouse, mode: Literal["replace", "replace_where"], rows: int, rejected: int
) -> None:
    """Accepted rows are rows of the table and quarantined ones of its quarantine, or nothing is published."""
    entry = LedgerEntry("core.t", rows_in=10, accepted=9, quarantined=1)
    keys = {} if mode == "replace" else {"key": "id", "values": tuple(str(n) for n in range(20))}
    kept, refused = frame(range(rows)), frame(range(10, 10 + rejected))
    with pytest.raises(LedgerError, match=r"core.t says that (core.t|quarantine.core__t) is given"):
        publish(
            wh,
            Change("core.t", kept, mode, **keys),  # type: ignore[arg-type]
            Change("quarantine.core__t", refused, mode, **keys),  # type: ignore[arg-type]
            ledger=(entry,),
        )
    assert not wh.exists("core.t")


def test_bookkeeping_is_in_the_same_snapshot(wh: Warehouse) -> None:
    """Ledger, rules, cursor and fingerprint are written with the rows; one row per source and a table."""
    rule = RuleResult(
        "id.unique", "consistency", "quarantine", "id", 12, 2, passed=False, description="no twice"
    )
    report = Report("core.t", "1", 12, 10, 2, (rule,))
    for n in range(3):
        publish(
            wh,
            Change("core.t", frame(range(10))),
            ledger=(LedgerEntry("core.t", 12, 10, 2), LedgerEntry("raw.elsewhere", 1, 1)),
            reports=(report,),
            cursors={"social__a": {"page": n, "etag": "é"}, "social__b": {}},
            fingerprints={"core.t": f"f{n}"},
        )
    assert wh.cursor("social__a") == {"page": 2, "etag": "é"}
    assert wh.cursor("social__b") == {}
    assert wh.cursor("social__c") == {}
    assert wh.fingerprint("core.t") == "f2"
    assert wh.fingerprint("core.u") is None
    assert wh.read("quality.tables").collect().rows() == [("core.t", "f2", 10, "run", NOW)]
    assert wh.read("quality.ledger").collect().height == 6
    rules = by_sql(wh, "quality.rules")
    assert rules.height == 3
    assert rules.row(0) == (
        "run", "core.t", "id.unique", "consistency", "quarantine", "id", 12, 2, False, "no twice", "1", NOW,
    )  # fmt: skip
    same(wh, "quality.rules", rules)


def test_a_cursor_alone_can_be_published(wh: Warehouse) -> None:
    """A source without news still remembers that it was asked."""
    publish(wh, cursors={"social__a": {"asked": 1}}, fingerprints={"core.absent": "f"})
    assert wh.cursor("social__a") == {"asked": 1}
    assert wh.fingerprint("core.absent") == "f"


def test_runs(wh: Warehouse) -> None:
    """A run is one row, from its start to its end; one that never began cannot end."""
    wh.start_run("r1", "abc", NOW)
    wh.start_run("r1", "abc", NOW)
    wh.start_run("r2", "abc", NOW)
    wh.finish_run("r1", "succeeded", NOW.replace(hour=5))
    rows = wh.read("quality.runs").sort("run_id").collect().rows()
    assert rows == [
        ("r1", NOW, NOW.replace(hour=5), "succeeded", "abc"),
        ("r2", NOW, None, "running", "abc"),
    ]
    with pytest.raises(UserError, match="r9"):
        wh.finish_run("r9", "failed", NOW)


@pytest.mark.parametrize(
    ("publication", "message"),
    [
        (Publication("r", (Change("core.t", frame(range(1))), Change("core.T", frame(range(1))))), "twice"),
        (Publication("r", (Change("quality.ledger", frame(range(1))),)), "warehouse alone"),
        (Publication("r", (Change("t", frame(range(1))),)), "not the name of a table"),
        (Publication("r", (Change('core.t"; drop', frame(range(1))),)), "not the name of a table"),
        (Publication("r", (Change("core.t", frame(range(1)), "replace_where"),)), "needs a key"),
    ],
)
def test_wrong_calls_are_named(wh: Warehouse, publication: Publication, message: str) -> None:
    """A call that cannot work says why, before anything is written."""
    with pytest.raises(UserError, match=message):
        wh.publish(publication, now=NOW)
    assert not list(wh.place.files.found())


def test_a_reader_cannot_write(wh: Warehouse) -> None:
    """The connection that analysts get refuses to change anything."""
    publish(wh, Change("core.t", frame(range(3))))
    with wh.connect() as lake, pytest.raises(Exception, match="read-only"):
        lake.execute("delete from core.t")


def test_time_travel_by_version_and_time(wh: Warehouse) -> None:
    """A connection can be pinned to the past; a past that never was is named."""
    version = publish(wh, Change("core.t", frame(range(3))))
    publish(wh, Change("core.t", frame(range(9))))
    with wh.connect(at=version) as lake:
        assert lake.execute("select count(*) from core.t").fetchone() == (3,)
    with wh.connect(at="2100-01-01") as lake:
        assert lake.execute("select count(*) from core.t").fetchone() == (9,)
    for at in (10_000, "1999-01-01", "yesterday-ish"):
        with pytest.raises(UserError):
            wh.connect(at=at)


def test_a_warehouse_can_be_moved(tmp_path: Path) -> None:
    """No path of the machine is in the catalog: a moved folder is the same warehouse."""
    wh = Warehouse(tmp_path / "lake")
    publish(wh, Change("core.t", frame(range(30))))
    publish(wh, Change("core.t", frame(range(40, 43)), "append"))
    moved = Warehouse((tmp_path / "lake").rename(tmp_path / "elsewhere"))
    same(moved, "core.t", pl.concat([frame(range(30)), frame(range(40, 43))]))
    publish(moved, Change("core.t", frame(range(1))))
    same(moved, "core.t", frame(range(1)))
