"""APIs over several runs: what is new only, child tables from the same pages, and fetches that were killed."""

import json
import multiprocessing
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandera.polars as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.api import JsonApi
from connectors.child_table import ChildTable
from connectors.since import Since
from connectors.transport import Limits
from dq.errors import ConfigError, FetchError
from dq.feed import Feed
from dq.raw import decode_all
from dq.run import Run
from dq.settings import Settings
from dq.source import Surroundings
from dq.stage.collect import collect, redecode
from dq.stage.refine import refine
from dq.unfinished import Unfinished
from tests.connectors.told_site import Request, ToldSite

Around = Callable[..., Surroundings]
QUICK = Limits(deadline=20.0, attempts=1)
START = "2026-01-01T00:00:00Z"


class Event(pa.DataFrameModel):
    id: int
    at: str

    class Config:
        name = "core.demo__events"


class Line(pa.DataFrameModel):
    order_id: int
    sku: str
    amount: int = pa.Field(ge=1)

    class Config:
        name = "core.demo__lines"


class Order(pa.DataFrameModel):
    id: int

    class Config:
        name = "core.demo__orders"


def run_in(home: Path, url: str, code: str = "v1") -> Run:
    where = Settings.of({"DQ_HOME": str(home), "DQ_SAMPLE_SITE": url}, home)
    return Run("run", where, code, lambda: datetime.now(UTC))


def at(hour: int) -> str:
    return (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour)).isoformat().replace("+00:00", "Z")


class Log:
    """An API of events, each with an hour; it gives those not before `since`, two a page."""

    def __init__(self, site: ToldSite) -> None:
        self.events: list[tuple[int, int]] = []
        self.asked: list[str] = []
        site.pages["/events"] = self.page

    def page(self, request: Request) -> None:
        query = parse_qs(urlsplit(request.path).query)
        since, number = query["since"][0], int(query["page"][0])
        self.asked.append(since)
        found = [{"id": one, "at": at(hour)} for one, hour in self.events if at(hour) >= since]
        rows = found[(number - 1) * 2 : number * 2]
        request.reply(json.dumps({"total": len(found), "items": rows}).encode())


def events(**more: Any) -> Feed:
    source = JsonApi(
        "demo__events",
        "${DQ_SAMPLE_SITE}/events",
        next=None,
        page_param="page",
        since=Since("since", "at", START, timedelta(hours=2)),
        limits=QUICK,
        **more,
    )
    return Feed(source, Event, distinct=("id", "at"))


def test_only_what_is_new_is_asked_for_and_all_stays(site: ToldSite, tmp_path: Path) -> None:
    """Rows of earlier runs stay, the overlap's late row comes, its repeats are dropped and counted."""
    log, feed, run = Log(site), events(), run_in(tmp_path, site.url)
    log.events = [(1, 1), (2, 5), (3, 9)]
    collect(feed, run)
    log.events += [(4, 8), (5, 12), (6, 3)]  # 4 is late, within the overlap; 6 is too late
    collect(feed, run)
    refine(feed, run)
    assert sorted(set(log.asked)) == [START, at(7)]
    core = run.warehouse.read("core.demo__events").select("id").collect()["id"]
    assert sorted(core) == [1, 2, 3, 4, 5]
    ((rows_in, accepted, deduplicated),) = run.warehouse.ask(
        "select rows_in, accepted, deduplicated from quality.ledger where table_name = 'core.demo__events'"
    )
    assert (rows_in, accepted, deduplicated) == (6, 5, 1)
    before = list(log.asked)
    for _ in range(
        2
    ):  # nothing is new: the overlap is asked for, and what it brings again is not landed again
        collect(feed, run)
    assert set(log.asked[len(before) :]) == {at(10)}
    assert run.warehouse.ask("select count(*) from raw.demo__events") == [(7,)]


