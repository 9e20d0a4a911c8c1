"""Instances of DuckDB go from lake to lake: nothing of the last is left, and nobody's reading is cut short."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from dq.publication import Change, Publication
from dq.warehouse import Warehouse
from dq.warehouse.connection import empty_lake
from dq.warehouse.instances import give_back, take
from tests.dq.warehouse.conftest import PLACES, NewWarehouse


@pytest.mark.parametrize("kind", PLACES)
def test_nothing_of_the_last_lake_is_left(kind: str, new_warehouse: NewWarehouse) -> None:
    place = new_warehouse(kind).place
    needed = (*place.extensions, "ducklake")
    with place.turn():
        place.begin()
        used = empty_lake(place)
        give_back(used, needed)
    again = take(needed)
    assert again is used
    left = again.execute("select database_name from duckdb_databases() where not internal").fetchall()
    assert left == [("memory",)]
    assert not again.execute("from duckdb_secrets()").fetchall()
    assert take(needed) is not used
    give_back(again, needed)  # has no lake: closed, and not kept
    assert take(needed) is not used


def test_what_a_user_made_goes_with_the_instance(tmp_path: Path) -> None:
    """A table of the instance's own would be met in the next lake."""
    place = Warehouse(tmp_path / "lake").place
    place.begin()
    used = empty_lake(place)
    used.execute("create table memory.mine as select 1")
    give_back(used, ("sqlite_scanner", "ducklake"))
    assert take(("sqlite_scanner", "ducklake")) is not used


def test_a_reader_outlives_any_number_of_other_lakes(tmp_path: Path) -> None:
    lakes = [Warehouse(tmp_path / f"lake{number}") for number in range(12)]
    count = "select count(*), max(a) from core.t"
    for number, lake in enumerate(lakes):
        change = Change("core.t", pl.DataFrame({"a": [number]}))
        lake.publish(Publication("r", (change,)), now=datetime(2026, 1, 1, tzinfo=UTC))
        if not number:
            reader = lake.connect()
            first = reader.execute(count)
    assert [lake.ask(count) for lake in lakes] == [[(1, number)] for number in range(12)]
    assert first.fetchall() == [(1, 0)]
    with closing(reader):
        assert reader.execute(count).fetchall() == [(1, 0)]
