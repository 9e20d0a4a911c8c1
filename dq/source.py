"""The socket that the world plugs into: what a source must be able to do, and nothing about how."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import polars as pl

from dq.origin import Landing
from dq.visits import Visit

Cursor = Mapping[str, Any]
"""What a source remembers between runs: JSON, bounded in size, committed with the rows it speaks of."""

REJECT_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "_row": pl.Int64,
    "byte_offset": pl.Int64,
    "text": pl.String,
    "rule": pl.String,
    "column": pl.String,
    "message": pl.String,
}
"""One row per record that could not be decoded: where it stands, as it was, which rule it broke."""


class Land(Protocol):
    """Keeps bytes for ever and says under which id."""

    def __call__(
        self,
        body: bytes | Iterable[bytes],
        *,
        url: str,
        status: int | None = None,
        etag: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Landing:
        """Land `body`, whole or piece by piece; twice is the same as once.

        An error that the pieces raise is passed on, and nothing has landed.
        """
        ...


@dataclass(frozen=True)
class Resumed:
    """A landing of a fetch that was cut off, and what the source noted about it.

    `sure` says that it need not be asked for again; else it is old or doubtful, and only worth a conditional request.
    """

    landing: Landing
    about: Mapping[str, Any]
    sure: bool


class Journal(Protocol):
    """Remembers what a fetch has landed until it is published, so that after a kill nothing is asked for twice."""

    def resume(self, of: Mapping[str, Any]) -> Sequence[Resumed]:
        """Give what a fetch of the same declaration and cursor (`of`: JSON) landed; from here on, notes are kept."""
        ...

    def note(self, landing: Landing, about: Mapping[str, Any]) -> None:
        """Remember this landing, with what it takes to go on from it (JSON)."""
        ...

    def doubt(self) -> None:
        """Let the next fetch ask for all of it again: it does not fit together."""
        ...


class NoJournal:
    """Remembers nothing, as in a dry run."""

    def resume(self, of: Mapping[str, Any]) -> Sequence[Resumed]:  # noqa: ARG002
        """Give nothing."""
        return ()

    def note(self, landing: Landing, about: Mapping[str, Any]) -> None:
        """Forget it."""

    def doubt(self) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Surroundings:
    """All that a fetch may touch of the machine: where files lie, how to land, the time, the environment.

    `journal` remembers what has landed until it is published. `partial` is where a download that broke off waits for
    its rest; null where nothing is to be kept.
    """

    land: Land
    files: Path
    now: Callable[[], datetime]
    environment: Mapping[str, str]
    progress: Callable[[str], None] = lambda _: None
    journal: Journal = field(default_factory=NoJournal)
    partial: Path | None = None


@dataclass(frozen=True)
class Fetched:
    """What is true of the source now.

    `current` is every landing that makes up the source today, new and unchanged, in the source's order;
    rows of landings that are no longer in it are superseded. With `adds`, it is what has come since `cursor`, and
    all that was there before stays. `counts` holds requests, not_modified, bytes, retries.
    `visits` says of each address that a crawl knew of why it was or was not fetched. `decoded` holds, by landing id and
    for as many as is sensible, what the source read on its way: the same as `decode` gives of these landings.
    """

    current: tuple[Landing, ...]
    cursor: Cursor
    counts: Mapping[str, int] = field(default_factory=dict)
    adds: bool = False
    visits: Sequence[Visit] = ()
    decoded: Mapping[str, Decoded] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Decoded:
    """One landing as a table of text.

    `rows`: every column text (Binary for what is none, such as a picture), plus `_row` (Int64, the line or record
    number, from 1), unique. `rejects`: `REJECT_SCHEMA`. `records` = rows + distinct rejected records, counted apart
    from both.
    """

    rows: pl.DataFrame
    rejects: pl.DataFrame
    records: int


@runtime_checkable
class Source(Protocol):
    """Fetches bytes and, apart from that, reads them: a fixed reader replays old bytes, no site is asked twice."""

    @property
    def name(self) -> str:
        """`<domain>__<source>`: the table's name in every schema."""
        ...

    @property
    def licence(self) -> str:
        """The licence that the data was given under."""
        ...

    def fetch(self, cursor: Cursor, around: Surroundings) -> Fetched:
        """Land what is new since `cursor`.

        Raises:
            FetchError: where any part could not be had; what had landed by then stays landed.

        """
        ...

    def decode(self, landing: Landing, body: bytes) -> Decoded:
        """Read one landed body: pure, so the same bytes always give the same rows.

        Raises:
            DecodeError: where the body cannot be read at all.

        """
        ...


@runtime_checkable
class InParts(Protocol):
    """A source that can read a landed file some records at a time, so that its size does not count."""

    def decode_parts(self, landing: Landing, file: Path) -> Iterator[Decoded]:
        """Read the file that holds a landing: together the parts are what `decode` gives of its bytes.

        `_row` ascends from part to part.

        Raises:
            DecodeError: where the body cannot be read at all; parts that came before it do not count.

        """
        ...


@runtime_checkable
class Derived(Protocol):
    """A source that asks nobody: it reads once more, in its own way, what another source has landed."""

    @property
    def reads(self) -> str:
        """The other source's name."""
        ...
