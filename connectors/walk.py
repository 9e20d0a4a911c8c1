"""The walk of one crawl over the pages: what is known all at once, then wave by wave what is linked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from connectors.address import canonical, host_of, join, untracked
from connectors.at_hand import AtHand
from connectors.charset import page_text
from connectors.link_rules import Links
from connectors.memory import Memory
from connectors.placeholders import Secrets
from connectors.progress import Progress
from connectors.robots import Robots
from connectors.selectors import links
from connectors.transport import Answer
from connectors.visit import Visits
from dq.errors import FetchError
from dq.source import Decoded
from dq.visits import Visit


@dataclass(frozen=True)
class Found:
    """An address, and how it was come by; `lastmod` is what a sitemap says of it."""

    url: str
    why: str
    depth: int = 0
    on: str | None = None
    lastmod: str | None = None


@dataclass(frozen=True)
class Bounds:
    """How far a walk goes: which links, on which hosts, how many pages, how deep."""

    links: Links | None
    hosts: frozenset[str]
    max_pages: int
    max_depth: int | None

    def refuse(self, found: Found) -> str | None:
        """Say why an address is not gone to, null where it may be; a start always may."""
        if found.why == "start":
            return None
        if host_of(found.url)[0] not in self.hosts:
            return "another host"
        if self.max_depth is not None and found.depth > self.max_depth:
            return f"max_depth {self.max_depth}"
        return None if self.links is None else self.links.refuses(found.url)


class Walk:
    """One walk; `log` says what became of each address, `refused` counts those that robots.txt refused."""

    def __init__(
        self,
        name: str,
        bounds: Bounds,
        visits: Visits,
        *,
        robots: Robots,
        secrets: Secrets,
        progress: Callable[[str], None],
        records: Callable[[str, str, LexborHTMLParser], Decoded] | None,
    ) -> None:
        self._name, self._bounds, self._visits, self._robots = name, bounds, visits, robots
        self._secrets, self._progress, self._records = secrets, progress, records
        self._parsed: dict[str, tuple[str, LexborHTMLParser]] = {}
        self.at_hand = AtHand()
        self._log: dict[str, Visit] = {}
        self._pages: dict[str, Memory] = {}
        self._asked: set[str] = set()
        self._robots_refused: set[str] = set()
        self._noted: set[str] = set()
        self._skipped = 0
        self._told = Progress(name, progress)

    @property
    def log(self) -> tuple[Visit, ...]:
        """Every address that the walk knew of, in its order, once."""
        return tuple(self._log.values())

    @property
    def counts(self) -> dict[str, int]:
        """What was not fetched: by robots.txt, by the declaration's bounds, by the sitemap's lastmod."""
        refused = sum(visit.outcome == "refused" for visit in self._log.values())
        by_robots = len(self._robots_refused)
        return {
            "refused": by_robots,
            "not_followed": refused - by_robots,
            "skipped_by_lastmod": self._skipped,
        }

    async def all_pages(self, first: Sequence[Found], known: Mapping[str, Memory]) -> list[Memory]:
        """Give every page within the bounds, in the order of the walk.

        Raises:
            FetchError: where a page could not be had, or there are more than `max_pages`.

        """
        for start in first:
            if start.why == "start" and not await self._robots.allows(start.url):
                raise FetchError(
                    "robots.txt does not allow this page",
                    where=self._secrets.hide(start.url),
                    hint="ask the site's owner, or use their API",
                ).for_good()
        self._skip(first, known)
        before = [Found(self._secrets.reveal(url), "known") for url in known]
        await self._visit_all([one for one in before if not self._bounds.refuse(one)], gone_is_fine=True)
        order: list[Memory] = []
        reached: set[str] = set()
        wave = list(first)
        while wave:
            wave = self._admitted(_distinct(wave, reached))
            reached |= {canonical(found.url) for found in wave}
            if len(reached) > self._bounds.max_pages:
                raise FetchError(
                    f"more than {self._bounds.max_pages:,} pages",
                    where=self._secrets.hide(wave[0].url),
                    hint="raise max_pages in the declaration, or follow fewer links",
                ).for_good()
            await self._visit_all(wave, gone_is_fine=False)
            following: list[Found] = []
            for found in wave:
                memory = self._logged(found)
                if memory is not None:
                    order.append(memory)
                    following += self._linked(found, memory)
            wave = following
        return order

    def _skip(self, first: Sequence[Found], known: Mapping[str, Memory]) -> None:
        """Take from memory what the sitemap says has not changed since."""
        for found in first:
            shown = self._secrets.hide(found.url)
            before = known.get(shown)
            if found.lastmod and before is not None and before.note.get("lastmod") == found.lastmod:
                self._pages[canonical(found.url)] = before
                self._asked.add(canonical(found.url))
                self._visits.outcomes[shown] = "unchanged"
                self._skipped += 1

    def _admitted(self, wave: Sequence[Found]) -> list[Found]:
        admitted = []
        for found in wave:
            why = self._bounds.refuse(found)
            if why is None:
                admitted.append(found)
            else:
                self._note_visit(found, "refused", why)
        return admitted

    def _logged(self, found: Found) -> Memory | None:
        """Log what became of an address that was gone to, and give its page."""
        key = canonical(found.url)
        memory = self._pages.get(key)
        if memory is None:
            self._note_visit(found, "refused", "robots.txt")
            return None
        shown = memory.landing.origin.url
        self._note_visit(
            found, self._visits.outcomes.get(shown, "landed"), found.why, memory.landing.origin.status
        )
        if found.lastmod and memory.note.get("lastmod") != found.lastmod:
            memory = self._pages[key] = replace(memory, note={**memory.note, "lastmod": found.lastmod})
        return memory

    def _note_visit(self, found: Found, outcome: str, why: str, status: int | None = None) -> None:
        before = self._log.get(key := canonical(found.url))
        if before is None or (before.outcome == "refused" and outcome != "refused"):
            hide = self._secrets.hide
            on = None if found.on is None else hide(found.on)
            self._log[key] = Visit(hide(found.url), outcome, why, found.depth, status, on)

    def _linked(self, found: Found, memory: Memory) -> list[Found]:
        hrefs = [*memory.note.get("links", ()), *memory.note.get("refused", ())]
        return [Found(self._secrets.reveal(href), "link", found.depth + 1, found.url) for href in hrefs]

    async def _visit_all(self, wave: Sequence[Found], *, gone_is_fine: bool) -> None:
        new = _distinct(wave, self._asked)
        self._asked |= {canonical(found.url) for found in new}
        visits = (self._visit(found.url, gone_is_fine=gone_is_fine) for found in new)
        outcomes = await asyncio.gather(*visits, return_exceptions=True)  # what can land does so first
        errors = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if not errors:
            return
        first = next((error for error in errors if not isinstance(error, FetchError)), errors[0])
        if isinstance(first, FetchError) and len(errors) > 1:
            for_good = any(isinstance(error, FetchError) and not error.retry for error in errors)
            all_of_them = FetchError(
                first.what, where=first.where, failed=len(errors), of=len(new), hint=first.hint
            )
            raise (all_of_them.for_good() if for_good else all_of_them) from first
        raise first

    async def _visit(self, url: str, *, gone_is_fine: bool) -> None:
        if not await self._robots.allows(url):
            self._robots_refused.add(canonical(url))
            self._progress(f"{self._name}: robots.txt does not allow {self._secrets.hide(url)}")
            return
        try:
            memory = await self._visits.visit(url, partial(self._note, url))
        except FetchError:
            if not gone_is_fine:
                raise
            self._asked.discard(canonical(url))  # it is only an error if a page still links to it
            return
        self._pages[canonical(url)] = memory
        self._read(url, memory)
        counts = {**self._visits.counts, "refused": len(self._robots_refused)}
        self._told.tell(len(self._pages), self.at_hand.rows, counts)

    def _read(self, url: str, memory: Memory) -> None:
        """Read a page's records from the tree that its links were found in."""
        parsed, where, records = self._parsed.pop(url, None), memory.landing.origin.url, self._records
        if parsed is not None and records is not None and self._visits.outcomes[where] == "landed":
            self.at_hand.read(memory.landing, lambda: records(parsed[0], where, parsed[1]))

    def _note(self, url: str, answer: Answer) -> Mapping[str, Any]:
        """Read a page's links, those that may be followed and, once a walk each, those that the rules refuse."""
        rules = self._bounds.links
        if rules is None:
            return {}
        page = page_text(answer.body, answer.headers.get("content-type"))
        tree = LexborHTMLParser(page)
        if self._records is not None:
            self._parsed[url] = page, tree
        joined = (join(answer.url, href) for href in links(tree, rules.scope))
        allowed, refused = [], []
        for link in dict.fromkeys(untracked(link) for link in joined if link is not None):
            shown = self._secrets.hide(link)
            if host_of(link)[0] in self._bounds.hosts and rules.refuses(link) is None:
                allowed.append(shown)
            elif link not in self._noted:
                self._noted.add(link)
                refused.append(shown)
        return {"links": allowed, **({"refused": refused} if refused else {})}


def _distinct(wave: Sequence[Found], seen: set[str]) -> list[Found]:
    """Give each page once, by the first of its addresses, without those seen."""
    first: dict[str, Found] = {}
    for found in wave:
        first.setdefault(canonical(found.url), found)
    return [found for key, found in first.items() if key not in seen]
