from pathlib import Path

from bench.readers import run
from tests.dq.warehouse.conftest import NewWarehouse


def test_readers_never_fail_and_see_whole_snapshots(new_warehouse: NewWarehouse, tmp_path: Path) -> None:
    """While one process publishes and another compacts, every look of every reader is at one whole publication.

    In PostgreSQL: the crash tests hold the same of a folder.
    """
    found = run(new_warehouse("postgres"), tmp_path / "stop", readers=2, seconds=4)
    assert found["errors"] == []
    assert found["publishes"]
    assert isinstance(found["looks"], list)
    assert all(found["looks"])
