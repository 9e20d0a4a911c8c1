import asyncio
import gzip
import re
import socket
import time
import zlib
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime

import pytest

from connectors.guard import GuardedBackend
from connectors.placeholders import Secrets
from connectors.transport import Answer, Limits, Transport
from dq.errors import FetchError
from tests.connectors.conftest import NOW
from tests.connectors.told_site import Request, ToldSite, serving

QUICK = Limits(deadline=20.0, wire_bytes=50_000, decoded_bytes=100_000, attempts=3)


class Clock:
    """Sleeps in no time and remembers how long."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


def get(
    site: ToldSite,
    path: str = "/page",
    *,
    limits: Limits = QUICK,
    clock: Clock | None = None,
    secrets: Secrets | None = None,
    environment: dict[str, str] | None = None,
    **more: object,
) -> tuple[Answer, Transport]:
    async def run() -> tuple[Answer, Transport]:
        sleep = (clock or Clock()).sleep
        given = site.environment if environment is None else environment
        async with Transport(given, limits, secrets=secrets, sleep=sleep, now=lambda: NOW) as transport:
            return await transport.get(site.url + path, **more), transport

    return asyncio.run(run())


def failure(site: ToldSite, path: str = "/page", **more: object) -> FetchError:
    with pytest.raises(FetchError) as caught:
        get(site, path, **more)
    return caught.value


def then_ok(*firsts: Callable[[Request], None]) -> list[Callable[[Request], None]]:
    return [*firsts, lambda request: request.reply(b"fine")]


def test_a_page_comes_with_its_status_and_headers(site: ToldSite) -> None:
    """A plain page arrives whole, and its cost is counted."""
    site.gives("/page", "hello", etag='"1"')
    answer, transport = get(site)
    assert (answer.status, answer.body, answer.headers["etag"]) == (200, b"hello", '"1"')
    assert (transport.tally.requests, transport.tally.bytes, transport.tally.retries) == (1, 5, 0)


def test_a_slow_drip_ends_at_the_deadline(site: ToldSite) -> None:
    """A server that sends a byte now and then cannot hold a fetch longer than its deadline, read by read."""
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n"
    site.pages["/page"] = lambda request: request.raw(head, *[b"x"] * 30, pause=0.05)
    error = failure(site, limits=Limits(deadline=0.4, attempts=3))
    assert "no complete answer within 0.4 s after 3 attempts" in error.what
    assert error.where == site.url + "/page"


def test_a_hanging_server_ends_at_the_deadline(site: ToldSite) -> None:
    """A server that says nothing is given up on."""
    site.pages["/page"] = lambda request: request.raw(b"", pause=1.0)
    assert "no complete answer" in failure(site, limits=Limits(deadline=0.2, attempts=1)).what


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_passing_trouble_is_retried_with_growing_waits(site: ToldSite, status: int) -> None:
    """Two failures that may pass, then an answer: the answer is what the caller sees."""
    bad = lambda request: request.reply(b"", status)  # noqa: E731
    site.does_in_turn("/page", *then_ok(bad, bad))
    clock = Clock()
    answer, transport = get(site, clock=clock)
    assert (answer.body, transport.tally.retries) == (b"fine", 2)
    assert 0.25 <= clock.slept[0] <= 0.5 <= clock.slept[1] <= 1.0


@pytest.mark.parametrize("asked", ["7", format_datetime(NOW + timedelta(seconds=7), usegmt=True)])
def test_retry_after_is_honoured_in_both_forms(site: ToldSite, asked: str) -> None:
    """The server's wish is kept, whether it is in seconds or a date."""
    site.does_in_turn("/page", *then_ok(lambda request: request.reply(b"", 503, {"retry-after": asked})))
    clock = Clock()
    get(site, clock=clock)
    assert clock.slept == [7.0]


def test_a_long_retry_after_is_told_not_slept(site: ToldSite) -> None:
    """Rather than hammering early or sleeping for an hour, the fetch ends and says when to come back."""
    site.pages["/page"] = lambda request: request.reply(b"", 429, {"retry-after": "3600"})
    clock = Clock()
    error = failure(site, clock=clock)
    assert "come back in 3,600 s" in error.what
    assert (clock.slept, len(site.log)) == ([], 1)


def test_what_will_not_pass_is_not_retried(site: ToldSite) -> None:
    """A 404 is asked for once, and the error says what to do."""
    error = failure(site)
    assert (error.what, len(site.log)) == ("HTTP 404", 1)
    assert "correct the address" in str(error)


def test_a_partial_answer_that_nobody_asked_for_is_refused(site: ToldSite) -> None:
    """A 206 holds a part of the body: taking it for the whole would lose the rest without a word."""
    site.gives("/page", "half", status=206)
    assert "HTTP 206" in failure(site).what


def test_a_304_that_nobody_asked_for_is_refused(site: ToldSite) -> None:
    """Without a condition in the request there is nothing that 304 could speak of."""
    site.gives("/page", "", status=304)
    assert "HTTP 304" in failure(site).what
    answer, transport = get(site, etag='"1"')
    assert (answer.status, answer.body, transport.tally.not_modified) == (304, b"", 1)


