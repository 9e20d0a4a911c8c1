import pytest

from bench.readers import run
from tests.dq.warehouse.conftest import CATALOGS, NewWarehouse


@pytest.mark.parametrize("catalog", CATALOGS)
def test_readers_never_fail_and_see_whole_snapshots(catalog: str, new_warehouse: NewWarehouse) -> None:
    """While one process publishes and another compacts, every look of every reader is at one whole publication."""
    found = run(new_warehouse(catalog), readers=3, seconds=5)
    assert found["errors"] == []
    assert found["publishes"]
    assert all(found["looks"])  # type: ignore[call-overload]
