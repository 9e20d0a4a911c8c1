"""The landing store: bytes exactly as fetched, kept for ever, checked whenever they are read."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

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
"""The columns of `raw.landings`: one row a body."""


@dataclass(frozen=True)
class LandingStore:
    """A folder of landed bodies: files as `<source>/<first two digits>/<sha256>`, pages in WARC segments.

    A file's bytes are kept once a source. A body is there in full or not at all, also after a kill.
    """

    root: Path
    _segments: list[Segments] = field(default_factory=list, init=False, repr=False, compare=False)

    def land_for(self, source: str, licence: str, now: Callable[[], datetime]) -> Land:
        """Give the function that lands bodies of this source, under this licence, stamped by this clock.

        What comes with a status and headers is a page and goes to WARC; all else becomes a file.
        """
        segments = Segments(self.root, source, licence)
        self._segments.append(segments)

        def land(
            body: bytes,
            *,
            url: str,
            status: int | None = None,
            etag: str | None = None,
            headers: Mapping[str, str] | None = None,
        ) -> Landing:
            sha256, at = hashlib.sha256(body).hexdigest(), now()
            kind = None if headers is None else headers.get("content-type")
            origin = Origin(source, url, at, status, etag, sha256, len(body), licence, kind)
            offset = None
            if status is not None and headers is not None:
                path, offset = segments.append(body, url=url, status=status, headers=headers, at=at)
            else:
                path = f"{source}/{sha256[:2]}/{sha256}"
                _write_once(self.root / path, body)
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
        path, url = self.root / landing.path, landing.origin.url
        try:
            body = path.read_bytes() if landing.offset is None else read_record(path, landing.offset)
        except FileNotFoundError:
            raise IntegrityError(
                f"the landed body of {url} is gone",
                where=str(path),
                hint="restore the landing folder from a copy, or fetch the source anew with an empty cursor",
            ) from None
        if hashlib.sha256(body).hexdigest() != landing.origin.sha256:
            raise IntegrityError(
                f"the landed body of {url} has changed on disk: {len(body):,} bytes are there, "
                f"{landing.origin.size_bytes:,} were landed",
                where=str(path),
                hint="landed bytes are never edited; restore them from a copy, or fetch the source anew",
            )
        return body


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


def _write_once(path: Path, body: bytes) -> None:
    """Write the file whole, unless it is there already whole."""
    if path.exists() and path.stat().st_size == len(body):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".landing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name too must outlive a power cut
    finally:
        os.close(folder)
