"""Published data sets: an archive by address and checksum, each wanted member landed on its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from connectors.blocking import blocking
from connectors.memory import Memory, recall, remember
from connectors.part import Part
from connectors.pieces import pieces
from connectors.placeholders import Secrets, fill
from connectors.reader import Reader, parts_of
from connectors.transport import Answer, Limits, Transport
from connectors.unpack import unpack
from dq.errors import DecodeError, FetchError
from dq.origin import Landing
from dq.source import Cursor, Decoded, Fetched, Surroundings


@dataclass(frozen=True)
class Archive:
    """The members of a zip, tar (.gz, .xz, .bz2, .zst) or of one packed file that the globs match, read by `reader`.

    A landing's address is `<archive>!/<member>`, so `_row` is the line in that member, and the text column
    `member` holds the member's name. `sha256` is the archive's: where the bytes differ, nothing lands. A `*`
    in a glob also matches `/`. A download that breaks off goes on where it broke off, also in the next run, if
    the server says that the archive is still the same.
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

    def fetch(self, cursor: Cursor, around: Surroundings) -> Fetched:
        """Land the wanted members, if the archive is new or has changed.

        Raises:
            FetchError: where it cannot be had, is not the archive that was declared, or cannot be unpacked.

        """
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

    async def _fetch(self, cursor: Cursor, around: Surroundings) -> Fetched:
        secrets = Secrets(around.environment, self.url)
        url = fill(self.url, around.environment)
        shown = secrets.hide(url)
        declared = {"url": shown, "members": list(self._globs), "sha256": self.sha256}
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
            memories, digest = self._landed(answer, part, shown, known, around)
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
        self, answer: Answer, part: Part, shown: str, known: Mapping[str, Memory], around: Surroundings
    ) -> tuple[list[Memory], str]:
        """Unpack what came and land its members; gives them, and the archive's sha256."""
        with part.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            if self.sha256 is not None and digest != self.sha256.lower():
                raise FetchError(
                    f"the archive is not the one declared: its sha256 is {digest}, not {self.sha256}",
                    where=shown,
                    hint="if its publisher has changed it, look at it and correct `sha256` in the declaration",
                )
            around.progress(f"{self.name}: {part.size:,} bytes, unpacking")
            found = unpack(file, shown, self._globs, self.max_unpacked, part.room())
        memories = [
            self._memory(f"{shown}!/{member}", path, answer.status, known, around)
            for member, path in found.items()
        ]
        return memories, digest

    def _memory(
        self, url: str, path: Path, status: int, known: Mapping[str, Memory], around: Surroundings
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
