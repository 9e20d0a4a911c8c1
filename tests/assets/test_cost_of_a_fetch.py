"""What a fetch cost, and how far it was, as Dagster shows it: of pages and of an API."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pandera.polars as pa
import pytest

from assets.contract_checks import asset_key
from assets.feed_assets import feed_assets
from assets.lake import Lake
from connectors.api import JsonApi
from connectors.crawl import Crawl
from dq.feed import Feed
from tests.connectors.told_site import Request, ToldSite, serving


class Post(pa.DataFrameModel):
    id: str

    class Config:
        name = "core.demo__posts"


class Order(pa.DataFrameModel):
    id: int

    class Config:
        name = "core.demo__orders"


POSTS = Feed(
    Crawl(
        "demo__posts", "${DQ_SAMPLE_SITE}/", record="p", fields={"id": "@id"}, follow="a", rate=None, gone=0.5
    ),
    Post,
)
ORDERS = Feed(JsonApi("demo__orders", "${DQ_SAMPLE_SITE}/api", next=None, page_param="page"), Order)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ToldSite]:
    with serving() as told:
        monkeypatch.setenv("DQ_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("DQ_SAMPLE_SITE", told.url)
        yield told


def materialized(feed: Feed) -> tuple[dict[str, Any], list[str]]:
    """Run the raw asset; give its metadata and the words of its log."""
    raw, _ = feed_assets(feed)
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([raw], resources={"lake": Lake()}, instance=instance)
        logs = [entry.user_message for entry in instance.all_logs(result.run_id)]
    [event] = result.get_asset_materialization_events()
    assert event.asset_key == asset_key(feed.raw)
    return {name: value.value for name, value in event.materialization.metadata.items()}, logs


def slow(request: Request) -> None:
    time.sleep(1.1)
    request.reply(b'<p id="b"></p>')


def test_pages(site: ToldSite) -> None:
    """Requests, bytes, retries and refusals of the first run; what 304 saved in the second; the way in the log, with
    pages, rows, bytes and pace, and why what was not fetched.
    """
    site.gives("/robots.txt", "User-agent: *\nDisallow: /no\n")
    links = "".join(
        f'<a href="{href}">x</a>' for href in ("/b", "/no", "/busy", "/dead", "http://other.example/")
    )
    home = f'<p id="home"></p>{links}'
    site.gives_tagged("/", home, '"1"')
    site.pages["/b"] = slow
    site.does_in_turn(
        "/busy", lambda request: request.reply(b"", 503), lambda request: request.reply(b'<p id="c"></p>')
    )
    first, log = materialized(POSTS)
    sent = [len(one) for one in (home, '<p id="b"></p>', '<p id="c"></p>', "not here")]
    assert first["bytes"] >= sum(sent[:3])
    expected = {
        "requests": len(site.log),
        "retries": 1,
        "refused": 1,
        "not_followed": 1,
        "gone": 1,
        "landings_new": 3,
        "not_modified": 0,
        "dagster/row_count": 3,
        "rows_in": 3,
    }
    assert {name: first[name] for name in expected} == expected
    told = [words for words in log if "pages/s" in words]
    assert told
    assert "demo__posts: 3 pages · 3 rows · 0.0 MB" in told[-1]
    assert "1 retried · 1 refused by robots.txt · 1 gone" in told[-1]
    [said] = [words for words in log if "not fetched" in words]
    reasons = said.rpartition("not fetched: ")[2].partition("; ")[0].split(", ")
    assert sorted(reasons) == ["1 HTTP 404", "1 another host", "1 robots.txt"]
    site.log.clear()
    second, _ = materialized(POSTS)
    assert (second["not_modified"], second["bytes_saved"]) == (1, len(home))
    assert second["state"] == "unchanged"
    assert second["requests"] == len(site.log)


def test_an_api(site: ToldSite) -> None:
    """The rows that there are to be are told beside those that came."""

    def page(request: Request) -> None:
        number = int(request.path.rpartition("=")[2])
        time.sleep(1.1 if number == 2 else 0)
        request.reply(json.dumps({"total": 2, "items": [{"id": number}]}).encode())

    site.pages["/api"] = page
    cost, log = materialized(ORDERS)
    assert (cost["requests"], cost["landings_new"], cost["rows_in"], cost["retries"]) == (2, 2, 2, 0)
    [told] = [words for words in log if "pages/s" in words]
    assert "demo__orders: 2 pages · 2 of 2 rows · 0.0 MB · " in told
