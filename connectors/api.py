"""Paginated JSON APIs: every page landed, every row counted against the total that the API itself states."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from connectors.address import host_of, join
from connectors.blocking import blocking
from connectors.json_rows import at, load, rows
from connectors.memory import Memory, recall, remember
from connectors.placeholders import Secrets, fill
from connectors.transport import Answer, Limits, Transport
from connectors.visit import Visits
from dq.errors import ConfigError, DecodeError, FetchError
from dq.origin import Landing
from dq.source import Cursor, Decoded, Fetched, Surroundings

_NEXT_LINK = re.compile(r"""<([^>]*)>[^,<]*;\s*rel=["']?next\b""", re.IGNORECASE)


@dataclass(frozen=True)
class JsonApi:
    """Pages of a JSON API, from `url` on.

    `items` and `total` are dotted paths in each page: its list of objects ("" where the page is the list) and the
    number of rows over all pages; `total=None` says that the API states none. How the next page is found:

    - `next="next"`: its address (or query) stands at this path, null on the last page
    - `next="header:link"`: it stands in the Link header, as rel="next"
    - `next="meta.cursor"` with `next_param="after"`: a token stands at the path, and is sent as that parameter
    - `next=None` with `page_param="page"`: pages are counted from `first_page` by `page_step` (the page's size,
      where the parameter is an offset), until a page is empty or the total is reached

    Parameters and headers may hold `${SECRET}`s, which are filled from the environment and never shown.

    >>> JsonApi("demo__api", "https://example.org/api", params={"per_page": "100"}).items
    'items'
    """

    name: str
    url: str
    items: str = "items"
    next: str | None = "next"
    total: str | None = "total"
    next_param: str | None = None
    page_param: str | None = None
    first_page: int = 1
    page_step: int = 1
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    licence: str = "unknown"
    max_pages: int = 100_000
    rate: float | None = 10.0
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if self.next is not None and self.page_param is not None:
            raise ConfigError(
                f"{self.name}: both next and page_param say how to find the next page", hint="set next=None"
            )

    def fetch(self, cursor: Cursor, around: Surroundings) -> Fetched:
        """Land every page that is new or has changed.

        Raises:
            FetchError: where a page could not be had, or the rows are not as many as the API says.

        """
        return blocking(self._fetch(cursor, around))

    def decode(self, landing: Landing, body: bytes) -> Decoded:
        """Read one page's objects; `_row` is the item's number on the page."""
        return rows(self.items_of(load(body, landing.origin.url), landing.origin.url), landing.origin.url)

    async def _fetch(self, cursor: Cursor, around: Surroundings) -> Fetched:
        secrets = Secrets(around.environment, self.url, *self.params.values(), *self.headers.values())
        headers = {name: fill(value, around.environment) for name, value in self.headers.items()}
        limits = replace(self.limits, rate=self.rate)
        declared = {name: getattr(self, name) for name in ("items", "next", "next_param", "total")}
        known = recall(cursor, declared)
        async with Transport(around.environment, limits, secrets=secrets) as transport:
            visits = Visits(transport, around, known, secrets)
            read = _Reading(self, visits, headers, around, secrets)
            memories = await read.all_pages(known)
            self._reconcile(memories)
            return Fetched(
                tuple(memory.landing for memory in memories),
                remember(memories, declared=declared),
                visits.counts,
            )

    def items_of(self, document: Any, where: str) -> list[Any]:
        """Give a page's list of objects.

        Raises:
            DecodeError: where there is no list at the declared place.

        """
        found = at(document, self.items)
        if not isinstance(found, list):
            raise DecodeError(
                f"no list at {self.items!r}", where=where, hint="correct `items` in the declaration"
            )
        return found

    def _reconcile(self, memories: Sequence[Memory]) -> None:
        """Hold the pages to the API's own total, and to being different pages."""
        url = memories[0].landing.origin.url
        got = sum(memory.note["rows"] for memory in memories)
        totals = {memory.note["total"] for memory in memories} - {None}
        if len(totals) > 1:
            raise FetchError(
                f"the API's total changed while it was read: {' and '.join(map(str, sorted(totals)))}",
                where=url,
                hint="run again when the API is quiet",
            )
        if totals and got != (total := totals.pop()):
            raise FetchError(
                f"the API says {total:,} rows, its pages hold {got:,}",
                where=url,
                hint="rows moved between pages while they were read, or the paging is declared wrongly",
            )
        if self.total is not None and got and memories[0].note["total"] is None:
            raise FetchError(
                f"no total at {self.total!r}",
                where=url,
                hint="correct `total` in the declaration, or set total=None if the API states none",
            )
        first: dict[str, str] = {}
        for memory in memories:
            origin = memory.landing.origin
            twin = first.setdefault(origin.sha256, origin.url)
            if memory.note["rows"] and twin != origin.url:
                raise FetchError(
                    f"the API gave the same page twice: {twin} and {origin.url}",
                    where=url,
                    hint="the paging is declared wrongly, or the API repeats itself",
                )


