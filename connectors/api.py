"""Paginated APIs: every page landed, every row counted against the total that the API itself states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.api_pages import Reading, UnfitError
from connectors.api_transport import ApiTransport
from connectors.auth import Auth
from connectors.blocking import blocking
from connectors.json_rows import Tree, as_utf8, at, flattened, load, rows
from connectors.memory import Memory, remember, resume
from connectors.placeholders import Secrets, fill
from connectors.reader import Reader
from connectors.since import Since
from connectors.transport import Limits
from connectors.visit import Visits
from connectors.xml_rows import load_xml
from dq.errors import ConfigError, DecodeError
from dq.origin import Landing
from dq.source import Cursor, Decoded, Fetched, Surroundings

_SHAPE = ("items", "next", "next_param", "more", "total", "errors", "key")
"""What of the declaration the notes in the cursor were made by."""


@dataclass(frozen=True)
class JsonApi:
    """Pages of an API, from `url` on.

    `items` and `total` are dotted paths in each page: its list of objects ("" where the page is the list) and the
    number of rows over all pages; `total="header:x-total-count"` (or `header:content-range`) where a header states it,
    `total=None` where nothing does. How the next page is found:

    - `next="next"`: its address (or query) stands at this path, null on the last page
    - `next="header:link"`: it stands in the Link header, as rel="next"; another header is taken as it is
    - `next="meta.cursor"` with `next_param="after"`: a token stands at the path, and is sent as that parameter
    - `next=None` with `page_param="page"`: pages are counted from `first_page` by `page_step` (the page's size,
      where the parameter is an offset), until a page is empty or the total is reached. Where the first page
      states the total, the others are asked for side by side

    With `more="has_more"` there is a next page only where true stands at that path.

    Parameters, headers, `auth` and `post` may hold `${SECRET}`s, which are filled from the environment and never
    shown. `post` is a JSON body: then parameters are dotted paths in it, and pages are posted. `errors` is the path
    of what must not be there (GraphQL). Bodies that are not JSON: `tree=load_xml` reads XML to the same paths;
    `reader=Delimited()` or `JsonFile(lines=True)` reads CSV or NDJSON, whose total and next stand in headers.

    `flat=True` makes columns of nested objects (`user.login`); lists stay JSON, or become tables of their own by
    `connectors.child_table`. `key` names what tells records apart: none may come twice in a run.
    `since` asks for what is new only.

    >>> JsonApi("demo__api", "https://example.org/api", params={"per_page": "100"}).items
    'items'
    """

    name: str
    url: str
    items: str = "items"
    next: str | None = "next"
    total: str | None = "total"
    next_param: str | None = None
    more: str | None = None
    page_param: str | None = None
    first_page: int = 1
    page_step: int = 1
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    auth: Auth | None = None
    post: Mapping[str, Any] | None = None
    errors: str | None = None
    tree: Tree = load
    reader: Reader | None = None
    flat: bool = False
    key: str | None = None
    since: Since | None = None
    licence: str = "unknown"
    max_pages: int = 100_000
    rate: float | None = 10.0
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if self.next is not None and self.page_param is not None:
            raise ConfigError(
                f"{self.name}: both next and page_param say how to find the next page", hint="set next=None"
            )
        inside = (self.next, self.total, self.more, self.errors, self.key)
        if self.reader is not None and any(path and not path.startswith("header:") for path in inside):
            raise ConfigError(
                f"{self.name}: a page that a reader reads has no paths inside",
                hint='set next, total, more, errors and key to None or, where a header says it, "header:<name>"',
            )
        if self.reader is not None and (self.since is not None or self.flat):
            raise ConfigError(f"{self.name}: since and flat need pages of JSON or XML")

    @property
    def counts_ranges(self) -> bool:
        """Say whether the total stands in Content-Range: then a page is a part, and may come as 206."""
        return (self.total or "").lower() == "header:content-range"

    def fetch(self, cursor: Cursor, around: Surroundings) -> Fetched:
        """Land every page that is new or has changed.

        Raises:
            FetchError: where a page could not be had, or the rows are not as many as the API says.

        """
        return blocking(self._fetch(cursor, around))

    def decode(self, landing: Landing, body: bytes) -> Decoded:
        """Read one page's objects; `_row` is the item's number on the page."""
        where = landing.origin.url
        if self.reader is not None:
            return self.reader.read(body, where)
        return self.rows_of(
            self.items_of(self.document(body, where, landing.origin.content_type), where), where
        )

    def document(self, body: bytes, where: str, content_type: str | None) -> Any:
        """Give what a page holds, as objects, lists and texts."""
        return self.tree(as_utf8(body, content_type) if self.tree is load else body, where)

    def rows_of(self, items: Sequence[Any], where: str) -> Decoded:
        """Give the rows of a page's objects."""
        return rows(flattened(items, where) if self.flat else items, where)

    def items_of(self, document: Any, where: str) -> list[Any]:
        """Give a page's list of objects.

        Raises:
            DecodeError: where there is no list at the declared place.

        """
        found = at(document, self.items)
        if isinstance(found, list):
            return found
        if self.tree is load_xml:  # which cannot tell one from a list of one
            if found is not None:
                return [found]
            above, _, _ = self.items.rpartition(".")
            if above and (at(document, above) is not None or _holds(document, above)):
                return []
        hint = "correct `items` in the declaration"
        if isinstance(found, Mapping):
            hint += "; an object stands there: `tree` may be a function of yours that makes a list of it"
        raise DecodeError(f"no list at {self.items!r}", where=where, hint=hint)

    async def _fetch(self, cursor: Cursor, around: Surroundings) -> Fetched:
        environment = around.environment
        secrets = Secrets(environment, self.url, *self._texts())
        headers = {name: fill(value, environment) for name, value in self.headers.items()}
        limits = replace(self.limits, rate=self.rate)
        declared = {name: getattr(self, name) for name in _SHAPE}
        if self.since is not None:
            declared |= {"url": self.url, "params": dict(self.params), "since": repr(self.since)}
        known, landed = resume(cursor, declared, around)
        mark = cursor.get("mark") if cursor.get("declared") == declared else None
        accept = frozenset({206}) if self.counts_ranges else frozenset[int]()
        async with ApiTransport(
            environment, limits, secrets, self.auth, self.post, accept=accept
        ) as transport:
            visits = Visits(transport, around, known, secrets, landed)
            try:
                reading = Reading(self, visits, headers, around, secrets=secrets, mark=mark)
                memories = await reading.all_pages(known)
                self._reconcile(memories)
            except UnfitError:
                around.journal.doubt()  # else the next run would go on from the same pages, and end in the same way
                raise
        if self.since is None:
            landings = tuple(memory.landing for memory in memories)
            return Fetched(
                landings,
                remember(memories, declared=declared),
                visits.counts,
                decoded=reading.at_hand.decoded,
            )
        filled = [memory for memory in memories if memory.note["rows"]]
        latest = self.since.furthest([mark, *(memory.note["mark"] for memory in filled)])
        if latest is not None and (sound := self.since.until(latest, around.now())) != latest:
            around.progress(
                f"{self.name}: {self.since.path} is {latest}, which is to come; the next run asks from {sound}"
            )
            latest = sound
        return Fetched(
            tuple(memory.landing for memory in filled),
            remember(memories, declared=declared, mark=latest),
            visits.counts,
            adds=mark is not None,
            decoded=reading.at_hand.decoded,
        )

    def _texts(self) -> list[str]:
        """Give all texts of the declaration that may hold a `${SECRET}`."""
        posted = [] if self.post is None else [repr(self.post)]
        proof = () if self.auth is None else self.auth.texts
        return [*self.params.values(), *self.headers.values(), *posted, *proof]

    def _reconcile(self, memories: Sequence[Memory]) -> None:
        """Hold the pages to the API's own total."""
        url = memories[0].landing.origin.url
        got = sum(memory.note["rows"] for memory in memories)
        totals = {memory.note["total"] for memory in memories} - {None}
        if len(totals) > 1:
            raise UnfitError(
                f"the API's total changed while it was read: {' and '.join(map(str, sorted(totals)))}",
                where=url,
                hint="run again when the API is quiet",
            )
        if totals and got != (total := totals.pop()):
            raise UnfitError(
                f"the API says {total:,} rows, its pages hold {got:,}",
                where=url,
                hint="rows moved between pages while they were read, or the paging is declared wrongly",
            )
        if self.total is not None and got and memories[0].note["total"] is None:
            raise UnfitError(
                f"no total at {self.total!r}",
                where=url,
                hint="correct `total` in the declaration, or set total=None if the API states none",
            )


def _holds(document: Any, path: str) -> bool:
    """Say whether the last step of a path is there, be it empty."""
    above, _, last = path.rpartition(".")
    place = at(document, above)
    return isinstance(place, Mapping) and last in place
