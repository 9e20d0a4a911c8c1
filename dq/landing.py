"""The landing store: bytes exactly as fetched, kept for ever, found again by their landing and checked when read."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from dq.errors import IntegrityError
from dq.origin import Landing, Origin, landing_id
from dq.source import Land

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
    """A folder of landed bodies, content-addressed: `<root>/<source>/<first two digits>/<sha256>`.

    The same bytes of one source are kept once. A body is there in full or not at all, also after a kill.
    """

    root: Path

    def land_for(self, source: str, licence: str, now: Callable[[], datetime]) -> Land:
        """Give the function that lands bodies of this source, under this licence, stamped by this clock."""

        def land(
            body: bytes,
            *,
            url: str,
            status: int | None = None,
            etag: str | None = None,
            headers: Mapping[str, str] | None = None,
        ) -> Landing:
            sha256 = hashlib.sha256(body).hexdigest()
            path = f"{source}/{sha256[:2]}/{sha256}"
            _write_once(self.root / path, body)
            kind = (headers or {}).get("content-type")
            origin = Origin(source, url, now(), status, etag, sha256, len(body), licence, kind)
            return Landing(landing_id(source, url, sha256), origin, path)

        return land

    def read(self, landing: Landing) -> bytes:
        """Give the body back, byte for byte.

        Raises:
            IntegrityError: where the file is gone or is not what was landed.

        """
        path = self.root / landing.path
        try:
            body = path.read_bytes()
        except FileNotFoundError:
            raise IntegrityError(
                f"the landed body of {landing.origin.url} is gone",
                where=str(path),
                hint="restore the landing folder from a copy, or fetch the source anew with an empty cursor",
            ) from None
        if hashlib.sha256(body).hexdigest() != landing.origin.sha256:
            raise IntegrityError(
                f"the landed body of {landing.origin.url} has changed on disk ({len(body):,} bytes there, "
                f"{landing.origin.size_bytes:,} landed)",
                where=str(path),
                hint="landed bytes are never edited; remove the file and fetch the source anew",
            )
        return body


def landings_frame(landings: Iterable[Landing]) -> pl.DataFrame:
    """Give the rows of `raw.landings`, in the order given; `status` and `etag` are null for files.

    >>> landings_frame([]).columns[:3]
    ['landing_id', 'source', 'url']
    """
    rows = [
        (
            landing.landing_id,
            landing.origin.source,
            landing.origin.url,
            landing.origin.fetched_at,
            landing.origin.status,
            landing.origin.etag,
            landing.origin.sha256,
            landing.origin.size_bytes,
            landing.origin.licence,
            landing.path,
            landing.offset,
            landing.origin.content_type,
        )
        for landing in landings
    ]
    return pl.DataFrame(rows, schema=LANDINGS_SCHEMA, orient="row")


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
