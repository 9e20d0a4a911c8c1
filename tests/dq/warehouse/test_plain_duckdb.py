"""A DuckDB that knows nothing of dq attaches the lake itself, read-only, as docs/warehouse.md shows."""

import re
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dq.publication import Change, Publication
from dq.warehouse import Warehouse
from dq.warehouse.extensions import bare
from dq.warehouse.folder import Folder
from tests.dq.warehouse.conftest import NewWarehouse
from tests.dq.warehouse.test_retention import NOW

PAGE = Path(__file__).parents[3] / "docs" / "warehouse.md"


def shown(kind: str, wh: Warehouse) -> str:
    """Give the page's statement for this kind of catalog, with the places of this warehouse in it."""
    statements = re.findall(r"^attach 'ducklake:[^;]*;", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    (statement,) = (one for one in statements if one.startswith(f"attach 'ducklake:{kind}"))
    if isinstance(wh.place, Folder):
        return statement.replace("/srv/lake", str(wh.place))
    database, schema = wh.place.database, wh.place.schema  # type: ignore[attr-defined]
    return (
        statement.replace("postgresql://dq@db/lake", database)
        .replace("/srv/lake/files/", f"{wh.place.files}/")
        .replace("'dq'", f"'{schema}'")
    )


@pytest.mark.parametrize(("catalog", "kind"), [("folder", "sqlite"), ("postgres", "postgres")])
def test_a_plain_duckdb_reads_the_lake(catalog: str, kind: str, new_warehouse: NewWarehouse) -> None:
    """The newest snapshot, the one after it without attaching again, the past; it cannot write."""
    wh = new_warehouse(catalog)

    def publish(rows: int) -> int:
        change = Change("core.t", pl.DataFrame({"a": range(rows)}))
        return wh.publish(Publication("r", (change,)), now=NOW).snapshot

    first = publish(3)
    with bare("sqlite_scanner", "postgres_scanner", "ducklake") as plain:
        plain.execute(shown(kind, wh))
        assert plain.execute("select count(*) from lake.core.t").fetchone() == (3,)
        publish(5)
        assert plain.execute("select count(*) from lake.core.t").fetchone() == (5,)
        past = f"select count(*) from lake.core.t at (version => {first})"
        assert plain.execute(past).fetchone() == (3,)
        with pytest.raises(duckdb.Error, match="read-only"):
            plain.execute("delete from lake.core.t")
    assert wh.read("core.t").collect().height == 5
