"""Pages: start somewhere, follow links, read records by CSS selectors or by a parser of your own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl
from bs4 import BeautifulSoup
from selectolax.lexbor import LexborHTMLParser

from connectors.address import host_of, untracked
from connectors.blocking import blocking
from connectors.bounds import Bounds, Found
from connectors.charset import page_text
from connectors.link_rules import Links
from connectors.memory import remember, resume
from connectors.placeholders import Secrets, fill
from connectors.robots import Robots
from connectors.selectors import Selectors
from connectors.sitemap import listed
from connectors.transport import Limits, Transport
from connectors.visit import Visits
from connectors.walk import Walk
from dq.errors import ConfigError, DecodeError
from dq.origin import Landing
from dq.raw import STAMPS
from dq.source import REJECT_SCHEMA, Cursor, Decoded, Fetched, Surroundings

Parse = Callable[[BeautifulSoup], list[dict[str, Any]]]


@dataclass(frozen=True)
class Crawl:
    """Pages from `start` on and of `sitemap`, by the links that `follow` finds, on their hosts and on `hosts`.

    Give `record` and `fields` (see `connectors.selectors`), or `parse`, which gets a BeautifulSoup and gives
    one dict a record. robots.txt is obeyed. Pages known from the last run are asked for all at once, and only
    if they have changed.

    - `follow`: a CSS selector of links, or `connectors.link_rules.Links` with patterns to allow and deny
    - `sitemap`: sitemaps, indexes of them, gzipped or not, or a robots.txt that names them; a page whose lastmod is the
      last run's is not asked for
    - `read`: only pages whose address matches this pattern hold records; the others are there for their links
    - `gone`: the share of links that may be dead (404, 410); without it a dead link fails the crawl
    - `max_depth`: how many links away from a start a page may be; beyond `max_pages` the crawl fails

    >>> Crawl("demo__posts", "https://example.org/1", record="article", fields={"text": "p"}).record
    'article'
    """

    name: str
    start: str | tuple[str, ...] = ()
    record: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    parse: Parse | None = None
    follow: str | Links | None = "a[rel=next]"
    sitemap: str | tuple[str, ...] = ()
    read: str | None = None
    licence: str = "unknown"
    max_pages: int = 10_000
    max_depth: int | None = None
    hosts: tuple[str, ...] = ()
    gone: float = 0.0
    rate: float | None = 5.0
    limits: Limits = field(default_factory=lambda: Limits(wire_bytes=16 << 20, decoded_bytes=64 << 20))

    def __post_init__(self) -> None:
        if (self.parse is None) == (self.record is None or not self.fields):
            raise ConfigError(
                f"{self.name}: a crawl needs either record and fields, or parse", hint="give one of the two"
            )

        if not self.start and not self.sitemap:
            raise ConfigError(f"{self.name}: a crawl needs a start or a sitemap", hint="give one of the two")
        try:
            re.compile(self.read or "")
        except re.error as error:
            raise ConfigError(
                f"{self.name}: read is not a regular expression: {error}", where=self.read
            ) from None
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
        return self._records(page_text(body, landing.origin.content_type), landing.origin.url)

    def _records(self, page: str, url: str, tree: LexborHTMLParser | None = None) -> Decoded:
        if self.read is not None and not re.search(self.read, url):
            return Decoded(pl.DataFrame(schema={"_row": pl.Int64}), pl.DataFrame(schema=REJECT_SCHEMA), 0)
        if self.record is not None:
            return Selectors(self.record, self.fields).read(page, url, tree)
        return _hand_read(self.parse, page, url)

    async def _fetch(self, cursor: Cursor, around: Surroundings) -> Fetched:
        starts, sitemaps = _several(self.start), _several(self.sitemap)
        secrets = Secrets(around.environment, (*starts, *sitemaps))
        limits = replace(self.limits, rate=self.rate)
        rules = Links(self.follow) if isinstance(self.follow, str) else self.follow
        declared = {"follow": None if rules is None else [rules.scope, list(rules.allow), list(rules.deny)]}
        known, landed = resume(cursor, declared, around)
        async with Transport(around.environment, limits, secrets=secrets) as transport:
            robots = Robots(transport, around.progress)
            visits = Visits(transport, around, known, secrets, landed)
            first = [Found(fill(start, around.environment), "start") for start in starts]
            maps = [fill(sitemap, around.environment) for sitemap in sitemaps]
            for page, (sitemap, lastmod) in (await listed(maps, transport, robots)).items():
                first.append(Found(untracked(page), "sitemap", 0, sitemap, lastmod))
            hosts = {host_of(url)[0] for url in (*(one.url for one in first[: len(starts)]), *maps)}
            hosts |= {host_of(f"http://{host}")[0] for host in self.hosts}
            bounds = Bounds(rules, hosts, self.max_pages, self.max_depth, self.gone)
            walk = Walk(
                self.name,
                bounds,
                visits,
                robots=robots,
                secrets=secrets,
                progress=around.progress,
                records=None if self.record is None else self._records,
            )
            memories = await walk.all_pages(first, known)
            walk.tell_refusals()
            return Fetched(
                tuple(memory.landing for memory in memories),
                remember(memories, declared=declared),
                {**visits.counts, **walk.counts},
                visits=walk.log,
                decoded=walk.at_hand.decoded,
            )


def _several(addresses: str | Sequence[str] | None) -> tuple[str, ...]:
    return (addresses,) if isinstance(addresses, str) else tuple(addresses or ())


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
