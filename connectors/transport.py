"""The one way to the network: bounded in time and size, guarded, paced, patient; and it says what it did."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import httpx

from connectors.address import host_of, join
from connectors.body import BodyError, TooLargeError, read_bounded
from connectors.guard import GuardedBackend, RefusedAddressError, allowed_hosts
from connectors.part import PARTIAL, UNSATISFIABLE, ChangedError, Part
from connectors.placeholders import Secrets
from connectors.retry_after import asked_to_wait
from dq.errors import FetchError

Hop = Callable[[str], Awaitable[str | None]]
"""Says of a redirect's target why it is not to be followed, null where it is."""

USER_AGENT = "dq/0.1 (data pipeline)"
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_PROGRESS = 1 << 20  # bytes of a part that make an attempt worth another one
_WHOLE = frozenset({200, 203})  # a 206 that was not asked for is part of a body, a 204 none
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEPING_THE_BODY = frozenset({307, 308})
_HINTS = {
    401: "the server wants a key: check the declaration's headers",
    403: "the server refuses this client: check key and terms of use",
    404: "the page has moved or is gone: correct the address in the declaration",
    410: "the page is gone: correct the address in the declaration",
    429: "the server asks for a slower pace: lower `rate` in the declaration",
}
_TOO_LARGE = "if so much is meant, raise `limits` in the declaration; else do not ask for it"


@dataclass(frozen=True)
class Limits:
    """How long and how much one fetch may take: seconds and bytes; `rate` is requests a second and host."""

    deadline: float = 30.0
    wire_bytes: int = 64 << 20
    decoded_bytes: int = 256 << 20
    attempts: int = 4
    redirects: int = 5
    longest_wait: float = 60.0
    connections: int = 8
    rate: float | None = None


@dataclass(frozen=True)
class Answer:
    """What a server said in the end: `body` is empty for 304; header names are in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Tally:
    """What a run of fetches cost."""

    requests: int = 0
    not_modified: int = 0
    retries: int = 0
    bytes: int = 0


@dataclass
class _Pace:
    """One host's turn-taking: at most `connections` at a time, at least `gap` seconds between two starts."""

    places: asyncio.Semaphore
    gap: float
    next_start: float = 0.0


class RefusedHopError(Exception):
    """A redirect that the caller does not want to be followed: where to, and why not."""

    def __init__(self, target: str, why: str) -> None:
        super().__init__(f"{target}: {why}")
        self.target, self.why = target, why


class _PassingError(Exception):
    """A failure that may be over in a while; `after` is what the server asked us to wait, in seconds."""

    def __init__(self, what: str, status: int | None = None, after: float | None = None) -> None:
        super().__init__(what)
        self.status, self.after = status, after