def test_a_body_cut_short_is_retried_and_told(site: ToldSite) -> None:
    """Fewer bytes than promised are never taken for the page."""
    cut = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"
    site.pages["/page"] = lambda request: request.raw(cut)
    error = failure(site)
    assert "cut off" in error.what
    assert len(site.log) == 3
    site.does_in_turn("/page", *then_ok(lambda request: request.raw(cut)))
    assert get(site)[0].body == b"fine"


def test_a_stopped_sample_site_is_named() -> None:
    """Connection refused at the sample site says how to start it; elsewhere it does not."""
    with serving() as site:
        pass
    error = failure(site)
    assert "after 3 attempts" in error.what
    assert error.hint == "is the sample site running? make site"
    host = site.url.removeprefix("http://")
    assert "make site" not in str(failure(site, environment={"DQ_ALLOW_HOSTS": host}))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(site: ToldSite, status: int) -> None:
    """The answer's address is the one that it came from, so that its links resolve."""
    site.gives("/page", "", status=status, location="/b/there")
    site.gives("/b/there", "fine")
    answer, transport = get(site)
    assert (answer.url, answer.body, transport.tally.requests) == (site.url + "/b/there", b"fine", 2)


def test_a_redirect_loop_ends(site: ToldSite) -> None:
    """Five hops are enough."""
    site.gives("/page", "", status=302, location="/page")
    assert "more than 5 redirects" in failure(site).what
    assert len(site.log) == 6


def test_a_redirect_to_a_private_address_is_refused(site: ToldSite) -> None:
    """An allowed host cannot send the client to one that is not: the inner server hears nothing."""
    with serving() as inner:
        inner.gives("/secret", "keys")
        site.gives("/page", "", status=302, location=inner.url + "/secret")
        error = failure(site)
        assert "refused to connect" in error.what
        assert "DQ_ALLOW_HOSTS" in str(error)
        assert inner.log == []


@pytest.mark.parametrize("target", ["file:///etc/passwd", "gopher://x/", "http://[half/", "javascript:1"])
def test_a_redirect_to_no_address_is_refused(site: ToldSite, target: str) -> None:
    """Only http and https are followed."""
    site.gives("/page", "", status=302, location=target)
    assert re.search(r"not an (http\(s\) )?address", failure(site).what)


def test_keys_stay_with_their_host(site: ToldSite) -> None:
    """A redirect to another host does not carry the headers of the declaration along."""
    with serving() as other:
        other.gives("/page", "fine")
        site.gives("/page", "", status=302, location=other.url + "/page")
        allowed = {"DQ_ALLOW_HOSTS": other.url.removeprefix("http://"), **site.environment}
        get(site, headers={"authorization": "Bearer k"}, environment=allowed)
        assert site.log[0][1]["authorization"] == "Bearer k"
        assert "authorization" not in other.log[0][1]


def test_an_inner_host_needs_to_be_allowed(site: ToldSite) -> None:
    """Without an entry in the allow-list, loopback is out of reach."""
    site.gives("/page", "fine")
    assert "127.0.0.1" in failure(site, environment={}).what
    assert site.log == []


def test_secrets_are_not_in_errors(site: ToldSite) -> None:
    """Neither the message nor the address of an error shows a key."""
    secrets = Secrets({"KEY": "s3 cret"}, "https://x/?key=${KEY}")
    error = failure(site, "/page?key=s3%20cret", secrets=secrets)
    assert "s3" not in str(error)
    assert "${KEY}" in str(error)


@pytest.mark.parametrize(
    ("body", "encoding", "words"),
    [
        (gzip.compress(bytes(50_000_000)), "gzip", "grows beyond"),
        (zlib.compress(bytes(50_000_000)), "deflate", "grows beyond"),
        (gzip.compress(gzip.compress(b"x")), "gzip, gzip", "not asked for"),
        (b"x", "br", "not asked for"),
        (gzip.compress(b"x" * 999)[:-9], "gzip", "cut off"),
        (b"not gzip", "gzip", "broken"),
        (b"x" * 60_000, "identity", "more than 50,000 bytes"),
    ],
    ids=["gzip bomb", "deflate bomb", "stacked", "brotli", "cut gzip", "no gzip", "too long"],
)
def test_a_hostile_body_is_refused(site: ToldSite, body: bytes, encoding: str, words: str) -> None:
    """What does not fit the caps, or is not what its header says, never becomes a page."""
    site.gives("/page", body, content_encoding=encoding)
    assert words in failure(site).what


def test_an_endless_body_is_cut_at_the_cap(site: ToldSite) -> None:
    """A body without a length ends for us where our cap does."""
    head = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"
    site.pages["/page"] = lambda request: request.raw(head, *[b"x" * 10_000] * 50)
    assert "more than 50,000 bytes were sent" in failure(site).what


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, lambda body: zlib.compress(body, wbits=-15)])
def test_compressed_pages_arrive_decoded(site: ToldSite, pack: Callable[[bytes], bytes]) -> None:
    """gzip, deflate, and deflate as some servers get it wrong."""
    body = "字".encode() * 9_999
    site.gives("/page", pack(body), content_encoding="gzip" if pack is gzip.compress else "deflate")
    assert get(site)[0].body == body


