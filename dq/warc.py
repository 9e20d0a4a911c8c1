"""Fetched pages in WARC, the format of web archives: append-only segments that other tools can read.

Each run of a source writes segments of its own, so a tail that a kill has torn off stands behind no later
record. Each record is compressed on its own, so its offset is all it takes to read it.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from uuid import uuid4

from warcio.warcwriter import WARCWriter

from dq.errors import IntegrityError

_LONGEST = 1 << 30
_CHUNK = 1 << 16
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)", re.IGNORECASE)
_NOT_AS_KEPT = frozenset({"content-encoding", "transfer-encoding", "content-length"})
"""Headers that speak of the bytes on the wire: the body is kept decoded, so they get another name."""


class Segments:
    """The segments of one run of one source, below `root`; a new one where the last is full."""

    def __init__(self, root: Path, source: str, licence: str) -> None:
        self._root, self._source, self._licence = root, source, licence
        self._path: Path | None = None
        self._end = 0
        self._unsynced: set[Path] = set()

    def append(
        self, body: bytes, *, url: str, status: int, headers: Mapping[str, str], at: datetime
    ) -> tuple[str, int]:
        """Add one response; gives the segment's path below the root and the record's offset."""
        if self._path is None or self._end > _LONGEST:
            self._open(at)
        assert self._path is not None  # noqa: S101 — opened above
        offset = self._end
        self._write(_response(body, url=url, status=status, headers=headers, at=at))
        return self._path.relative_to(self._root).as_posix(), offset

    def sync(self) -> None:
        """Make sure that what was appended outlives a power cut."""
        for path in list(self._unsynced):
            _sync(path)
            _sync(path.parent)
            self._unsynced.discard(path)

    def _open(self, at: datetime) -> None:
        folder = self._root / self._source
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{at.astimezone(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}.warc.gz"
        self._path, self._end = folder / name, 0
        self._path.touch(exist_ok=False)
        about = {"software": "dq", "format": "WARC File Format 1.1", "description": self._source}
        self._write(_info(name, {**about, "licence": self._licence}))

    def _write(self, record: bytes) -> None:
        assert self._path is not None  # noqa: S101
        self._unsynced.add(self._path)
        try:
            with self._path.open("ab") as file:
                file.write(record)
        except OSError:
            os.truncate(self._path, self._end)  # half a record would stand before the next one
            raise
        self._end += len(record)


def read_record(path: Path, offset: int) -> bytes:
    """Give the body of the response at this offset.

    Raises:
        FileNotFoundError: where the segment is gone.
        IntegrityError: where no whole record stands there.

    """
    with path.open("rb") as file:
        file.seek(offset)
        unpacker, parts = zlib.decompressobj(31), []
        try:
            while not unpacker.eof and (chunk := file.read(_CHUNK)):
                parts.append(unpacker.decompress(chunk))
        except zlib.error as error:
            raise IntegrityError(f"no WARC record at byte {offset:,}: {error}", where=str(path)) from None
    if not unpacker.eof:
        raise IntegrityError(f"the WARC record at byte {offset:,} is torn off", where=str(path))
    return _body(b"".join(parts), path, offset)


def _body(record: bytes, path: Path, offset: int) -> bytes:
    """Give what stands behind the two heads of a response record: the archive's and the server's."""
    head, _, rest = record.partition(_HEAD_END)
    length = _LENGTH.search(head)
    if not head.startswith(b"WARC/1.") or length is None:
        raise IntegrityError(f"no WARC record at byte {offset:,}", where=str(path))
    return rest[: int(length[1])].partition(_HEAD_END)[2]


def _response(body: bytes, *, url: str, status: int, headers: Mapping[str, str], at: datetime) -> bytes:
    """Write one response record; by hand, since pages are many and warcio's writer costs as much as their parsing."""
    reason = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
    lines = [f"HTTP/1.1 {status} {reason}"]
    lines += (
        f"{'X-Archive-Orig-' if name in _NOT_AS_KEPT else ''}{name}: {value}"
        for name, value in headers.items()
    )
    block = "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body
    head = "\r\n".join(
        [
            "WARC/1.1",
            "WARC-Type: response",
            f"WARC-Record-ID: <urn:uuid:{uuid4()}>",
            f"WARC-Target-URI: {url}",
            f"WARC-Date: {at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
            f"WARC-Payload-Digest: {_digest(body)}",
            "Content-Type: application/http; msgtype=response",
            f"Content-Length: {len(block)}",
            "",
            "",
        ]
    )
    return _compressed(b"".join((head.encode(), block, b"\r\n\r\n")))


def _digest(content: bytes) -> str:
    """Give the digest in the form that web archives use."""
    sha1 = hashlib.sha1(content, usedforsecurity=False).digest()
    return f"sha1:{base64.b32encode(sha1).decode()}"


def _info(name: str, about: Mapping[str, str]) -> bytes:
    out = BytesIO()
    writer = WARCWriter(out, gzip=False, warc_version="1.1")
    writer.write_record(writer.create_warcinfo_record(name, about))
    return _compressed(out.getvalue())


def _compressed(record: bytes) -> bytes:
    """Compress one record into a gzip member of its own, quickly: pages are written more than read."""
    packer = zlib.compressobj(3, zlib.DEFLATED, 31)
    return packer.compress(record) + packer.flush()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
