"""Lists inside the records of an API, as a table of their own: read from the pages that the API's source landed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from connectors.api import JsonApi
from connectors.json_rows import at, flattened, rows, text
from dq.errors import ConfigError, DecodeError
from dq.origin import Landing
from dq.source import Cursor, Decoded, Fetched, Surroundings


@dataclass(frozen=True)
class ChildTable:
    """One row per element of the list at `items` of each record of `of`, with `keys` of that record beside it.

    `keys` maps a column to a dotted path in the parent: `{"order_id": "id"}`. An element that is no object has its
    value in the column `value`. `_row` counts the elements of a page; one whose parent lacks a key is refused by
    `json:no_parent_key`, a parent with something else than a list by `json:not_a_list`. A parent without a list has
    no rows. Nothing is fetched: the pages are those that lie under `raw.<of>`, so run that first.

    >>> orders = JsonApi("shop__orders", "https://example.org/orders")
    >>> ChildTable("shop__order_lines", orders, items="lines", keys={"order_id": "id"}).reads
    'shop__orders'
    """

    name: str
    of: JsonApi
    items: str
    keys: Mapping[str, str] = field(default_factory=dict)
    flat: bool = False

    def __post_init__(self) -> None:
        if not self.keys:
            raise ConfigError(
                f"{self.name}: a child table needs a key of its parent", hint='keys={"order_id": "id"}'
            )
        if self.of.reader is not None:
            raise ConfigError(f"{self.name}: pages that a reader reads have no lists inside")

    @property
    def licence(self) -> str:
        """The parent's."""
        return self.of.licence

    @property
    def reads(self) -> str:
        """The source whose landings it reads."""
        return self.of.name

    def fetch(self, cursor: Cursor, around: Surroundings) -> Fetched:
        """Fetch the parent's pages: for a look at them; a run reads those that have landed."""
        return self.of.fetch(cursor, around)

    def decode(self, landing: Landing, body: bytes) -> Decoded:
        """Read the elements of all records of one page."""
        where = landing.origin.url
        parents = self.of.items_of(self.of.document(body, where, landing.origin.content_type), where)
        elements: list[Any] = []
        rejects: list[tuple[int, None, str | None, str, str, str]] = []
        for number, (element, refused) in enumerate(self._elements(parents), 1):
            elements.append(element)
            if refused is not None:
                rule, column, words = refused
                message = f"{where}: element {number}: {words}"
                rejects.append((number, None, text(element), rule, column, message))
        bad = {reject[0] for reject in rejects}
        good = [element for number, element in enumerate(elements, 1) if number not in bad]
        kept = [number for number in range(1, len(elements) + 1) if number not in bad]
        decoded = rows(flattened(good, where) if self.flat else good, where)
        return Decoded(
            decoded.rows.with_columns(pl.Series("_row", kept, dtype=pl.Int64)),
            pl.DataFrame(rejects, schema=decoded.rejects.schema, orient="row"),
            len(elements),
        )

    def _elements(self, parents: list[Any]) -> Iterator[tuple[Any, tuple[str, str, str] | None]]:
        """Give every element with its parent's keys, and why it is refused."""
        for parent in parents:
            found = at(parent, self.items)
            if found is None:
                continue
            if not isinstance(found, list):
                yield found, ("json:not_a_list", self.items, f"at {self.items!r} stands no list")
                continue
            keys = {column: at(parent, path) for column, path in self.keys.items()}
            missing = [self.keys[column] for column, value in keys.items() if value is None]
            for element in found:
                record = dict(element) if isinstance(element, Mapping) else {"value": element}
                if taken := keys.keys() & record.keys():
                    raise DecodeError(
                        f"an element has a field of a key's name: {', '.join(sorted(taken))}",
                        where=self.name,
                        hint="give the key's column another name",
                    )
                words = f"its parent has nothing at {', '.join(missing)}"
                yield (
                    {**keys, **record},
                    ("json:no_parent_key", ",".join(missing), words) if missing else None,
                )