class _Reading:
    """The reading of one run, page after page."""

    def __init__(
        self, api: JsonApi, visits: Visits, headers: Mapping[str, str], around: Surroundings, secrets: Secrets
    ) -> None:
        self.api, self.visits, self.headers, self.around, self.secrets = api, visits, headers, around, secrets
        self._pages: dict[str, Memory] = {}
        self._rows = 0

    async def all_pages(self, known: Mapping[str, Memory]) -> list[Memory]:
        """Ask for all that is known at once, then for what follows, one page after the other."""
        first = self._first()
        same_place = [url for url in map(self.secrets.reveal, known) if host_of(url) == host_of(first)]
        await asyncio.gather(*(self._page(url) for url in same_place), return_exceptions=True)
        memories: list[Memory] = []
        url: str | None = first
        seen: set[str] = set()
        while url is not None:
            if url in seen or len(seen) >= self.api.max_pages:
                what = (
                    "the API's pages lead in a circle"
                    if url in seen
                    else f"over {self.api.max_pages:,} pages"
                )
                raise FetchError(what, where=memories[-1].landing.origin.url)
            seen.add(url)
            memory = await self._page(url)
            self._rows += memory.note["rows"]
            url = self._after(memory, url, len(seen))
            if self.api.page_param is None or memory.note["rows"] or len(seen) == 1:
                memories.append(memory)
            if len(seen) % 50 == 0:
                self.around.progress(f"{self.api.name}: {len(seen):,} pages, {self._rows:,} rows")
        return memories

    async def _page(self, url: str) -> Memory:
        if url not in self._pages:
            self._pages[url] = await self.visits.visit(url, self._note, self.headers)
        return self._pages[url]

    def _first(self) -> str:
        environment = self.around.environment
        query = {name: fill(value, environment) for name, value in self.api.params.items()}
        if self.api.page_param is not None:
            query[self.api.page_param] = str(self.api.first_page)
        return _with_query(fill(self.api.url, environment), query)

    def _after(self, memory: Memory, url: str, read: int) -> str | None:
        """Give the address of the next page, null after the last."""
        if self.api.page_param is None:
            following = memory.note["next"] and self.secrets.reveal(memory.note["next"])
            if following and host_of(following) != host_of(url):
                raise FetchError("the next page is on another host", where=memory.landing.origin.url)
            return str(following) if following else None
        total = memory.note["total"]
        if not memory.note["rows"] or (total is not None and self._rows >= total):
            return None
        return _with_query(url, {self.api.page_param: str(self.api.first_page + read * self.api.page_step)})

    def _note(self, answer: Answer) -> Mapping[str, Any]:
        """Read what paging and reconciling need; a body that cannot be read is not landed."""
        try:
            document = load(answer.body, answer.url)
            items = self.api.items_of(document, answer.url)
            total = at(document, self.api.total) if self.api.total is not None else None
            count = None if total is None else int(total)
        except (DecodeError, TypeError, ValueError) as error:
            what = error.what if isinstance(error, DecodeError) else f"the total is not a number: {total!r}"
            raise FetchError(
                what, where=self.secrets.hide(answer.url), hint="look at what the API sends"
            ) from None
        following = self._following(answer, document)
        return {
            "rows": len(items),
            "total": count,
            "next": None if following is None else self.secrets.hide(following),
        }

    def _following(self, answer: Answer, document: Any) -> str | None:
        """Give the address of the page that this one says is next."""
        if self.api.next is None:
            return None
        if self.api.next == "header:link":
            found = _NEXT_LINK.search(answer.headers.get("link", ""))
            return None if found is None else join(answer.url, found[1]) or found[1]
        found_next = at(document, self.api.next)
        if found_next is None or found_next == "" or found_next is False:
            return None
        token = str(found_next)
        if self.api.next_param is not None:
            return _with_query(answer.url, {self.api.next_param: token})
        return join(answer.url, token) or token


def _with_query(url: str, query: Mapping[str, str]) -> str:
    """Set these parameters, each where it stands already or else at the end."""
    parts = urlsplit(url)
    pairs = [pair for pair in parts.query.split("&") if pair and pair.partition("=")[0] not in query]
    if query:
        pairs.append(urlencode(query, quote_via=quote))
    return urlunsplit(parts._replace(query="&".join(pairs)))
