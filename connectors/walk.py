"""The walk of one crawl over the pages: what is known all at once, then wave by wave what is linked."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from connectors.address import canonical, host_of, untracked
from connectors.at_hand import AtHand
from connectors.bounds import Bounds, Found
from connectors.charset import decoded_page
from connectors.memory import Memory
from connectors.page_links import links, sent_on
from connectors.placeholders import Secrets
from connectors.progress import Progress
from connectors.robots import Robots
from connectors.transport import Answer, RefusedHopError
from connectors.visit import Visits
from dq.errors import FetchError
from dq.source import Decoded
from dq.visits import Visit

_GONE = frozenset({404, 410})


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
        self._not_had: dict[str, tuple[str, str, int | None]] = {}
        self._finals: dict[str, str] = {}
        self._starts: set[str] = set()
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
            "gone": self._gone,
            "skipped_by_lastmod": self._skipped,
        }

    async def all_pages(self, first: Sequence[Found], known: Mapping[str, Memory]) -> list[Memory]:
        """Give every page within the bounds, in the order of the walk.

        Raises:
            FetchError: where a page could not be had, or there are more than `max_pages`.

        """
        self._starts = {canonical(one.url) for one in first if one.why == "start"}
        for start in first:
            if start.why == "start" and not await self._robots.allows(start.url):
                raise self._refused_start(start.url)
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
        self._hold_to_bounds(order)
        return order

    def _hold_to_bounds(self, order: Sequence[Memory]) -> None:
        """Refuse a walk that read no page, or found more dead links than it may."""
        gone = [found for found in self._not_had.values() if found[0] == "gone"]
        if gone and len(gone) > self._bounds.gone * (len(order) + len(gone)):
            raise FetchError(
                f"{gone[0][1]}: more dead links than gone={self._bounds.gone:g} allows",
                where=next(visit.url for visit in self._log.values() if visit.outcome == "gone"),
                failed=len(gone),
                of=len(order) + len(gone),
                hint="if so many are dead, raise `gone`; else look at what the site has done",
            ).for_good()
        if not order:
            why = ", ".join(sorted({visit.why for visit in self._log.values()})) or "none is listed"
            raise FetchError(
                f"no page that may be fetched: {why}",
                where=next((visit.found_on for visit in self._log.values()), None),
                failed=len(self._log),
                of=len(self._log),
                hint="look at the sitemap, robots.txt, and the declaration's hosts and follow",
            ).for_good()

    def tell_refusals(self) -> None:
        """Say how many addresses were refused, and why."""
        reasons = Counter(visit.why for visit in self._log.values() if visit.outcome in {"refused", "gone"})
        if reasons:
            words = ", ".join(f"{count:,} {why}" for why, count in reasons.most_common())
            self._progress(f"{self._name}: not fetched: {words}; see quality.visits")

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
            self._note_visit(found, *self._not_had.get(key, ("refused", "robots.txt", None)))
            return None
        final = canonical(self._secrets.reveal(memory.note.get("final", memory.landing.origin.url)))
        if self._finals.setdefault(final, key) != key:  # two addresses of one page would double its rows
            self._note_visit(found, "refused", f"the same page as {self._secrets.hide(final)}")
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
        visits = (self._visit(found, gone_is_fine=gone_is_fine) for found in new)
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

    async def _visit(self, found: Found, *, gone_is_fine: bool) -> None:
        url, key = found.url, canonical(found.url)
        start = key in self._starts
        if not await self._robots.allows(url):
            self._robots_refused.add(key)
            self._progress(f"{self._name}: robots.txt does not allow {self._secrets.hide(url)}")
            return
        try:
            memory = await self._visits.visit(
                url, partial(self._note, url), hop=partial(self._hop, start=start)
            )
        except RefusedHopError as refused:
            if start:
                raise self._refused_start(url) from None
            if refused.why == "robots.txt":
                self._robots_refused.add(key)
            self._not_had[key] = (
                "refused",
                f"{refused.why}, redirected to {self._secrets.hide(refused.target)}",
                None,
            )
            return
        except FetchError as error:
            if gone_is_fine:
                self._asked.discard(key)  # it is only an error if a page still links to it
                return
            if error.status not in _GONE or start:
                raise
            if not self._bounds.gone:
                raise self._dead_link(error) from error
            self._not_had[key] = "gone", f"HTTP {error.status}", error.status
            return
        if start and "final" in memory.note:
            self._bounds.hosts.add(host_of(self._secrets.reveal(memory.note["final"]))[0])
        self._pages[key] = memory
        self._read(url, memory)
        counts = {**self._visits.counts, "refused": len(self._robots_refused), "gone": self._gone}
        self._told.tell(len(self._pages), self.at_hand.rows, counts)

    def _read(self, url: str, memory: Memory) -> None:
        """Read a page's records from the tree that its links were found in."""
        parsed, where, records = self._parsed.pop(url, None), memory.landing.origin.url, self._records
        if parsed is not None and records is not None and self._visits.outcomes[where] == "landed":
            self.at_hand.read(memory.landing, lambda: records(parsed[0], where, parsed[1]))

    def _note(self, url: str, answer: Answer) -> Mapping[str, Any]:
        """Read a page's links, those that may be followed and, once a walk each, those that the rules refuse.

        `final` is where redirects ended, if anywhere else.
        """
        rules = self._bounds.links
        page, encoding = decoded_page(answer.body, answer.headers.get("content-type"))
        tree = LexborHTMLParser(page)
        if self._records is not None:
            self._parsed[url] = page, tree
        final = {} if canonical(answer.url) == canonical(url) else {"final": self._secrets.hide(answer.url)}
        onward = sent_on(tree, answer.url)
        found = [] if onward is None or canonical(onward) == canonical(answer.url) else [onward]
        if rules is not None:
            found += links(tree, rules.scope, answer.url, encoding)
        elif not found:
            return final
        allowed, refused = [], []
        for link in dict.fromkeys(map(untracked, found)):
            shown = self._secrets.hide(link)
            if host_of(link)[0] in self._bounds.hosts and (rules is None or rules.refuses(link) is None):
                allowed.append(shown)
            elif link not in self._noted:
                self._noted.add(link)
                refused.append(shown)
        return {**final, "links": allowed, **({"refused": refused} if refused else {})}

    async def _hop(self, there: str, *, start: bool) -> str | None:
        """Say why a redirect is not followed: a redirect is no way around robots.txt, nor to another host."""
        host = host_of(there)[0]
        if start:
            self._bounds.hosts.add(host)
        elif host not in self._bounds.hosts:
            return "another host"
        return None if await self._robots.allows(there) else "robots.txt"

    def _refused_start(self, url: str) -> FetchError:
        return FetchError(
            "robots.txt does not allow this page",
            where=self._secrets.hide(url),
            hint="ask the site's owner, or use their API",
        ).for_good()

    def _dead_link(self, error: FetchError) -> FetchError:
        hint = (
            "a dead link: deny it by follow=Links(deny=…), or allow a share of dead ones, such as gone=0.02"
        )
        told = FetchError(error.what, where=error.where, hint=hint).for_good()
        told.status = error.status
        return told

    @property
    def _gone(self) -> int:
        return sum(outcome == "gone" for outcome, _, _ in self._not_had.values())


def _distinct(wave: Sequence[Found], seen: set[str]) -> list[Found]:
    """Give each page once, by the first of its addresses, without those seen."""
    first: dict[str, Found] = {}
    for found in wave:
        first.setdefault(canonical(found.url), found)
    return [found for key, found in first.items() if key not in seen]