def test_the_memory_of_a_time_cursor_does_not_grow(site: ToldSite, tmp_path: Path) -> None:
    """It holds the mark and the pages of the last run, however many runs there were; a mended reader replays all."""
    log, feed, run = Log(site), events(), run_in(tmp_path, site.url)
    sizes = []
    for day in range(3):
        log.events.append((day, 24 * day))
        collect(feed, run)
        sizes.append(len(json.dumps(run.warehouse.cursor("demo__events"))))
    assert max(sizes) - min(sizes) < 20
    held = run.warehouse.ask("select count(*), count(distinct id) from raw.demo__events")
    assert held == [(5, 3)]
    redecode(feed, run_in(tmp_path, site.url, code="v2"))
    assert run.warehouse.ask("select count(*), count(distinct id) from raw.demo__events") == held


def test_a_record_from_the_future_hides_nothing(site: ToldSite, tmp_path: Path) -> None:
    """One record is dated 2099, another tomorrow in a zone ahead: what comes until then is asked for all the same, the
    user is told, and nothing comes twice.
    """
    log, feed, run = Log(site), events(), run_in(tmp_path, site.url)
    said: list[str] = []
    log.events = [(1, 1), (2, 24 * 366 * 73)]
    collect(feed, replace(run, progress=said.append))
    assert any("which is to come; the next run asks from" in words for words in said)
    soon = int((datetime.now(UTC) - datetime(2026, 1, 1, tzinfo=UTC)) / timedelta(hours=1))
    log.events.append((3, soon))
    collect(feed, run)
    refine(feed, run)
    rows = run.warehouse.read("core.demo__events").collect()
    assert sorted(rows["id"].to_list()) == [1, 2, 3]
    assert START <= log.asked[-1] <= at(soon)


def test_records_without_a_time_move_no_mark(site: ToldSite, around: Around) -> None:
    """A null cursor is no time: such a record arrives, and the mark is that of the others."""
    source = events().source
    assert isinstance(source, JsonApi)
    rows = [{"id": 1, "at": None}, {"id": 2, "at": at(3)}, {"id": 3}]
    site.gives("/events", json.dumps({"total": 3, "items": rows}))
    fetched = source.fetch({}, around(source, site.environment))
    assert (fetched.cursor["mark"], sum(one.rows.height for one in fetched.decoded.values())) == (at(3), 3)


def test_another_declaration_begins_anew(site: ToldSite, tmp_path: Path) -> None:
    """Where the source asks for something else, the rows of the old question are replaced."""
    log, run = Log(site), run_in(tmp_path, site.url)
    log.events = [(1, 1), (2, 5)]
    collect(events(), run)
    collect(events(params={"kind": "all"}), run)
    assert run.warehouse.ask("select count(*), count(distinct id) from raw.demo__events") == [(2, 2)]
    assert log.asked[-1] == START


def test_a_mark_that_cannot_be_compared_is_told(site: ToldSite, around: Around) -> None:
    """A record with something else than a time ends the fetch with its words."""
    source = events().source
    site.gives("/events", '{"total": 1, "items": [{"id": 1, "at": "yesterday"}]}')
    with pytest.raises(FetchError, match="cannot be compared"):
        source.fetch({}, around(source, site.environment))
    with pytest.raises(ConfigError, match="not an ISO 8601 time"):
        Since("since", "at", "once")


@given(st.lists(st.integers(0, 10**12), min_size=1), st.integers(0, 10**6))
@settings(max_examples=40)
def test_numbers_are_marks_too(numbers: list[int], overlap: int) -> None:
    """The furthest is the greatest as a number, not as text, and the overlap is taken off it."""
    since = Since("after", "id", "0", overlap)
    mark = since.mark_of([{"id": number} for number in numbers], "x")
    assert mark == str(max(numbers))
    assert since.back(mark) == str(max(numbers) - overlap)


ORDERS = [
    {"id": 1, "lines": [{"sku": "a", "amount": 1}, {"sku": "b", "amount": 0}]},
    {"id": 2, "lines": []},
    {"id": 3},
    {"id": None, "lines": [{"sku": "c", "amount": 1}]},
    {"id": 5, "lines": "none"},
    {"id": 6, "lines": [{"sku": "d", "amount": 4}, 7]},
]


