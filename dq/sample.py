"""A few bodies of a source, fetched to be looked at: nothing that is fetched here stays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from dq.errors import SourceError
from dq.landing import LandingStore
from dq.origin import Landing
from dq.source import Cursor, Decoded, Fetched, Source, Surroundings


@dataclass(frozen=True)
class Looked:
    """One body: where it came from, and what it holds; `decoded` is the error where it cannot be read."""

    landing: Landing
    body: bytes
    decoded: Decoded | SourceError


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
    progress: Callable[[str], None] = lambda _: None,
) -> Sample:
    """Fetch as a run would, stop before body `bodies` + 1 that is new or has changed, and decode what came.

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
        return Sample(tuple(_looked(source, landing, store) for landing in landed), fetched, failure)


def _looked(source: Source, landing: Landing, store: LandingStore) -> Looked:
    body = store.read(landing)
    try:
        return Looked(landing, body, source.decode(landing, body))
    except SourceError as error:
        return Looked(landing, body, error)


@contextmanager
def _temporary_store() -> Iterator[LandingStore]:
    with TemporaryDirectory(prefix="dq-sample-") as folder:
        yield LandingStore(Path(folder))
