"""A few bodies of a source, fetched to be looked at: nothing that is fetched here stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from dq.errors import SourceError
from dq.landing import LandingStore
from dq.origin import Landing
from dq.raw import read_parts
from dq.scratch import Scratch
from dq.source import Cursor, Decoded, Fetched, Source, Surroundings

START = 1 << 20
"""So many bytes of a body are kept to be looked at."""

MOST_ROWS = 100_000
"""So many rows of a body are kept unless told otherwise; the others are counted."""


@dataclass(frozen=True)
class Glance:
    """What a body holds: its first rows, how many there are in all, and by rule how many records were refused, and why.

    `rejected` counts records, each once, whatever number of rules it breaks.
    """

    rows: pl.DataFrame
    height: int
    rejected: int
    refused: Mapping[str, int]
    examples: Mapping[str, str]


@dataclass(frozen=True)
class Looked:
    """One body: where it came from, its first bytes, and what it holds, or the error where it cannot be read."""

    landing: Landing
    start: bytes
    found: Glance | SourceError


@dataclass(frozen=True)
class Sample:
    """What a fetch of now would land, up to a number of bodies.

    `fetched` is null where there was more than that, or where `failure` ended it.
    """

    bodies: tuple[Looked, ...]
    fetched: Fetched | None
    failure: SourceError | None = None


class _Enough(SystemExit):
    """Ends a fetch from inside: of all exceptions only those of the system stop a running event loop at once."""


def take_sample(
    source: Source,
    cursor: Cursor,
    *,
    files: Path,
    now: Callable[[], datetime],
    environment: Mapping[str, str],
    bodies: int,
    rows: int = MOST_ROWS,
    progress: Callable[[str], None] = lambda _: None,
) -> Sample:
    """Fetch as a run would, stop before body `bodies` + 1 that is new or has changed, and decode what came.

    Of each body the first `rows` rows are kept: a file of any size can be looked at, if its reader reads in parts.
    Nothing is written but to a temporary folder that is gone afterwards. An error of the source is part of the
    answer, beside what came before it.
    """
    with _temporary_store() as store:
        keep = store.land_for(source.name, source.licence, now)
        landed: list[Landing] = []

        def land(
            body: bytes | Iterable[bytes],
            *,
            url: str,
            status: int | None = None,
            etag: str | None = None,
            headers: Mapping[str, str] | None = None,
        ) -> Landing:
            if len(landed) >= bodies:
                raise _Enough
            landing = keep(body, url=url, status=status, etag=etag, headers=headers)
            landed.append(landing)
            return landing

        around = Surroundings(land=land, files=files, now=now, environment=environment, progress=progress)
        fetched, failure = None, None
        try:
            fetched = source.fetch(cursor, around)
        except _Enough:
            pass
        except SourceError as error:
            failure = error
        return Sample(tuple(_looked(source, landing, store, rows) for landing in landed), fetched, failure)


def _looked(source: Source, landing: Landing, store: LandingStore, rows: int) -> Looked:
    try:
        return Looked(landing, _start(landing, store), _glance(read_parts(source, landing, store), rows))
    except SourceError as error:
        return Looked(landing, _start(landing, store), error)


def _glance(parts: Iterable[Decoded], rows: int) -> Glance:
    kept: list[pl.DataFrame] = []
    left, height, rejected = rows, 0, 0
    refused: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for part in parts:
        if left or not kept:
            kept.append(part.rows.head(left))
            left -= kept[-1].height
        height += part.rows.height
        rejected += part.rejects["_row"].n_unique()
        for rule, message in part.rejects.select("rule", "message").iter_rows():
            refused[rule] += 1
            examples.setdefault(rule, message)
    return Glance(pl.concat(kept, how="diagonal"), height, rejected, refused, examples)


def _start(landing: Landing, store: LandingStore) -> bytes:
    if landing.offset is not None:
        return store.read(landing)[:START]
    with (store.root / landing.path).open("rb") as file:
        return file.read(START)


@contextmanager
def _temporary_store() -> Iterator[LandingStore]:
    with Scratch("sample") as folder:
        yield LandingStore(folder)
