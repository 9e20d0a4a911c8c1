"""Published data sets: an archive by address and checksum, each wanted member landed on its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from connectors.blocking import blocking
from connectors.memory import Memory, recall, remember
from connectors.part import Part
from connectors.pieces import pieces
from connectors.placeholders import Secrets, fill
from connectors.reader import Reader, parts_of
from connectors.transport import Limits, Transport
from connectors.unpack import unpack
from dq.errors import ConfigError, DecodeError, FetchError
from dq.origin import Landing
from dq.scratch import Scratch
from dq.source import Cursor, Decoded, Fetched, Surroundings

_FILE = "file:"


@dataclass(frozen=True)
class Archive:
    """The members of a zip, tar (.gz, .xz, .bz2, .zst) or of one packed file that the globs match, read by `reader`.

    `url` is an address, or `file:` and a path below the files' folder. A landing's address is `<archive>!/<member>`,
    so `_row` is the line in that member, and the text column `member` holds the member's name. `sha256` is the
    archive's: where the bytes differ, nothing lands. A `*` in a glob also matches `/`. A download that breaks off goes
    on where it broke off, also in the next run, if the server says that the archive is still the same.
    """

    name: str
    url: str
    members: str | tuple[str, ...]
    reader: Reader
    sha256: str | None = None
    licence: str = "unknown"
    max_unpacked: int = 2 << 30
    limits: Limits = field(
        default_factory=lambda: Limits(deadline=600.0, wire_bytes=1 << 30, decoded_bytes=1 << 30)
    )

    def __post_init__(self) -> None:
        path = PurePosixPath(self.url.removeprefix(_FILE))
        if self.url.startswith(_FILE) and (path.is_absolute() or ".." in path.parts):
            raise ConfigError(f"{self.name}: the archive is not in the files' folder", where=self.url)

    def fetch(self, cursor: Cursor, around: Surroundings) -> Fetched:
        """Land the wanted members, if the archive is new or has changed.

        Raises:
            FetchError: where it cannot be had, is not the archive that was declared, or cannot be unpacked.

        """
        if self.url.startswith(_FILE):
            return self._from_file(cursor, around)
        return blocking(self._fetch(cursor, around))

    def decode(self, landing: Landing, body: bytes) -> Decoded:
        """Read one member."""
        return self._named(landing, self.reader.read(body, landing.origin.url))

    def decode_parts(self, landing: Landing, file: Path) -> Iterator[Decoded]:
        """Read one member in parts, as its reader can."""
        return (self._named(landing, part) for part in parts_of(self.reader, file, landing.origin.url))

    def _named(self, landing: Landing, decoded: Decoded) -> Decoded:
        if "member" in decoded.rows.columns:
            raise DecodeError("the file has a column named member itself", where=landing.origin.url)
        member = landing.origin.url.rpartition("!/")[2]
        return Decoded(decoded.rows.with_columns(member=pl.lit(member)), decoded.rejects, decoded.records)

    def _from_file(self, cursor: Cursor, around: Surroundings) -> Fetched:
        """Land what is in an archive that lies in the files' folder, if it is another one than before."""
        path = around.files / self.url.removeprefix(_FILE)
        declared = self._declared(self.url)
        known = recall(cursor)
        counts = {"requests": 1, "not_modified": 0, "bytes": 0, "retries": 0, "landings_new": 0}
        try:
            before = path.stat()
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if known and cursor["declared"] == declared and cursor["archive"]["sha256"] == digest:
                current = tuple(memory.landing for memory in known.values())
                return Fetched(current, cursor, {**counts, "not_modified": 1})
            with Scratch("archive") as room:
                memories = self._landed(
                    path, digest, around, shown=self.url, status=None, known=known, room=room
                )
            after = path.stat()
        except OSError as error:
            raise FetchError(
                f"the archive cannot be read: {error.strerror}",
                where=str(path),
                hint="put it there, or set DQ_FILES to the folder that holds it",
            ) from error
        if (after.st_mtime_ns, after.st_size) != (before.st_mtime_ns, before.st_size):
            raise FetchError(
                "the archive is still being written", where=str(path), hint="run again when it is done"
            )
        new = sum(memory is not known.get(memory.landing.origin.url) for memory in memories)
        return Fetched(
            tuple(memory.landing for memory in memories),
            remember(memories, archive={"sha256": digest}, declared=declared),
            {**counts, "bytes": before.st_size, "landings_new": new},
        )

    def _declared(self, shown: str) -> dict[str, Any]:
        return {"url": shown, "members": list(self._globs), "sha256": self.sha256}

    async def _fetch(self, cursor: Cursor, around: Surroundings) -> Fetched:
        secrets = Secrets(around.environment, self.url)
        url = fill(self.url, around.environment)
        shown = secrets.hide(url)
        declared = self._declared(shown)
        known = recall(cursor)
        before: Mapping[str, str | None] = (
            cursor["archive"] if known and cursor["declared"] == declared else {}
        )
        part = Part(around.partial, self.name, shown)
        async with Transport(around.environment, self.limits, secrets=secrets) as transport:
            if len(part):
                around.progress(f"{self.name}: going on after {len(part):,} bytes")
            answer = await transport.get(
                url, etag=before.get("etag"), last_modified=before.get("last_modified"), part=part
            )
            tally = transport.tally
        counts = {
            "requests": tally.requests,
            "not_modified": tally.not_modified,
            "bytes": tally.bytes,
            "retries": tally.retries,
        }
        try:
            if answer.status == 304:
                current = tuple(memory.landing for memory in known.values())
                return Fetched(current, cursor, {**counts, "landings_new": 0})
            with part.path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            memories = self._landed(
                part.path, digest, around, shown=shown, status=answer.status, known=known, room=part.room()
            )
        finally:
            part.done()  # whole, or of no use
        new = sum(memory is not known.get(memory.landing.origin.url) for memory in memories)
        archive = {
            "etag": answer.headers.get("etag"),
            "last_modified": answer.headers.get("last-modified"),
            "sha256": digest,
        }
        return Fetched(
            tuple(memory.landing for memory in memories),
            remember(memories, archive=archive, declared=declared),
            {**counts, "landings_new": new},
        )

    def _landed(
        self,
        path: Path,
        digest: str,
        around: Surroundings,
        *,
        shown: str,
        status: int | None,
        known: Mapping[str, Memory],
        room: Path,
    ) -> list[Memory]:
        """Unpack an archive whose sha256 is `digest` in an empty folder, and land its members."""
        if self.sha256 is not None and digest != self.sha256.lower():
            raise FetchError(
                f"the archive is not the one declared: its sha256 is {digest}, not {self.sha256}",
                where=shown,
                hint="if its publisher has changed it, look at it and correct `sha256` in the declaration",
            )
        around.progress(f"{self.name}: {path.stat().st_size:,} bytes, unpacking")
        with path.open("rb") as file:
            found = unpack(
                file,
                shown,
                self._globs,
                self.max_unpacked,
                room,
                tell=lambda what: around.progress(f"{self.name}: {what}, skipped"),
            )
        return [
            self._memory(f"{shown}!/{member}", inner, status, known, around)
            for member, inner in found.items()
        ]

    def _memory(
        self, url: str, path: Path, status: int | None, known: Mapping[str, Memory], around: Surroundings
    ) -> Memory:
        """Land a member, unless it is as it was; gives what is known of it."""
        before = known.get(url)
        with path.open("rb") as file:
            if before is not None:
                if before.landing.origin.sha256 == hashlib.file_digest(file, "sha256").hexdigest():
                    return before
                file.seek(0)
            return Memory(around.land(pieces(file), url=url, status=status))

    @property
    def _globs(self) -> tuple[str, ...]:
        return (self.members,) if isinstance(self.members, str) else self.members
