"""One page of a site misbehaves: what the user is told, and that all other pages are there once it behaves."""

import gzip
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from connectors.crawl import Crawl
from connectors.transport import Limits
from dq.errors import FetchError
from dq.landing import LandingStore
from dq.raw import decode_all
from dq.source import Surroundings
from dq.unfinished import Unfinished
from tests.connectors.conftest import NOW
from tests.connectors.told_site import Behaviour, Request, ToldSite

Around = Callable[..., Surroundings]
LIMITS = Limits(deadline=20.0, attempts=1, wire_bytes=1 << 20, decoded_bytes=4 << 20)
SOURCE = Crawl(
    "demo__posts", "${DQ_SAMPLE_SITE}/", record="article", fields={"id": "@id"}, follow="a", limits=LIMITS
)
GOOD = b'<article id="bad"></article>'
OK = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n"


def raw(*parts: bytes, pause: float = 0.0) -> Behaviour:
    return lambda request: request.raw(*parts, pause=pause)


def says(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request: request.reply(body, status, sent)


def hangs(request: Request) -> None:
    time.sleep(1.0)
    request.close_connection = True


def endless(request: Request) -> None:
    request.raw(OK + b"content-length: 100000000\r\n\r\n", *(b"x" * (1 << 16) for _ in range(1_600)))


BOMB = gzip.compress(b"\0" * (8 << 20))
LATER = "Fri, 01 Jan 2100 00:00:00 GMT"
FAULTS: dict[str, tuple[Behaviour, str, bool]] = {
    "slow drip": (
        raw(OK + b"content-length: 99\r\n\r\n", *[b"x"] * 20, pause=0.1),
        "no complete answer within",
        True,
    ),
    "hang": (hangs, "no complete answer within 0.6 s", True),
    "cut body": (raw(OK + b"content-length: 99\r\n\r\n" + GOOD), "cut off", True),
    "no HTTP": (raw(b"hello\r\n\r\n"), "cut off or not HTTP", True),
    "503, come back in seconds": (says(503, retry_after="7200"), "come back in 7,200 s", True),
    "429, come back at a date": (says(429, retry_after=LATER), "asks to come back in", True),
    "500": (says(500), "HTTP 500", True),
    "404": (says(404), "HTTP 404", False),
    "401": (says(401), "HTTP 401", False),
    "redirect loop": (says(302, location="/bad"), "more than 5 redirects", True),
    "gzip bomb": (says(200, BOMB, content_encoding="gzip"), "grows beyond 4,194,304 bytes", True),
    "stacked bomb": (
        says(200, gzip.compress(BOMB), content_encoding="gzip, gzip"),
        "was not asked for",
        True,
    ),
    "broken gzip": (says(200, BOMB[:-20], content_encoding="gzip"), "cut off|grows", True),
    "100 MB": (endless, "more than 1,048,576 bytes were sent", True),
}


@pytest.fixture
def begun(site: ToldSite, around: Around, store: LandingStore) -> Iterator[Surroundings]:
    site.gives("/", '<article id="home"></article><a href="/a">x</a><a href="/bad">x</a><a href="/c">x</a>')
    site.gives("/a", '<article id="a"></article>')
    site.gives("/c", '<article id="c"></article>')
    journal = Unfinished(store, SOURCE.name, lambda: NOW)
    yield replace(around(SOURCE, site.environment), journal=journal)
    journal.discard()


def ids(begun: Surroundings, store: LandingStore) -> list[str | None]:
    return decode_all(SOURCE, SOURCE.fetch({}, begun).current, store).rows["id"].to_list()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_page_that_cannot_be_had_is_named_and_the_others_stay_landed(
    site: ToldSite, begun: Surroundings, store: LandingStore, fault: str
) -> None:
    """The error says what happened, at which address and what to do, and whether a retry may help; when the page is
    well again, every row arrives, and no other page is asked for a second time.
    """
    behaviour, words, passing = FAULTS[fault]
    site.pages["/bad"] = behaviour
    limits = replace(LIMITS, deadline=0.6) if "no complete answer" in words else LIMITS
    with pytest.raises(FetchError, match=words) as caught:
        replace(SOURCE, limits=limits).fetch({}, begun)
    if "no complete answer" not in words:  # on a machine that is busy, others may be late too
        assert caught.value.where == f"{site.url}/bad"
    assert caught.value.retry is passing
    if "grows beyond" in words or "were sent" in words:
        assert "raise `limits`" in (caught.value.hint or "")
    site.gives("/bad", GOOD)
    site.log.clear()
    assert ids(begun, store) == ["home", "a", "bad", "c"]
    if "no complete answer" not in words:
        assert site.paths == ["/robots.txt", "/bad"]


@pytest.mark.parametrize("hosts", [(), ("10.0.0.1",)], ids=["not declared", "declared"])
def test_a_page_that_redirects_to_a_private_address(
    site: ToldSite, begun: Surroundings, store: LandingStore, hosts: tuple[str, ...]
) -> None:
    """Nobody connects there. To a host that is not the crawl's the redirect is refused, the log says so, and the other
    pages arrive; one that is declared is refused by its address, with the way to allow it.
    """
    site.gives("/bad", "", status=302, location="http://10.0.0.1/")
    source = replace(SOURCE, hosts=hosts)
    if hosts:
        with pytest.raises(FetchError, match="refused to connect") as caught:
            source.fetch({}, begun)
        assert "DQ_ALLOW_HOSTS" in (caught.value.hint or "")
        return
    fetched = source.fetch({}, begun)
    assert decode_all(source, fetched.current, store).rows["id"].to_list() == ["home", "a", "c"]
    [refused] = [visit for visit in fetched.visits if visit.outcome == "refused"]
    assert (refused.url, refused.why) == (f"{site.url}/bad", "another host, redirected to http://10.0.0.1/")


@pytest.mark.parametrize(
    ("body", "content_type", "expected", "rejects"),
    [
        (b'<html><div><article id="bad"><p>no end<div></b>', "text/html", ["home", "a", "bad", "c"], 0),
        (OK + b"\0\xff\xfe not a page", "text/html; charset=utf-8", ["home", "a", "c"], 1),
        (b"", "text/html", ["home", "a", "c"], 1),
        (
            '<article id="上海市浦东新区的天气很好，我们都去公园散步"></article>'.encode("gbk"),
            "text/html; charset=utf-8",
            ["home", "a", "上海市浦东新区的天气很好，我们都去公园散步", "c"],
            0,
        ),
    ],
    ids=["malformed HTML", "not a page", "empty", "a charset that lies"],
)
def test_a_page_that_is_not_what_was_agreed_costs_its_own_records(
    site: ToldSite,
    begun: Surroundings,
    store: LandingStore,
    *,
    body: bytes,
    content_type: str,
    expected: list[str],
    rejects: int,
) -> None:
    """What can be read is; what cannot is one reject that names the page; the other pages' rows arrive."""
    site.gives("/bad", body, content_type=content_type)
    batch = decode_all(SOURCE, SOURCE.fetch({}, begun).current, store)
    assert batch.rows["id"].to_list() == expected
    assert batch.rejects.height == rejects
    if rejects:
        assert batch.rejects["_reasons"][0][0]["value"] == f"{site.url}/bad: no record (article) on the page"


def test_a_length_that_is_too_short_is_seen(site: ToldSite, begun: Surroundings, store: LandingStore) -> None:
    """A page whose Content-Length cuts its record off is in quarantine, not passed over; the others arrive."""
    site.pages["/bad"] = raw(OK + b"content-length: 5\r\n\r\n" + GOOD)
    batch = decode_all(SOURCE, SOURCE.fetch({}, begun).current, store)
    assert (batch.rows["id"].to_list(), batch.rejects.height) == (["home", "a", "c"], 1)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b""),
        (403, b""),
        (200, b"User-agent: *\nAllow: /\n" + b"# filler\n" * 200_000),
        (200, b"\0\xff<html>"),
    ],
    ids=["404", "403", "huge", "no robots.txt"],
)
def test_a_robots_txt_that_says_nothing_allows_all(
    site: ToldSite, begun: Surroundings, store: LandingStore, status: int, body: bytes
) -> None:
    """None there, more than two megabytes, or rubbish: the crawl goes on."""
    limits = replace(LIMITS, wire_bytes=16 << 20)
    site.gives("/robots.txt", body, status=status)
    site.gives("/bad", GOOD)
    fetched = replace(SOURCE, limits=limits).fetch({}, begun)
    assert len(decode_all(SOURCE, fetched.current, store).rows) == 4


def test_what_stands_behind_the_first_half_megabyte_of_robots_txt_is_not_read(
    site: ToldSite, begun: Surroundings, store: LandingStore
) -> None:
    """A robots.txt of the largest kind still forbids by what it says first."""
    site.gives("/robots.txt", b"User-agent: *\nDisallow: /bad\n" + b"# filler\n" * 100_000)
    site.gives("/bad", GOOD)
    assert ids(begun, store) == ["home", "a", "c"]


def test_an_etag_that_lies_harms_nothing(site: ToldSite, around: Around, store: LandingStore) -> None:
    """The same ETag for new bytes, a new one for the same: what counts is the body that was sent."""
    site.gives("/", '<article id="one"></article>', etag='"same"')
    first = SOURCE.fetch({}, around(SOURCE, site.environment))
    site.gives("/", '<article id="two"></article>', etag='"same"')
    second = SOURCE.fetch(first.cursor, around(SOURCE, site.environment))
    assert decode_all(SOURCE, second.current, store).rows["id"].to_list() == ["two"]
    site.gives("/", '<article id="two"></article>', etag='"other"')
    third = SOURCE.fetch(second.cursor, around(SOURCE, site.environment))
    assert (third.current, third.counts["landings_new"]) == (second.current, 0)
