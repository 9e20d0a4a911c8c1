"""The reading of an API in one run: which page comes after which, and what is noted of each."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from connectors.address import host_of, join, kept_safe
from connectors.at_hand import AtHand
from connectors.json_rows import at, text
from connectors.memory import Memory
from connectors.page_address import with_fragment, with_query
from connectors.placeholders import Secrets, fill
from connectors.progress import Progress
from connectors.transport import Answer
from connectors.visit import Visits
from dq.errors import DecodeError, FetchError
from dq.source import Decoded, Surroundings

if TYPE_CHECKING:
    from connectors.api import JsonApi

_LINK = re.compile(r"""<([^>]*)>((?:\s*;\s*[\w*-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s",;]*))?)*)""")
_REL = re.compile(r""";\s*rel\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s",;]*))""", re.IGNORECASE)
_YES_OR_NO = {"true": True, "1": True, "false": False, "0": False}
_AT_ONCE = 64
"""So many pages are asked for before any of them is looked at: an error costs no more than these."""
_EMPTY = 3
"""So many empty pages in a row are passed over where the total says that rows are missing."""


class UnfitError(FetchError):
    """Pages that do not fit together: what has landed is no ground to go on from."""


class Reading:
    """The reading of one run, page after page, or side by side where the order is known beforehand."""

    def __init__(
        self,
        api: JsonApi,
        visits: Visits,
        headers: Mapping[str, str],
        around: Surroundings,
        *,
        secrets: Secrets,
        mark: str | None,
    ) -> None:
        self.api, self.visits, self.headers, self.around, self.secrets = api, visits, headers, around, secrets
        self._mark = mark
        self._pages: dict[str, Memory] = {}
        self._keys: dict[str, str] = {}
        self._bodies: dict[str, str] = {}
        self._rows = self._seen = self._empty = 0
        self._size: int | None = None
        self.progress = Progress(api.name, around.progress)
        self._documents: dict[str, list[Any] | Decoded] = {}
        self.at_hand = AtHand()

    async def all_pages(self, known: Mapping[str, Memory]) -> list[Memory]:
        """Ask for all that is known at once, then for what follows."""
        first = self._first()
        same_place = [url for url in map(self.secrets.reveal, known) if host_of(url) == host_of(first)]
        if self.api.since is None:
            await self._side_by_side(same_place)
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
                raise UnfitError(what, where=memories[-1].landing.origin.url)
            seen.add(url)
            memory = await self._page(url)
            self._hold_different(memory)
            self._hold_step(memory)
            self._rows += memory.note["rows"]
            self._empty = 0 if memory.note["rows"] else self._empty + 1
            if self.api.page_param is not None and len(seen) % _AT_ONCE == 1:
                await self._ahead(memory, url, len(seen))
            url = self._after(memory, url, len(seen))
            if self.api.page_param is None or memory.note["rows"] or len(seen) == 1:
                memories.append(memory)
        return memories

    async def _ahead(self, memory: Memory, url: str, read: int) -> None:
        """Where pages are counted and the total is known, ask for the next ones side by side."""
        size, total = memory.note["rows"], memory.note["total"]
        if not size or total is None:
            return
        left = min(-(-(total - self._rows) // size), _AT_ONCE, self.api.max_pages - read)
        await self._side_by_side([self._numbered(url, read + ahead) for ahead in range(left)])

    async def _side_by_side(self, urls: Sequence[str]) -> None:
        """Ask for pages in no order; one that fails is asked for again when its turn comes, and told of then."""
        outcomes = await asyncio.gather(*map(self._page, urls), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, FetchError):
                raise outcome

    async def _page(self, url: str) -> Memory:
        if url not in self._pages:
            self._pages[url] = await self.visits.visit(url, partial(self._note, url), self.headers)
            self._read(url, self._pages[url])
            self._seen += self._pages[url].note["rows"]
            total = self._pages[url].note["total"]
            self.progress.tell(len(self._pages), self._seen, self.visits.counts, total)
        return self._pages[url]

    def _read(self, url: str, memory: Memory) -> None:
        """Turn a page into rows while its document is at hand, if it is one to be read at all."""
        document, where = self._documents.pop(url, None), memory.landing.origin.url
        if document is None or self.visits.outcomes[where] != "landed":
            return
        if isinstance(document, Decoded):
            self.at_hand.read(memory.landing, lambda: document)
        else:
            self.at_hand.read(memory.landing, lambda: self.api.rows_of(document, where))

    def _first(self) -> str:
        environment, api = self.around.environment, self.api
        query = {name: fill(value, environment) for name, value in api.params.items()}
        if api.since is not None:
            query[api.since.param] = api.since.start if self._mark is None else api.since.back(self._mark)
        if api.page_param is not None:
            query[api.page_param] = str(api.first_page)
        return self._with(fill(api.url, environment), query)

    def _with(self, url: str, query: Mapping[str, str]) -> str:
        """Say which page: in the query or, where pages are posted, in the body that the fragment stands for."""
        return with_query(url, query) if self.api.post is None else with_fragment(url, query)

    def _numbered(self, url: str, before: int) -> str:
        """Give the address of the page that has so many before it."""
        assert self.api.page_param is not None  # noqa: S101 — asked by the callers
        return self._with(url, {self.api.page_param: str(self.api.first_page + before * self.api.page_step)})

    def _after(self, memory: Memory, url: str, read: int) -> str | None:
        """Give the address of the next page, null after the last."""
        if self.api.page_param is None:
            return self._named(memory, url)
        total, more = memory.note["total"], memory.note.get("more")
        reached = total is not None and self._rows >= total
        if more is False or (reached and not (more and memory.note["rows"])):
            return None
        if not memory.note["rows"] and not more and (total is None or self._empty > _EMPTY):
            return None
        return self._numbered(url, read)

    def _named(self, memory: Memory, url: str) -> str | None:
        """Give the address that the page names as next; only the host that was declared is asked, with its keys."""
        where = memory.landing.origin.url
        if memory.note.get("more") is False:
            return None
        if memory.note["next"] is None:
            if memory.note.get("more"):
                raise UnfitError("the API says that there is more, and not where", where=where)
            return None
        following = kept_safe(url, self.secrets.reveal(memory.note["next"]))
        if host_of(following) != host_of(url):
            raise UnfitError(
                f"the next page is on another host: {self.secrets.hide(following)}",
                where=where,
                hint="declare that address, or page by `page_param`: keys are sent to the declared host alone",
            ).for_good()
        return following

    def _note(self, url: str, answer: Answer) -> Mapping[str, Any]:
        """Read what paging and reconciling need; a body that cannot be read is not landed."""
        api, where = self.api, self.secrets.hide(url)
        total: Any = None
        try:
            if api.reader is not None:
                decoded = api.reader.read(answer.body, where)
                document, items, count = None, [], decoded.records
                self._documents[url] = decoded
            else:
                document = api.document(answer.body, where, answer.headers.get("content-type"))
                self._refuse_errors(document, where)
                items = api.items_of(document, where)
                count = len(items)
                self._documents[url] = items
            total = text(self._told(answer, document, api.total))
            if api.counts_ranges and total is not None:
                total = total.rpartition("/")[2].strip().replace("*", "") or None  # items 0-99/1234
            total = None if total is None else int(Decimal(total))
            mark = None if api.since is None else api.since.mark_of(items, where)
        except (DecodeError, ArithmeticError, ValueError) as error:
            what = error.what if isinstance(error, DecodeError) else f"the total is not a number: {total}"
            hint = error.hint if isinstance(error, DecodeError) else None
            raise FetchError(what, where=where, hint=hint or "look at what the API sends") from None
        self._hold_keys(items, where)
        following = self._following(answer, document, url)
        noted: dict[str, Any] = {
            "rows": count,
            "total": total,
            "next": None if following is None else self.secrets.hide(following),
        }
        if api.more is not None:
            noted["more"] = self._says_more(answer, document, where, count)
        if api.since is not None:
            noted["mark"] = mark
        return noted

    def _refuse_errors(self, document: Any, where: str) -> None:
        """Take an answer for what it says: with GraphQL, errors come with the status 200."""
        if self.api.errors is not None and (found := at(document, self.api.errors)):
            first = found[0] if isinstance(found, list) else found
            message = first.get("message", first) if isinstance(first, Mapping) else first
            raise FetchError(
                f"the API says: {self.secrets.hide(str(text(message)))[:500]}",
                where=where,
                hint="correct the query",
            )

    def _hold_different(self, memory: Memory) -> None:
        """Hold pages to being different: an API that repeats itself would go on for ever."""
        origin = memory.landing.origin
        twin = self._bodies.setdefault(origin.sha256, origin.url)
        if memory.note["rows"] and twin != origin.url:
            raise UnfitError(
                f"the API gave the same page twice: {twin} and {origin.url}",
                where=origin.url,
                hint="the paging is declared wrongly, or the API repeats itself",
            )

    def _hold_step(self, memory: Memory) -> None:
        """Hold offsets to the size of the first page: else rows between two pages are missed, or come twice."""
        rows, step = memory.note["rows"], self.api.page_step
        if self._size is None:
            self._size = rows
        elif self.api.page_param is not None and step > 1 and rows and self._size != step:
            raise UnfitError(
                f"the first page holds {self._size:,} rows, and offsets are counted by {step:,}",
                where=memory.landing.origin.url,
                hint=f"page_step={self._size}, or ask for as many rows a page as page_step says",
            ).for_good()

    def _says_more(self, answer: Answer, document: Any, where: str, count: int) -> bool:
        """Read whether there is more; a page with rows has to say it, else half of the API would be all of it."""
        told = self._told(answer, document, self.api.more)
        said = _YES_OR_NO.get(str(text(told)).lower())
        if said is None and (told is not None or count):
            what = "nothing" if told is None else repr(text(told))
            raise FetchError(
                f"at {self.api.more!r} stands {what}, neither true nor false",
                where=where,
                hint="correct `more` in the declaration",
            )
        return bool(said)

    def _hold_keys(self, items: Sequence[Any], where: str) -> None:
        """Hold what is read in this run to holding each record once.

        A row on two pages has pushed one off; one that is twice on its page has taken the place of another, since the
        count still agrees with the API's total.
        """
        if self.api.key is None:
            return
        here: set[str] = set()
        for item in items:
            key = text(at(item, self.api.key))
            if key is None:
                continue
            if key in here:
                raise UnfitError(
                    f"the record {self.api.key}={key} is twice on one page",
                    where=where,
                    hint="the API doubles rows, or `key` is not what tells its records apart: correct or leave it out",
                )
            here.add(key)
            other = self._keys.setdefault(key, where)
            if other != where:
                raise UnfitError(
                    f"the record {self.api.key}={key} is on two pages: {other} and this one",
                    where=where,
                    hint="rows moved between pages while they were read: run again, or ask for a fixed order",
                )

    def _following(self, answer: Answer, document: Any, url: str) -> str | None:
        """Give the address of the page that this one says is next."""
        api = self.api
        if api.next is None:
            return None
        if api.next == "header:link":
            target = _next_link(answer.headers.get("link", ""))
            return None if target is None else join(answer.url, target) or target
        told = self._told(answer, document, api.next)
        token = None if told is False else text(told)
        if not token:
            return None
        if api.next_param is not None:
            return self._with(url, {api.next_param: token})
        return join(answer.url, token) or token

    def _told(self, answer: Answer, document: Any, path: str | None) -> Any:
        """Give what stands at a path of the page, or in the header that it names."""
        if path is None:
            return None
        if path.startswith("header:"):
            return answer.headers.get(path.removeprefix("header:").lower())
        return at(document, path)


def _next_link(header: str) -> str | None:
    """Give the target of the link whose relation is next."""
    for target, about in _LINK.findall(header):
        rel = _REL.search(about)
        if rel is not None and "next" in "".join(filter(None, rel.groups())).lower().split():
            return str(target)
    return None
