"""Files as objects: what is asked of the store, and what is said where it refuses."""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from dq.errors import ConfigError, DqError
from dq.publication import Change, Publication
from dq.warehouse import Warehouse
from tests.dq.warehouse.conftest import NewWarehouse
from tests.s3_server import SECRET, S3Server

NOW = datetime.now(UTC)
LATER = NOW + timedelta(hours=2)
LARGE = """
import sys
from datetime import UTC, datetime
import numpy as np, polars as pl
from dq.publication import Change, Publication
from dq.warehouse import Warehouse
rows = pl.DataFrame({"a": np.random.default_rng(1).random(2_000_000)})
Warehouse(sys.argv[1]).publish(Publication("r", (Change("core.large", rows),)), now=datetime.now(UTC))
"""


@pytest.fixture
def wh(objects: S3Server, new_warehouse: NewWarehouse) -> Warehouse:
    wh = new_warehouse("objects")
    objects.log.clear()
    return wh


def publish(wh: Warehouse) -> None:
    rows = pl.DataFrame({"a": range(5)})
    wh.publish(Publication("r", (Change("core.t", rows), Change("core.u", rows))), now=NOW)


def test_the_files_are_objects_under_the_prefix(wh: Warehouse, objects: S3Server) -> None:
    """Each by schema and table, as in a folder; readers in SQL and in frames get them from there."""
    publish(wh)
    prefix = str(wh.place.files).removeprefix("s3://lake/")
    names = sorted(name.rpartition("/")[0] for name in objects.objects if name.startswith(prefix))
    assert names == [f"{prefix}/core/t", f"{prefix}/core/u"]
    assert wh.read("core.t").filter(pl.col("a") > 2).collect()["a"].to_list() == [3, 4]
    with wh.connect() as lake:
        assert lake.execute("select sum(a) from core.u").fetchone() == (10,)
    found = list(wh.place.files.found())
    assert {file.address.removeprefix("s3://lake/") for file in found} <= objects.objects.keys()
    assert all(abs(file.modified - time.time()) < 600 for file in found)


def test_of_a_writer_killed_in_a_large_object_nothing_stays(
    wh: Warehouse, objects: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is published; the parts that are there, unseen, are swept as a file is, and a living writer's are not."""
    publish(wh)
    monkeypatch.setenv("POLARS_UPLOAD_CHUNK_SIZE", str(2**20))
    prefix = str(wh.place.files).removeprefix("s3://lake/")

    def parts() -> int:
        return sum(len(one.parts) for one in list(objects.uploads.values()) if one.key.startswith(prefix))

    objects.parts_go_on.clear()
    try:
        with subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", LARGE, str(wh.place)], cwd=Path(__file__).parents[3]
        ) as large:
            try:
                while large.poll() is None and not parts():
                    time.sleep(0.05)
                assert large.poll() is None
                assert wh.sweep(LATER) == 0
            finally:
                large.kill()
    finally:
        objects.parts_go_on.set()
    assert wh.read("core.t").collect().height == 5
    assert wh.sweep(NOW) == 0
    assert parts()
    assert wh.sweep(LATER) == 1
    assert parts() == 0
    publish(wh)
    assert wh.sweep(LATER) == 0


def test_what_the_store_refuses_is_told_without_the_keys(
    wh: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first publication and after it, by readers and writers; nothing is published."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    with pytest.raises(ConfigError, match="AWS_ENDPOINT_URL") as error:
        publish(wh)
    assert "not-the-secret" not in str(error.value)
    assert not wh.place.identity()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    publish(wh)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    for work in (publish, lambda wh: wh.read("core.t").collect(), lambda wh: wh.sweep(NOW)):
        with pytest.raises(ConfigError, match="AWS_ENDPOINT_URL") as error:
            work(wh)
        assert "not-the-secret" not in str(error.value)


def test_a_bucket_that_is_not_there_is_named(wh: Warehouse) -> None:
    """It is the owner's to make."""
    elsewhere = Warehouse(str(wh.place).replace("s3%3A//lake/", "s3%3A//nowhere/"))
    with pytest.raises(DqError, match="nowhere"):
        publish(elsewhere)