def orders(site: ToldSite) -> tuple[Feed, Feed]:
    site.gives_tagged("/orders", json.dumps({"items": ORDERS, "total": len(ORDERS)}), '"1"')
    source = JsonApi("demo__orders", "${DQ_SAMPLE_SITE}/orders", next=None, limits=QUICK)
    lines = ChildTable("demo__lines", source, items="lines", keys={"order_id": "id"})
    return Feed(source, Order), Feed(lines, Line)


def test_a_list_in_the_records_is_a_table_of_its_own(site: ToldSite, tmp_path: Path) -> None:
    """Its rows carry the parent's key and balance like any others; the API is asked once for both tables.

    Before the parent's first run it says what to do; what the parent no longer has, it has no longer.
    """
    parent, child = orders(site)
    run = run_in(tmp_path, site.url)
    with pytest.raises(FetchError, match="has not been fetched"):
        collect(child, run)
    collect(parent, run)
    outcome = collect(child, run)
    assert site.paths == ["/orders"]
    assert outcome.ledger is not None
    assert (outcome.ledger.rows_in, outcome.ledger.accepted, outcome.ledger.quarantined) == (6, 4, 2)
    raw = run.warehouse.read("raw.demo__lines").select("order_id", "sku", "value", "_row").collect()
    assert raw.rows() == [("1", "a", None, 1), ("1", "b", None, 2), ("6", "d", None, 5), ("6", None, "7", 6)]
    rules = run.warehouse.ask("select _row, _reasons[1].rule from quarantine.raw__demo__lines order by 1")
    assert rules == [(3, "json:no_parent_key"), (4, "json:not_a_list")]
    refine(child, run)
    assert run.warehouse.ask("select order_id, sku from core.demo__lines order by 1") == [(1, "a"), (6, "d")]
    assert collect(child, run).state == "unchanged"
    site.gives("/orders", '{"total": 1, "items": [{"id": 9, "lines": [{"sku": "z", "amount": 1}]}]}')
    collect(parent, run)
    collect(child, run)
    assert run.warehouse.ask("select order_id, sku from raw.demo__lines") == [("9", "z")]


def counted(**more: Any) -> JsonApi:
    return JsonApi(
        "demo__api", "${DQ_SAMPLE_SITE}/api", next=None, page_param="page", limits=QUICK, rate=None, **more
    )


def test_pages_come_side_by_side_where_the_total_is_known(site: ToldSite, around: Around) -> None:
    """After the first page several are under way at once; their order is that of their numbers all the same."""
    busy, most, lock = [0], [0], threading.Lock()

    def page(request: Request) -> None:
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        time.sleep(0.03)
        number = int(request.path.rpartition("=")[2])
        with lock:
            busy[0] -= 1
        request.reply(json.dumps({"total": 20, "items": [{"id": number}]}).encode())

    site.pages["/api"] = page
    source = counted()
    fetched = source.fetch({}, around(source, site.environment))
    assert [landing.origin.url.rpartition("=")[2] for landing in fetched.current] == [
        str(n) for n in range(1, 21)
    ]
    assert len(site.log) == 20
    assert most[0] > 2


def test_rows_that_shift_between_pages_are_told(site: ToldSite, around: Around) -> None:
    """A row came in and one went while the pages were read: the total is right, one row is there twice, one never."""
    site.gives("/api?page=1", '{"total": 4, "items": [{"id": 1}, {"id": 2}]}')
    site.gives("/api?page=2", '{"total": 4, "items": [{"id": 2}, {"id": 3}]}')
    source = counted()
    assert len(source.fetch({}, around(source, site.environment)).current) == 2  # a count alone cannot see it
    source = counted(key="id")
    with pytest.raises(FetchError, match="id=2 is on two pages"):
        source.fetch({}, around(source, site.environment))


def test_a_page_that_repeats_without_a_total_ends_at_once(site: ToldSite, around: Around) -> None:
    """An API that ignores the page's number would be read for ever: the second answer tells."""
    site.gives("/api", '[{"id": 1}]')
    source = counted(items="", total=None)
    with pytest.raises(FetchError, match="the same page twice"):
        source.fetch({}, around(source, site.environment))
    assert len(site.log) == 2


