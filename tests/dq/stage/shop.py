"""A shop's orders as CSV files in a folder, collected and refined in a warehouse of the test's own."""

import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pandera.polars as pa

from connectors.delimited import Delimited
from connectors.files import Files
from dq.feed import Feed
from dq.run import Run
from dq.settings import Settings


class Order(pa.DataFrameModel):
    order: int = pa.Field(ge=1)
    amount: int = pa.Field(ge=0)
    status: str = pa.Field(isin=("open", "paid"))

    class Config:
        name = "core.shop__orders"


FEED = Feed(
    Files("shop__orders", glob="*.csv", reader=Delimited(), licence="own"),
    Order,
    distinct=("order", "amount", "status"),
)
HEADER = "order,amount,status"


def a_run(folder: Path, code: str = "v1", run_id: str = "r1") -> Run:
    """Give a run whose files are in `folder`/files and whose data is in `folder`/home."""
    environment = {"DQ_HOME": str(folder / "home"), "DQ_FILES": str(folder / "files")}
    return Run(run_id, Settings.of(environment, folder), code, lambda: datetime.now(UTC))


def deliver(folder: Path, name: str, lines: Sequence[str]) -> Path:
    """Put a file of these lines, after the header, where the feed looks."""
    path = folder / "files" / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    long_ago = time.time_ns() - 10**12  # a file that was just written is looked at again
    os.utime(path, ns=(long_ago, long_ago))
    return path


def rows_of(run: Run, table: str, *columns: str) -> list[tuple[object, ...]]:
    """Give a table's rows, sorted."""
    return sorted(run.warehouse.read(table).select(*columns).collect().rows(), key=repr)
