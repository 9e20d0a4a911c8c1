"""Where bytes came from: the record that every row can be traced back to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Origin:
    """The birth certificate of one fetched body.

    `url` is the address as asked for (`https://…`, or `file:` plus a path relative to the data folder).
    `status`, `etag` and `content_type` are null for files.
    """

    source: str
    url: str
    fetched_at: datetime
    status: int | None
    etag: str | None
    sha256: str
    size_bytes: int
    licence: str
    content_type: str | None = None


@dataclass(frozen=True)
class Landing:
    """Bytes kept exactly as fetched: `path` in the landing folder, `offset` of its WARC record if it is in one.

    The same bytes from the same address have the same `landing_id`, so landing them twice is landing them once.
    """

    landing_id: str
    origin: Origin
    path: str
    offset: int | None = None


def landing_id(source: str, url: str, sha256: str) -> str:
    """Give the 16 hex digits that name this body of this address of this source.

    >>> landing_id("finance__cdnow", "file:cdnow.csv", "ab" * 32)
    '804e18be360c350a'
    """
    return hashlib.sha256(f"{source}\n{url}\n{sha256}".encode()).hexdigest()[:16]
