"""The landing store: bytes exactly as fetched, kept for ever, checked whenever they are read."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from dq.abandoned import PREFIX, hold
from dq.errors import IntegrityError
from dq.origin import Landing, Origin, landing_id
from dq.source import Land
from dq.warc import Segments, read_record

LANDINGS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "landing_id": pl.String,
    "source": pl.String,
    "url": pl.String,
    "fetched_at": pl.Datetime("us", "UTC"),
    "status": pl.Int64,
    "etag": pl.String,
    "sha256": pl.String,
    "bytes": pl.Int64,
    "licence": pl.String,
    "path": pl.String,
    "offset": pl.Int64,
    "content_type": pl.String,
}
"""The columns of `raw.landings`: one row per body."""


@dataclass(frozen=True)
class LandingStore:
    """A folder of landed bodies: files as `<source>/<first two digits>/<sha256>`, pages in WARC segments.

    A file's bytes are kept once a source. A body is there in full or not at all, also after a kill.
    """

    root: Path
    _segments: list[Segments] = field(default_factory=list, init=False, repr=False, compare=False)

    def land_for(self, source: str, licence: str, now: Callable[[], datetime]) -> Land:
        """Give the function that lands bodies of this source, under this licence, stamped by this clock.

        What comes with a status and headers is a page and goes to WARC; all else becomes a file, and of what comes
        in pieces one piece is held at a time.
        """
        segments = Segments(self.root, source, licence)
        self._segments.append(segments)

        def land(
            body: bytes | Iterable[bytes],
            *,
            url: str,
            status: int | None = None,
            etag: str | None = None,
            headers: Mapping[str, str] | None = None,
        ) -> Landing:
            at, offset = now(), None
            if status is not None and headers is not None:
                body = body if isinstance(body, bytes) else b"".join(body)
                sha256, size = hashlib.sha256(body).hexdigest(), len(body)
                path, offset = segments.append(body, url=url, status=status, headers=headers, at=at)
            else:
                sha256, size = _keep(self.root / source, body)
                path = f"{source}/{sha256[:2]}/{sha256}"
            kind = None if headers is None else headers.get("content-type")
            origin = Origin(source, url, at, status, etag, sha256, size, licence, kind)
            return Landing(landing_id(source, url, sha256), origin, path, offset)

        return land

    def sync(self) -> None:
        """Make what was landed outlive a power cut; to be called before publishing what relies on it."""
        for segments in self._segments:
            segments.sync()

    def read(self, landing: Landing) -> bytes:
        """Give the body back, byte for byte.

        Raises:
            IntegrityError: where it is gone or is not what was landed.

        """
        path = self.root / landing.path
        try:
            body = path.read_bytes() if landing.offset is None else read_record(path, landing.offset)
        except FileNotFoundError:
            raise _gone(landing, path) from None
        if hashlib.sha256(body).hexdigest() != landing.origin.sha256:
            raise _changed(landing, path, len(body))
        return body

    @contextmanager
    def file(self, landing: Landing) -> Iterator[Path]:
        """Lend the file that holds a body which was landed as one, to be read where it lies.

        Its bytes are checked first, and that nobody has written to it until it is given back.

        Raises:
            IntegrityError: where it is gone, or is not or does not stay what was landed.

        """
        path = self.root / landing.path
        try:
            before = path.stat()
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            raise _gone(landing, path) from None
        if sha256 != landing.origin.sha256:
            raise _changed(landing, path, before.st_size)
        try:
            yield path
        finally:
            after = path.stat() if path.exists() else None
            if after is None or (after.st_mtime_ns, after.st_ino) != (before.st_mtime_ns, before.st_ino):
                raise _changed(landing, path, 0 if after is None else after.st_size)

    def check(self, landing: Landing) -> None:
        """Make sure that the body is there, byte for byte.

        Raises:
            IntegrityError: where it is gone or is not what was landed.

        """
        if landing.offset is None:
            with self.file(landing):
                pass
        else:
            self.read(landing)


def _gone(landing: Landing, path: Path) -> IntegrityError:
    return IntegrityError(
        f"the landed body of {landing.origin.url} is gone",
        where=str(path),
        hint="restore the landing folder from a copy, or fetch the source anew with an empty cursor",
    )


def _changed(landing: Landing, path: Path, size: int) -> IntegrityError:
    return IntegrityError(
        f"the landed body of {landing.origin.url} has changed on disk: {size:,} bytes are there, "
        f"{landing.origin.size_bytes:,} were landed",
        where=str(path),
        hint="landed bytes are never edited; restore them from a copy, or fetch the source anew",
    )


def landings_frame(landings: Iterable[Landing]) -> pl.DataFrame:
    """Give the rows of `raw.landings`, in the order given; `status` and `etag` are null for files.

    >>> landings_frame([]).columns[:3]
    ['landing_id', 'source', 'url']
    """
    return pl.DataFrame([row_of(landing) for landing in landings], schema=LANDINGS_SCHEMA, orient="row")


def row_of(landing: Landing) -> dict[str, Any]:
    """Give the row of `raw.landings` that stands for a landing."""
    origin = landing.origin
    return {
        "landing_id": landing.landing_id,
        "source": origin.source,
        "url": origin.url,
        "fetched_at": origin.fetched_at,
        "status": origin.status,
        "etag": origin.etag,
        "sha256": origin.sha256,
        "bytes": origin.size_bytes,
        "licence": origin.licence,
        "path": landing.path,
        "offset": landing.offset,
        "content_type": origin.content_type,
    }


def landing_from_row(row: Mapping[str, Any]) -> Landing:
    """Give the landing that a row of `raw.landings` stands for."""
    origin = Origin(
        source=row["source"],
        url=row["url"],
        fetched_at=row["fetched_at"],
        status=row["status"],
        etag=row["etag"],
        sha256=row["sha256"],
        size_bytes=row["bytes"],
        licence=row["licence"],
        content_type=row["content_type"],
    )
    return Landing(row["landing_id"], origin, row["path"], row["offset"])


def _keep(folder: Path, body: bytes | Iterable[bytes]) -> tuple[str, int]:
    """Write a body below the folder under its sha256, unless it is there already whole; give that and its bytes."""
    if isinstance(body, bytes):
        path = _place(folder, hashlib.sha256(body).hexdigest())
        if path.exists() and path.stat().st_size == len(body):
            return path.name, len(body)
        body = (body,)
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=PREFIX)
    try:
        digest, size = hashlib.sha256(), 0
        with os.fdopen(handle, "wb") as file:
            hold(file)
            for piece in body:
                digest.update(piece)
                size += file.write(piece)
            file.flush()
            os.fsync(file.fileno())
            path = _place(folder, digest.hexdigest())
            path.parent.mkdir(exist_ok=True)
            Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    for parent in (path.parent, folder):
        _sync(parent)  # the name too must outlive a power cut
    return path.name, size


def _place(folder: Path, sha256: str) -> Path:
    return folder / sha256[:2] / sha256


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