def test_at_most_eight_connections_a_host(site: ToldSite) -> None:
    """Forty fetches at once never open more than eight requests at the server."""
    open_now: list[int] = []
    most: list[int] = []

    def page(request: Request) -> None:
        open_now.append(1)
        time.sleep(0.02)
        most.append(len(open_now))
        open_now.pop()
        request.reply(b"fine")

    site.pages["/page"] = page

    async def run() -> None:
        async with Transport(site.environment) as transport:
            await asyncio.gather(*(transport.get(site.url + f"/page?{i}") for i in range(40)))

    asyncio.run(run())
    assert len(site.log) == 40
    assert 1 < max(most) <= 8


def test_a_declared_gap_spaces_the_requests_out(site: ToldSite) -> None:
    """Ten fetches at once with a gap of a second start a second apart, without a burst at the start."""
    site.gives("/page", "fine")
    clock = Clock()

    async def run() -> None:
        async with Transport(site.environment, sleep=clock.sleep) as transport:
            transport.slow_down(site.url, 1.0)
            await asyncio.gather(*(transport.get(site.url + "/page") for _ in range(10)))

    asyncio.run(run())
    assert sorted(round(wait) for wait in clock.slept) == list(range(1, 10))


def test_proxies_of_the_environment_are_not_used(site: ToldSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy in the environment would see every request and lift the guard."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed.getsockname()[1]}")
        site.gives("/page", "fine")
        assert get(site)[0].body == b"fine"


def test_the_guard_stands_in_the_pinned_httpx(site: ToldSite) -> None:
    """The one private attribute that we set is the one that httpx connects through."""
    site.gives("/page", "fine")
    _, transport = get(site)
    assert isinstance(transport._client._transport._pool._network_backend, GuardedBackend)


def test_a_host_that_does_not_resolve_is_named(site: ToldSite) -> None:
    """A typo in the host is told as such, with the network's own words."""
    site.url = "http://no-such-host.invalid"
    error = failure(site, environment={})
    assert "no-such-host.invalid cannot be resolved" in error.what


EPOCH = str(int((NOW + timedelta(seconds=7)).timestamp()))


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": EPOCH}),
        (429, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": EPOCH}),
        (429, {"ratelimit-remaining": "0", "ratelimit-reset": "7"}),
        (403, {"retry-after": "7"}),
    ],
)
def test_a_rate_limit_that_is_used_up_is_waited_for(
    site: ToldSite, status: int, headers: dict[str, str]
) -> None:
    """Where there is no Retry-After, the limit's own headers say until when, from 1970 or from now; and a 403 that says
    so is no wrong key.
    """
    site.does_in_turn("/page", *then_ok(lambda request: request.reply(b"", status, headers)))
    clock = Clock()
    answer, _ = get(site, clock=clock)
    assert (answer.body, clock.slept) == (b"fine", [7.0])


def test_a_rate_limit_of_an_hour_is_told_not_slept(site: ToldSite) -> None:
    """And a 403 with requests left is what it was: a client that is refused."""
    hour = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "3600"}
    site.pages["/page"] = lambda request: request.reply(b"", 403, hour)
    assert "HTTP 403, too many requests; the server asks to come back in 3,600 s" in failure(site).what
    site.pages["/page"] = lambda request: request.reply(b"", 403, {**hour, "x-ratelimit-remaining": "9"})
    assert failure(site).what == "HTTP 403"


@pytest.mark.parametrize("value", ["s3cret-s3cret\n", "s3cret-s3cret-é", "s3cret\r\nx-more: 1"])
def test_a_header_that_cannot_be_sent_is_told_without_its_value(site: ToldSite, value: str) -> None:
    """A key with the line end of its file, a letter that is no ASCII: nothing is sent, and the key is not shown."""
    error = failure(site, headers={"authorization": f"Bearer {value}"})
    assert "a header holds what HTTP does not allow" in error.what
    assert "s3cret" not in str(error)
    assert (site.log, error.retry) == ([], False)


def test_a_name_that_resolves_to_an_inner_address_is_refused(
    site: ToldSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: a name that is public beside being private, and private the next time, reaches nobody; it is asked
    for once a connection, and what was judged is what is connected to.
    """
    answers = [["93.184.215.14", "127.0.0.1"], ["127.0.0.1"], ["::ffff:127.0.0.1"]]
    asked: list[str] = []

    async def resolve(_: object, host: str, port: int, **__: object) -> list[object]:
        asked.append(host)
        return [(None, None, None, "", (address, port)) for address in answers[len(asked) - 1]]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)
    site.url = site.url.replace("127.0.0.1", "rebind.example")
    for _ in answers:
        assert "not on the public internet" in failure(site, environment={}).what
    assert (asked, site.log) == (["rebind.example"] * 3, [])
