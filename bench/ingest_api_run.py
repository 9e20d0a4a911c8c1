"""One contestant of `ingest_api.py`, in a process of its own: reads all pages and prints what that cost as JSON."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

COLUMNS = ("id", "customer", "amount", "currency", "created_at", "paid", "country", "note")


def ours(url: str, out: Path):
    sys.path.insert(0, str(Path(__file__).parent.parent))
    import polars as pl

    from connectors.api import JsonApi
    from connectors.transport import Limits
    from dq.landing import LandingStore
    from dq.raw import decode_all
    from dq.source import Surroundings
    from dq.unfinished import Unfinished

    host = url.split("/")[2]
    source = JsonApi("bench__api", url, rate=None, limits=Limits(attempts=1))
    store = LandingStore(out / "landing")

    def go() -> int:
        land = store.land_for(source.name, "none", lambda: datetime.now(UTC))
        journal = Unfinished(store, source.name, lambda: datetime.now(UTC))
        allowed = {"DQ_ALLOW_HOSTS": host}
        around = Surroundings(land, out, lambda: datetime.now(UTC), allowed, journal=journal)
        fetched = source.fetch({}, around)
        rows = decode_all(source, fetched.current, store, fetched.decoded).rows
        rows.write_parquet(out / "rows.parquet")
        return rows.height

    assert pl
    return go


def ours_to_the_lake(url: str, out: Path):
    sys.path.insert(0, str(Path(__file__).parent.parent))
    import pandera.polars as pa

    from connectors.api import JsonApi
    from connectors.transport import Limits
    from dq.feed import Feed
    from dq.run import Run
    from dq.settings import Settings
    from dq.stage.collect import collect

    class Row(pa.DataFrameModel):
        id: int

        class Config:
            name = "core.bench__api"

    feed = Feed(JsonApi("bench__api", url, rate=None, limits=Limits(attempts=1)), Row)
    settings = Settings.of({"DQ_HOME": str(out), "DQ_ALLOW_HOSTS": url.split("/")[2]}, out)
    run = Run("run", settings, "code", lambda: datetime.now(UTC))

    def go() -> int:
        outcome = collect(feed, run)
        return outcome.ledger.accepted

    return go


def loop_with_orjson(url: str, out: Path):
    """What one writes in an afternoon: no landing, no total held to, no second attempt."""
    import httpx
    import polars as pl
    from orjson import loads

    def go() -> int:
        frames = []
        following = url
        with httpx.Client() as client:
            while following:
                body = loads(client.get(following).content)
                frames.append(pl.DataFrame(body["items"], infer_schema_length=None))
                following = body["next"] and str(httpx.URL(url).join(body["next"]))
        rows = pl.concat(frames, how="diagonal_relaxed")
        rows.write_parquet(out / "rows.parquet")
        return rows.height

    return go


def loop_with_polars(url: str, out: Path):
    """The fastest that is known: polars reads the page, with its types declared."""
    import httpx
    import polars as pl

    types = {
        "id": pl.Int64,
        "amount": pl.Float64,
        "paid": pl.Boolean,
    }
    item = pl.Struct({name: types.get(name, pl.String) for name in COLUMNS})
    whole = pl.Struct({"items": pl.List(item), "next": pl.String})

    def go() -> int:
        frames = []
        following = url
        with httpx.Client() as client:
            while following:
                body = pl.Series([client.get(following).text]).str.json_decode(whole)
                frames.append(body.struct.field("items").explode().struct.unnest())
                told = body.struct.field("next")[0]
                following = told and str(httpx.URL(url).join(told))
        rows = pl.concat(frames)
        rows.write_parquet(out / "rows.parquet")
        return rows.height

    return go


def _dlt(out: Path):
    os.environ.update(
        {
            "DLT_DATA_DIR": str(out / "dlt"),
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "RUNTIME__LOG_LEVEL": "ERROR",
        }
    )
    import dlt

    destination = dlt.destinations.duckdb(str(out / "lake.duckdb"))
    return dlt, dlt.pipeline(
        "bench", destination=destination, dataset_name="raw", pipelines_dir=str(out / "state")
    )


def _counted(out: Path) -> int:
    import duckdb

    with duckdb.connect(str(out / "lake.duckdb")) as connection:
        return connection.execute("select count(*) from raw.orders").fetchone()[0]


def dlt_default(url: str, out: Path):
    """The REST source as its documentation writes it."""
    dlt, pipeline = _dlt(out)
    from dlt.sources.rest_api import rest_api_source

    base, _, path = url.rpartition("/api/")
    source = rest_api_source(
        {
            "client": {"base_url": base, "paginator": {"type": "json_link", "next_url_path": "next"}},
            "resources": [{"name": "orders", "endpoint": {"path": f"/api/{path}", "data_selector": "items"}}],
        }
    )

    def go() -> int:
        pipeline.run(source)
        return _counted(out)

    assert dlt
    return go


def dlt_arrow(url: str, out: Path):
    """A resource of one's own that yields Arrow tables, which dlt loads without looking at each row."""
    dlt, pipeline = _dlt(out)
    import pyarrow as pa
    from dlt.sources.helpers import requests
    from orjson import loads

    @dlt.resource(name="orders")
    def orders():
        following = url
        while following:
            body = loads(requests.get(following).content)
            yield pa.Table.from_pylist(body["items"])
            following = body["next"] and url.partition("/api/")[0] + body["next"]

    def go() -> int:
        pipeline.run(orders())
        return _counted(out)

    return go


CONTESTANTS = {
    "ours": ours,
    "ours+lake": ours_to_the_lake,
    "loop, orjson": loop_with_orjson,
    "loop, polars": loop_with_polars,
    "dlt, Arrow": dlt_arrow,
    "dlt, default": dlt_default,
}


def main() -> None:
    name, url, out = sys.argv[1:]
    go = CONTESTANTS[name](url, Path(out))
    cpu, wall = time.process_time(), time.perf_counter()
    rows = go()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = time.process_time() - cpu + children.ru_utime + children.ru_stime
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": rows, "cpu": spent, "wall": time.perf_counter() - wall, "mb": peak}))


if __name__ == "__main__":
    main()