class Transport:
    """Fetches addresses for one run of one source. An async context: one for a run, never one a request."""

    def __init__(
        self,
        environment: Mapping[str, str],
        limits: Limits | None = None,
        *,
        secrets: Secrets | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.limits = limits or Limits()
        self.tally = Tally()
        self._allowed = allowed_hosts(environment)
        self._site = environment.get("DQ_SAMPLE_SITE", "")
        self._secrets = secrets or Secrets({}, "")
        self._sleep, self._now = sleep, now
        self._paces: dict[tuple[str, int], _Pace] = {}
        self.agent = environment.get("DQ_USER_AGENT") or USER_AGENT
        inner = httpx.AsyncHTTPTransport(trust_env=False)
        # httpx has no public place for a network backend; a test holds this line to the pinned version
        inner._pool._network_backend = GuardedBackend(self._allowed)  # noqa: SLF001
        self._client = httpx.AsyncClient(
            transport=inner,
            trust_env=False,
            headers={"user-agent": self.agent, "accept-encoding": "gzip, deflate"},
            timeout=httpx.Timeout(self.limits.deadline, pool=None),
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    def slow_down(self, url: str, gap: float) -> None:
        """Leave at least `gap` seconds between two requests to this host, as its robots.txt asks."""
        pace = self._pace(host_of(url))
        pace.gap = max(pace.gap, gap)

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        etag: str | None = None,
        last_modified: str | None = None,
        accept: frozenset[int] = frozenset(),
        content: bytes | None = None,
        part: Part | None = None,
        hop: Hop | None = None,
        enough: int | None = None,
    ) -> Answer:
        """Fetch one address; with `etag` or `last_modified`, a 304 comes back as an answer without a body.

        With a `part`, what comes is written to its file, the answer's body is empty, and after a break only the rest
        is asked for.

        With `enough`, no more than about so many bytes of a body are read. `hop` is asked before each redirect.

        With `content`, that is posted; it is asked for again as a GET is, so it must only ask, and change nothing.

        Raises:
            FetchError: where it could not be had (status not 2xx, 304 or in `accept`), naming URL, status,
            attempts.
            RefusedHopError: where `hop` refused a redirect.

        """
        asked = dict(headers or {})
        if etag:
            asked["if-none-match"] = etag
        if last_modified:
            asked["if-modified-since"] = last_modified
        attempt = 0
        while True:
            attempt += 1
            before = 0 if part is None else len(part)
            rest = {} if part is None else part.headers()
            try:
                answer = await self._follow(
                    url, {**asked, **rest}, content=content, part=part, hop=hop, enough=enough
                )
            except _PassingError as error:
                failure = error
                if part is not None and len(part) - before >= _PROGRESS:
                    attempt = 1  # what comes on is not given up
            except RefusedAddressError as refused:
                raise self._error(
                    f"refused to connect: {refused}",
                    url,
                    attempt,
                    hint="if this inner host is meant, add host:port to DQ_ALLOW_HOSTS",
                ).for_good() from None
            else:
                if answer.status == httpx.codes.NOT_MODIFIED and (etag or last_modified):
                    self.tally.not_modified += 1
                elif answer.status not in _WHOLE and answer.status not in accept:
                    failed = self._error(
                        f"HTTP {answer.status}", url, attempt, hint=_HINTS.get(answer.status)
                    )
                    failed.status = answer.status
                    raise failed.for_good() if httpx.codes.is_client_error(answer.status) else failed
                return answer
            await self._wait_or_give_up(failure, url, attempt)

    async def _wait_or_give_up(self, failure: _PassingError, url: str, attempt: int) -> None:
        """Sleep until the next attempt, or say why there is none."""
        after = failure.after or 0.0
        if after > self.limits.longest_wait:
            raise self._error(
                f"{failure}; the server asks to come back in {after:,.0f} s",
                url,
                attempt,
                hint="run again after that time",
            ) from None
        if attempt >= self.limits.attempts:
            raise self._error(str(failure), url, attempt, hint=self._hint(failure, url)) from None
        wait = max(min(0.25 * 2**attempt, 10.0) * random.uniform(0.5, 1.0), after)  # noqa: S311
        self.tally.retries += 1
        await self._sleep(wait)

    async def _follow(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        content: bytes | None,
        part: Part | None,
        hop: Hop | None,
        enough: int | None,
    ) -> Answer:
        """Fetch, following redirects hop by hop; each hop is guarded where it connects."""
        here, sent = url, dict(headers)
        for _ in range(self.limits.redirects + 1):
            answer = await self._once(here, sent, content, part, enough)
            target = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not target:
                return answer
            there = join(here, target)
            if there is None:
                raise self._error("redirected to what is not an http(s) address", url, 1)
            if here.startswith("https:") and not there.startswith("https:"):
                raise self._error(f"redirected from https to plain http: {there}", url, 1)
            if content is not None and (
                answer.status not in _KEEPING_THE_BODY or host_of(here) != host_of(there)
            ):
                raise self._error(f"what was posted is redirected to {there}", url, 1, hint="post it there")
            if hop is not None and (why := await hop(there)) is not None:
                raise RefusedHopError(there, why)
            if host_of(here) != host_of(there):
                sent = {}  # keys are for the host they were given for
            here = there
        raise self._error(
            f"more than {self.limits.redirects} redirects", url, 1, hint="the site redirects in a loop"
        )

    async def _once(
        self,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None,
        part: Part | None,
        enough: int | None,
    ) -> Answer:
        pace = self._pace(host_of(url))
        async with pace.places:
            await self._turn(pace)
            self.tally.requests += 1
            try:
                # httpx's own timeout is per read and never fires on a slow drip
                async with (
                    asyncio.timeout(self.limits.deadline),
                    self._client.stream(
                        "GET" if content is None else "POST", url, headers=headers, content=content
                    ) as response,
                ):
                    self._hold_passing(response)
                    redirect = response.status_code in _REDIRECTS
                    status, chunks = response.status_code, response.aiter_raw()
                    body = b""
                    if part is not None and status in {*_WHOLE, PARTIAL, UNSATISFIABLE}:
                        await part.take(
                            status,
                            response.headers,
                            chunks,
                            wire_cap=self.limits.wire_bytes,
                            decoded_cap=self.limits.decoded_bytes,
                        )
                        status = 200
                    elif not redirect and status != httpx.codes.NOT_MODIFIED:
                        body = await read_bounded(
                            chunks,
                            response.headers.get("content-encoding", ""),
                            wire_cap=self.limits.wire_bytes,
                            decoded_cap=self.limits.decoded_bytes,
                            enough=enough,
                        )
                    self.tally.bytes += response.num_bytes_downloaded
                    return Answer(str(response.url), status, dict(response.headers), body)
            except ChangedError as error:
                raise _PassingError(str(error)) from None
            except TimeoutError:
                raise _PassingError(f"no complete answer within {self.limits.deadline:g} s") from None
            except BodyError as error:
                raise self._error(
                    str(error), url, 1, _TOO_LARGE if isinstance(error, TooLargeError) else None
                ) from None
            except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
                raise self._error(f"not an address: {error}", url, 1) from None
            except (httpx.LocalProtocolError, UnicodeEncodeError):  # whose words hold the header's value
                raise self._error(
                    "the request cannot be sent: a header holds what HTTP does not allow",
                    url,
                    1,
                    hint="is there a line end, or a letter that is not ASCII, in a value of the environment?",
                ).for_good() from None
            except httpx.TransportError as error:
                raise _PassingError(f"{_plain(error)}") from error

    def _hold_passing(self, response: httpx.Response) -> None:
        """Raise for an answer that may be another one in a while."""
        after = asked_to_wait(response.headers, self._now())
        if response.status_code in _PASSING:
            raise _PassingError(f"HTTP {response.status_code}", response.status_code, after)
        if response.status_code == httpx.codes.FORBIDDEN and after is not None:
            raise _PassingError("HTTP 403, too many requests", 429, after)

    async def _turn(self, pace: _Pace) -> None:
        if pace.gap <= 0:
            return
        now = asyncio.get_running_loop().time()
        start = max(now, pace.next_start)
        pace.next_start = start + pace.gap
        if start > now:
            await self._sleep(start - now)

    def _pace(self, host: tuple[str, int]) -> _Pace:
        if host not in self._paces:
            gap = 1 / self.limits.rate if self.limits.rate and host not in self._allowed else 0.0
            self._paces[host] = _Pace(asyncio.Semaphore(self.limits.connections), gap)
        return self._paces[host]

    def _hint(self, failure: _PassingError, url: str) -> str | None:
        if self._site and host_of(url) == host_of(self._site) and failure.status is None:
            return "is the sample site running? make site"
        if failure.status is not None:
            return _HINTS.get(failure.status, "the site is in trouble: run again later")
        return "check the address and the network, or run again later"

    def _error(self, what: str, url: str, attempts: int, hint: str | None = None) -> FetchError:
        tried = "" if attempts == 1 else f" after {attempts} attempts"
        return FetchError(self._secrets.hide(what) + tried, where=self._secrets.hide(url), hint=hint)


def _plain(error: Exception) -> str:
    """Say in plain words what the network did."""
    names: dict[type[Exception], str] = {
        httpx.ConnectError: "no connection",
        httpx.ConnectTimeout: "no connection in time",
        httpx.ReadTimeout: "the server stopped sending",
        httpx.RemoteProtocolError: "the answer was cut off or not HTTP",
    }
    words = names.get(type(error), type(error).__name__)
    return f"{words} ({error})" if str(error) else words
