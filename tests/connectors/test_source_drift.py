"""A source changes its fields: each kind of source says which came, went, are called or written otherwise."""

import io
import json
import os
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandera.polars as pa
import polars as pl
import pytest
from bs4 import BeautifulSoup

from connectors.api import JsonApi
from connectors.archive import Archive
from connectors.crawl import Crawl
from connectors.delimited import Delimited
from connectors.excel import Excel
from connectors.files import Files
from connectors.json_file import JsonFile
from connectors.parquet_file import ParquetFile
from connectors.survey import Survey
from connectors.transport import Limits
from dq.feed import Feed
from dq.run import Run
from dq.settings import Settings
from dq.source import Source
from dq.stage.collect import collect
from tests.connectors.told_site import ToldSite
from tests.connectors.workbooks import workbook

QUICK = Limits(deadline=20.0, attempts=1)
NUMBERS = range(60)
BEFORE = pl.DataFrame(
    {
        "order": [str(number) for number in NUMBERS],
        "amount": [str(number * 7 % 900) for number in NUMBERS],
        "status": ["open", "paid"] * 30,
        "day": [f"2026-01-{number % 28 + 1:02d}" for number in NUMBERS],
    }
)
NOW = BEFORE.select(
    "order",
    pl.col("amount").alias("total"),
    pl.format("{}.01.2026", pl.col("day").str.slice(8)).alias("day"),
    pl.format("a note on {}", "order").alias("note"),
)
TOLD = {("amount", "renamed"), ("status", "removed"), ("day", "retyped"), ("note", "added")}


class Order(pa.DataFrameModel):
    order: int

    class Config:
        name = "core.shop__orders"


def as_json(frame: pl.DataFrame) -> bytes:
    return json.dumps({"total": frame.height, "items": frame.to_dicts(), "next": None}).encode()


def as_lines(frame: pl.DataFrame) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in frame.to_dicts())


def as_csv(frame: pl.DataFrame) -> bytes:
    return frame.write_csv().encode()


def as_parquet(frame: pl.DataFrame) -> bytes:
    frame.write_parquet(out := io.BytesIO())
    return out.getvalue()


def as_excel(frame: pl.DataFrame) -> bytes:
    return workbook({"orders": [frame.columns, *frame.rows()]})


def as_html(frame: pl.DataFrame) -> bytes:
    cells = [
        "".join(f"<b title={name}>{value}</b>" for name, value in row.items()) for row in frame.to_dicts()
    ]
    return "".join(f"<p>{one}</p>" for one in cells).encode()


def as_zip(frame: pl.DataFrame) -> bytes:
    with zipfile.ZipFile(out := io.BytesIO(), "w") as archive:
        archive.writestr("orders.csv", as_csv(frame))
    return out.getvalue()


def parse(soup: BeautifulSoup) -> list[dict[str, object]]:
    return [{str(one["title"]): one.text for one in record("b")} for record in soup("p")]


NAME, URL = "shop__orders", "${DQ_SAMPLE_SITE}/orders"
KINDS: dict[str, tuple[Source, Callable[[pl.DataFrame], bytes]]] = {
    "an API": (JsonApi(NAME, URL, limits=QUICK), as_json),
    "an API of CSV": (JsonApi(NAME, URL, reader=Delimited(), next=None, total=None, limits=QUICK), as_csv),
    "pages": (Crawl(NAME, URL, parse=parse, follow=None, limits=QUICK), as_html),
    "an archive": (Archive(NAME, URL, "*.csv", Delimited()), as_zip),
    "CSV files": (Files(NAME, "orders", Delimited()), as_csv),
    "NDJSON files": (Files(NAME, "orders", JsonFile(lines=True)), as_lines),
    "Parquet files": (Files(NAME, "orders", ParquetFile()), as_parquet),
    "Excel files": (Files(NAME, "orders", Excel()), as_excel),
    "a survey": (Survey(NAME, "orders", delimiter=","), as_csv),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_source_changes_is_recorded_and_named(site: ToldSite, tmp_path: Path, kind: str) -> None:
    """A field that is new, gone, called or written otherwise is a row of `quality.drift` each, of its own class; the
    table is published all the same, and raw keeps every field, also those that nobody declared.
    """
    source, written = KINDS[kind]
    where = Settings.of(
        {"DQ_HOME": str(tmp_path), "DQ_FILES": str(tmp_path), "DQ_SAMPLE_SITE": site.url}, tmp_path
    )
    for frame in (BEFORE, NOW):
        site.gives("/orders", written(frame))
        (tmp_path / "orders").write_bytes(written(frame))
        long_ago = time.time_ns() - 10**12 + frame.width * len(written(frame))
        os.utime(tmp_path / "orders", ns=(long_ago, long_ago))
        run = Run("run", where, "v1", lambda: datetime.now(UTC))
        collect(Feed(source, Order), run)
    drift = run.warehouse.read("quality.drift").collect()
    assert set(drift.filter(kind="schema").select("column_name", "change").rows()) == TOLD
    assert set(drift.filter(change="added")["severity"]) == {"warn"}
    assert set(drift.filter(pl.col("change").is_in(["renamed", "removed", "retyped"]))["severity"]) == {
        "error"
    }
    raw = run.warehouse.read(f"raw.{NAME}").collect()
    assert raw.select(pl.col(NOW.columns).cast(pl.String)).sort("order").equals(NOW.sort("order"))
