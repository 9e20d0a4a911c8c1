"""People write to the lake with clients of their own; frames must still be what SQL says."""

from datetime import UTC, datetime
from uuid import uuid4

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dq.publication import Change, Publication
from dq.warehouse import Warehouse
from dq.warehouse.connection import open_lake
from dq.warehouse.publishing import in_turn
from tests.dq.warehouse.conftest import NewWarehouse

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def table(wh: Warehouse) -> str:
    """Give a table of 100 rows that no other test knows."""
    table = f"core.t{uuid4().hex}"
    frame = pl.DataFrame({"a": range(100), "b": ["x"] * 100})
    wh.publish(Publication("r", (Change(table, frame),)), now=NOW)
    return table


@pytest.mark.parametrize("inlining", [0, 1000])
@pytest.mark.parametrize(
    "statement",
    [
        "delete from core.t where a < 7",
        "delete from core.t",
        "insert into core.t values (1000, 'new')",
        "update core.t set b = 'y' where a = 3",
        "alter table core.t rename column b to c",
        "alter table core.t drop column b",
        "alter table core.t add column c double default 1.5",
        "insert into core.t values (1000, 'new'); delete from core.t where a = 5",
    ],
)
def test_frames_are_what_sql_says(wh: Warehouse, table: str, statement: str, inlining: int) -> None:
    """Deletions, inlined rows, renamed and added columns: the whole table, some columns, a filter, a count."""
    with wh.connect(read_only=False) as lake:
        lake.execute(f"call set_option('data_inlining_row_limit', {inlining})")
        lake.execute(statement.replace("core.t", table))
        expected = pl.DataFrame(pl.from_arrow(lake.execute(f"from {table}").to_arrow_table()))
    frame = wh.read(table)
    assert frame.collect_schema() == expected.schema
    assert_frame_equal(frame.collect(), expected, check_row_order=False)
    assert frame.select(pl.len()).collect().item() == expected.height
    last = expected.columns[-1]
    assert_frame_equal(
        frame.filter(pl.col("a") > 2).select(last).collect(),
        expected.filter(pl.col("a") > 2).select(last),
        check_row_order=False,
    )
    assert frame.head(3).collect().height == min(3, expected.height)


def test_a_collision_is_done_again_on_the_new_state(new_warehouse: NewWarehouse) -> None:
    """Another client commits between our look and our commit: the work starts over, and both deletions hold.

    In a folder. On PostgreSQL DuckLake 1.5 merges two such deletions by itself, and may lose one: there nobody but dq
    may write, as the documents say.
    """
    wh = new_warehouse("folder")
    wh.publish(Publication("r", (Change("core.t", pl.DataFrame({"a": range(100)})),)), now=NOW)
    seen = []

    def work(lake: duckdb.DuckDBPyConnection) -> None:
        seen.append(lake.execute("select count(*) from core.t").fetchone())
        if len(seen) == 1:
            with open_lake(wh.place, read_only=False) as other:
                other.execute("delete from core.t where a < 50")
        lake.execute("delete from core.t where a >= 40 and a < 60")

    in_turn(wh.place, work)
    assert seen == [(100,), (50,)]
    assert wh.read("core.t").collect()["a"].sort().to_list() == list(range(60, 100))
