"""Pages: start somewhere, follow links, read records by CSS selectors or by a parser of your own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl
from bs4 import BeautifulSoup

from connectors.address import canonical, host_of, join
from connectors.blocking import blocking
from connectors.charset import page_text
from connectors.memory import Memory, remember, resume
from connectors.placeholders import Secrets, fill
from connectors.robots import Robots
from connectors.selectors import Selectors, links
from connectors.transport import Answer, Limits, Transport
from connectors.visit import Visits
from dq.errors import ConfigError, DecodeError, FetchError
from dq.origin import Landing
from dq.raw import STAMPS
from dq.source import REJECT_SCHEMA, Cursor, Decoded, Fetched, Surroundings

Parse = Callable[[BeautifulSoup], list[dict[str, Any]]]


@dataclass(frozen=True)
class Crawl:
    """Pages from `start` on, by the links that `follow` finds, on the same host unless `hosts` names more.

    Give `record` and `fields` (see `connectors.selectors`), or `parse`, which gets a BeautifulSoup and gives
    one dict a record. robots.txt is obeyed. Pages known from the last run are asked for all at once, and only
    if they have changed.

    >>> Crawl("demo__posts", "https://example.org/1", record="article", fields={"text": "p"}).record
    'article'
    """

    name: str
    start: str | tuple[str, ...]
    record: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    parse: Parse | None = None
    follow: str | None = "a[rel=next]"
    licence: str = "unknown"
    max_pages: int = 10_000
    hosts: tuple[str, ...] = ()
    rate: float | None = 5.0
    limits: Limits = field(default_factory=lambda: Limits(wire_bytes=16 << 20, decoded_bytes=64 << 20))

    def __post_init__(self) -> None:
        if (self.parse is None) == (self.record is None or not self.fields):
            raise ConfigError(
                f"{self.name}: a crawl needs either record and fields, or parse", hint="give one of the two"
            )

        if taken := STAMPS & self.fields.keys():
            raise ConfigError(
                f"{self.name}: a field has the framework's own name: {', '.join(sorted(taken))}"
            )

    def fetch(self, cursor: Cursor, around: Surroundings) -> Fetched:
        """Land every page that is new or has changed.

        Raises:
            FetchError: where a page could not be had: a crawl with a hole in it is not published.

        """
        return blocking(self._fetch(cursor, around))

    def decode(self, landing: Landing, body: bytes) -> Decoded:
        """Read one page's records; `_row` is the record's number on the page."""
        page, url = page_text(body, landing.origin.content_type), landing.origin.url
        if self.record is not None:
            return Selectors(self.record, self.fields).read(page, url)
        return _hand_read(self.parse, page, url)

    async def _fetch(self, cursor: Cursor, around: Surroundings) -> Fetched:
        starts = (self.start,) if isinstance(self.start, str) else self.start
        secrets = Secrets(around.environment, " ".join(starts))
        limits = replace(self.limits, rate=self.rate)
        declared = {"follow": self.follow}
        known, landed = resume(cursor, declared, around)
        async with Transport(around.environment, limits, secrets=secrets) as transport:
            walk = _Walk(self, Visits(transport, around, known, secrets, landed), Robots(transport), around)
            first = [fill(start, around.environment) for start in starts]
            memories = await walk.all_pages(first, known)
            return Fetched(
                tuple(memory.landing for memory in memories),
                remember(memories, declared=declared),
                {**walk.visits.counts, "refused": walk.refused},
            )


class _Walk:
    """The walk of one run over the pages."""

    def __init__(self, crawl: Crawl, visits: Visits, robots: Robots, around: Surroundings) -> None:
        self.crawl, self.visits, self.robots, self.around = crawl, visits, robots, around
        self.refused = 0
        self._pages: dict[str, Memory] = {}
        self._asked: set[str] = set()

    async def all_pages(self, starts: Sequence[str], known: Mapping[str, Memory]) -> list[Memory]:
        """Visit what is known all at once, then wave by wave what is linked and not yet visited."""
        hosts = {host_of(start)[0] for start in starts} | set(self.crawl.hosts)
        for start in starts:
            if not await self.robots.allows(start):
                raise FetchError(
                    "robots.txt does not allow this page",
                    where=start,
                    hint="ask the site's owner, or use their API",
                )
        await self._visit_all([url for url in known if host_of(url)[0] in hosts], gone_is_fine=True)
        order: list[Memory] = []
        reached: set[str] = set()
        wave = list(starts)
        while wave:
            wave = _distinct(wave, reached)
            reached |= {canonical(url) for url in wave}
            if len(reached) > self.crawl.max_pages:
                raise FetchError(
                    f"more than {self.crawl.max_pages:,} pages",
                    where=wave[0],
                    hint="raise max_pages in the declaration, or follow fewer links",
                )
            await self._visit_all(wave, gone_is_fine=False)
            found = [self._pages[canonical(url)] for url in wave if canonical(url) in self._pages]
            order += found
            wave = [
                url for memory in found for url in memory.note.get("links", ()) if host_of(url)[0] in hosts
            ]
        return order

    async def _visit_all(self, urls: Sequence[str], *, gone_is_fine: bool) -> None:
        new = _distinct(urls, self._asked)
        self._asked |= {canonical(url) for url in new}
        visits = (self._visit(url, gone_is_fine=gone_is_fine) for url in new)
        outcomes = await asyncio.gather(*visits, return_exceptions=True)  # what can land does so first
        errors = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if not errors:
            return
        first = next((error for error in errors if not isinstance(error, FetchError)), errors[0])
        if isinstance(first, FetchError) and len(errors) > 1:
            failed, of = len(errors), len(new)
            raise FetchError(first.what, where=first.where, failed=failed, of=of, hint=first.hint) from first
        raise first

    async def _visit(self, url: str, *, gone_is_fine: bool) -> None:
        if not await self.robots.allows(url):
            self.refused += 1
            self.around.progress(f"{self.crawl.name}: robots.txt does not allow {url}")
            return
        try:
            self._pages[canonical(url)] = await self.visits.visit(url, self._note)
        except FetchError:
            if not gone_is_fine:
                raise
            self._asked.discard(canonical(url))  # it is only an error if a page still links to it
            return
        if len(self._pages) % 50 == 0:
            self.around.progress(f"{self.crawl.name}: {len(self._pages):,} pages")

    def _note(self, answer: Answer) -> Mapping[str, Any]:
        if self.crawl.follow is None:
            return {}
        page = page_text(answer.body, answer.headers.get("content-type"))
        found = (join(answer.url, href) for href in links(page, self.crawl.follow))
        return {"links": [url for url in dict.fromkeys(found) if url is not None]}


def _distinct(urls: Sequence[str], seen: set[str]) -> list[str]:
    """Give each page once, by the first of its addresses, without those seen."""
    first: dict[str, str] = {}
    for url in urls:
        first.setdefault(canonical(url), url)
    return [url for key, url in first.items() if key not in seen]


def _hand_read(parse: Parse | None, page: str, url: str) -> Decoded:
    """Read a page by a parser of the user's."""
    assert parse is not None  # noqa: S101 — the declaration was checked when it was made
    try:
        found = parse(BeautifulSoup(page, "lxml"))
    except Exception as error:  # whatever a user's parser raises is this page's failure, not the run's
        raise DecodeError(f"parse failed: {type(error).__name__}: {error}", where=url) from error
    columns = dict.fromkeys(key for record in found for key in record)
    if taken := STAMPS & columns.keys():
        raise DecodeError(f"parse gives the framework's own column {', '.join(sorted(taken))}", where=url)
    rows = pl.DataFrame(
        {column: [_text(record.get(column)) for record in found] for column in columns},
        schema=dict.fromkeys(columns, pl.String),
    ).with_columns(pl.int_range(1, len(found) + 1, dtype=pl.Int64).alias("_row"))
    return Decoded(rows, pl.DataFrame(schema=REJECT_SCHEMA), len(found))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
