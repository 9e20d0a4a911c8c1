"""An API misbehaves in the middle: what the user is told, that the last good table stays, and that all comes after."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pandera.polars as pa
import pytest

from connectors.api import JsonApi
from connectors.transport import Limits
from dq.errors import FetchError
from dq.feed import Feed
from dq.run import Run
from dq.settings import Settings
from dq.stage.collect import collect
from tests.connectors.told_site import ToldSite, serving

ROWS, SIZE = 6, 2


class Order(pa.DataFrameModel):
    id: int

    class Config:
        name = "core.demo__orders"


class Other(pa.DataFrameModel):
    id: int

    class Config:
        name = "core.demo__others"


def feed(name: str) -> Feed:
    source = JsonApi(
        f"demo__{name}",
        f"${{DQ_SAMPLE_SITE}}/{name}",
        next=None,
        page_param="page",
        key="id",
        limits=Limits(deadline=20.0, attempts=1),
        rate=None,
    )
    return Feed(source, Order if name == "orders" else Other)


@dataclass
class Deployment:
    """A lake before an API, whose rows all change with `version`."""

    site: ToldSite
    run: Run
    version: int = 0
    feeds: dict[str, Feed] = field(
        default_factory=lambda: {name: feed(name) for name in ("orders", "others")}
    )

    def body(self, page: int, *, first: int | None = None, size: int = SIZE, total: int = ROWS) -> bytes:
        first = (page - 1) * SIZE + 1 if first is None else first
        items = [{"id": n, "version": self.version} for n in range(first, first + size)]
        return json.dumps({"total": total, "page": page, "items": items}).encode()

    def change(self) -> None:
        """Give every row of both APIs another version."""
        self.version += 1
        for name in self.feeds:
            for page in range(1, ROWS // SIZE + 1):
                self.site.gives(f"/{name}?page={page}", self.body(page))
            self.site.gives(f"/{name}", self.body(9, size=0))

    def rows(self, name: str) -> list[tuple[str, str]]:
        rows = self.run.warehouse.read(f"raw.demo__{name}").select("id", "version").collect().sort("id")
        return rows.rows()  # type: ignore[return-value]

    def expected(self) -> list[tuple[str, str]]:
        return [(str(n), str(self.version)) for n in range(1, ROWS + 1)]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    home: Path = tmp_path_factory.mktemp("home")
    with serving() as site:
        settings = Settings.of({"DQ_HOME": str(home), "DQ_SAMPLE_SITE": site.url}, home)
        yield Deployment(site, Run("run", settings, "code", lambda: datetime.now(UTC)))


# What any page may do (drip, hang, break off, 429, redirect, …) is in test_bad_pages; this is what pages of an API do.
FAULTS: dict[str, tuple[Callable[[Deployment], bytes], str]] = {
    "JSON cut in the middle": (lambda now: now.body(2)[:40], "the JSON is cut off at character 40 of 40"),
    "no JSON": (lambda _: b"<html>sorry</html>", "not JSON"),
    "a page that repeats": (lambda now: now.body(1), "the record id=[12] is on two pages"),
    "a page that shifted": (lambda now: now.body(2, first=2), "the record id=2 is on two pages"),
    "a row that is twice on its page": (
        lambda now: now.body(2, size=1).replace(b'"items": [', b'"items": [{"id": 3, "version": 0}, '),
        "the record id=3 is twice on one page",
    ),
    "a page that lacks a row": (lambda now: now.body(2, size=1), "the API says 6 rows, its pages hold 5"),
    "a total that lies": (lambda now: now.body(2, total=7), "total changed while it was read: 6 and 7"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_costs_no_row_and_publishes_no_half(deployment: Deployment, fault: str) -> None:
    """The error says what and where; the table stays the last good one, row for row; the other API's new rows arrive;
    and when the API is well again, every new row is there, once.
    """
    body, words = FAULTS[fault]
    if not deployment.version:
        deployment.change()
        for one in deployment.feeds.values():
            collect(one, deployment.run)
    before = deployment.rows("orders")
    deployment.change()
    deployment.site.gives("/orders?page=2", body(deployment))
    with pytest.raises(FetchError) as caught:
        collect(deployment.feeds["orders"], deployment.run)
    assert re.search(words, caught.value.what), caught.value
    assert f"{deployment.site.url}/orders" in (caught.value.where or "")
    assert deployment.rows("orders") == before
    collect(deployment.feeds["others"], deployment.run)
    assert deployment.rows("others") == deployment.expected()

    deployment.site.gives("/orders?page=2", deployment.body(2))
    collect(deployment.feeds["orders"], deployment.run)
    assert deployment.rows("orders") == deployment.expected()