def test_parameters_with_signs_are_set_not_repeated(site: ToldSite, around: Around) -> None:
    """`$offset` is one parameter, whatever its quoting; on every page it stands once."""
    site.gives("/api", "[]")
    site.gives("/api?%24limit=1&%24offset=0", '[{"id": 1}]')
    site.gives("/api?%24limit=1&%24offset=1", '[{"id": 2}]')
    source = replace(
        counted(items="", total=None, params={"$limit": "1"}), page_param="$offset", first_page=0, page_step=1
    )
    assert len(source.fetch({}, around(source, site.environment)).current) == 2


def test_a_total_too_large_asks_for_no_more_than_there_is(site: ToldSite, around: Around) -> None:
    """A total of ten million for two pages costs one batch of requests, and is told."""
    for number in (1, 2):
        site.gives(f"/api?page={number}", json.dumps({"total": 10**7, "items": [{"id": number}]}))
    site.gives("/api", json.dumps({"total": 10**7, "items": []}))
    source = counted()
    with pytest.raises(FetchError, match="says 10,000,000 rows, its pages hold 2"):
        source.fetch({}, around(source, site.environment))
    assert len(site.log) <= 66


PAGES = 40
SLOW = counted()


def fetch_slow(home: str, url: str) -> dict[str, Any]:
    """Do what collect does before it publishes; give the counts and the rows."""
    run = run_in(Path(home), url)
    land = run.store.land_for(SLOW.name, SLOW.licence, run.now)
    journal = Unfinished(run.store, SLOW.name, run.now)
    around = Surroundings(land, run.settings.files, run.now, run.settings.environment, journal=journal)
    fetched = SLOW.fetch({}, around)
    rows = decode_all(SLOW, fetched.current, run.store).rows
    return {**fetched.counts, "ids": rows["id"].to_list()}


def test_a_killed_fetch_asks_for_no_landed_page_again(site: ToldSite, tmp_path: Path) -> None:
    """kill -9 in the middle of 40 pages, three times: the fetch after that has all rows, and asks for the rest only."""
    gate, left = threading.Event(), [0]

    def page(request: Request) -> None:
        left[0] -= 1
        if left[0] < 0:
            gate.wait(30)
        number = int(request.path.rpartition("=")[2])
        request.reply(json.dumps({"total": PAGES, "items": [{"id": number}]}).encode())

    site.pages["/api"] = page
    fork = multiprocessing.get_context("forkserver")
    fork.set_forkserver_preload([__name__])
    for more in (5, 9, 12):
        gate.clear()
        left[0], before = more, len(site.log)
        process = fork.Process(target=fetch_slow, args=(str(tmp_path), site.url))
        process.start()
        while len(site.log) < before + more + 1:
            assert process.is_alive()
            time.sleep(0.01)
        time.sleep(0.1)
        process.kill()
        process.join()
        gate.set()
    left[0] = 10**6
    asked = len(site.log)
    ended = fetch_slow(str(tmp_path), site.url)
    assert ended["ids"] == [str(number) for number in range(1, PAGES + 1)]
    assert ended["resumed"] >= 20
    assert len(site.log) - asked == ended["requests"] == PAGES - ended["resumed"]


def test_pages_that_do_not_fit_are_not_gone_on_from(site: ToldSite, tmp_path: Path) -> None:
    """A total that lied once is asked for again: what had landed with it is no ground to stand on."""
    site.gives("/api", '{"total": 2, "items": [{"id": 1}]}')
    for page in range(2, 6):
        site.gives(f"/api?page={page}", '{"total": 2, "items": []}')
    with pytest.raises(FetchError, match="says 2 rows"):
        fetch_slow(str(tmp_path), site.url)
    site.gives("/api", '{"total": 1, "items": [{"id": 1}]}')
    assert fetch_slow(str(tmp_path), site.url)["ids"] == ["1"]
