from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from dq.publication import Change, Publication
from dq.warehouse import Warehouse
from dq.warehouse.staging import stage, writer
from tests.dq.warehouse.conftest import PLACES

LATER = datetime.now(UTC) + timedelta(hours=2)


@pytest.fixture(params=PLACES)
def wh(request: pytest.FixtureRequest, new_warehouse: Callable[[str], Warehouse]) -> Warehouse:
    wh = new_warehouse(request.param)
    for rows in (3, 5):
        change = Change("core.t", pl.DataFrame({"a": range(rows)}))
        wh.publish(Publication("r", (change,)), now=datetime.now(UTC))
    return wh


def files(wh: Warehouse) -> set[str]:
    return {file.address for file in wh.place.files.found()}


def test_only_what_nobody_can_see_goes(wh: Warehouse) -> None:
    """Files of the past stay, also behind deletions; a dead writer's go; young ones stay."""
    with wh.connect(read_only=False) as lake:
        lake.execute("delete from core.t where a = 1")
        lake.execute("insert into core.t values (77)")
    kept = files(wh)
    with writer(wh.place) as name:
        left = stage(wh.place, Change("core.t", pl.DataFrame({"a": [9]})), name, 0).path
    assert wh.sweep(datetime.now(UTC)) == 0
    assert wh.sweep(LATER) == 1
    assert left not in files(wh)
    assert files(wh) == kept
    assert sorted(wh.read("core.t").collect()["a"]) == [0, 2, 3, 4, 77]
    assert wh.sweep(LATER) == 0


def test_what_a_living_writer_stages_stays(wh: Warehouse) -> None:
    """However long it takes, and nothing that its process needs goes with it."""
    with writer(wh.place) as name:
        staged = stage(wh.place, Change("core.t", pl.DataFrame({"a": [9]})), name, 0).path
        assert wh.sweep(LATER) == 0
        assert staged in files(wh)
    assert wh.sweep(LATER) == 1


def test_nothing_to_sweep_where_nothing_is(tmp_path: Path) -> None:
    """Before the first publication there is nothing to remove, and nothing is made."""
    assert Warehouse(tmp_path / "lake").sweep(LATER) == 0
    assert not (tmp_path / "lake").exists()
