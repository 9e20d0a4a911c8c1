"""Files of our own, by glob: each landed when it is new or has changed, none while it is being written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.half_written import is_half_written
from connectors.memory import Memory, recall, remember
from connectors.object_store import fetch_objects, is_object_glob
from connectors.pieces import pieces
from connectors.reader import Reader, parts_of
from dq.errors import ConfigError, FetchError
from dq.origin import Landing
from dq.source import Cursor, Decoded, Fetched, Surroundings

_TICK = timedelta(seconds=2)  # the coarsest clock of common file systems: within it a change may not show


@dataclass(frozen=True)
class Files:
    """All files that `glob` finds below the files' folder, in the order of their names, read by `reader`.

    A landing's address is `file:` plus the path below that folder. A glob as `s3://bucket/folder/*.csv` means objects
    of an S3-compatible store instead. Files that are half-written are skipped with a word: by their names (`.part`,
    `.tmp`, `~$…`), because they change while they are read, or because they changed within `settled` before; until
    one is finished, what landed of it before stays.
    """

    name: str
    glob: str
    reader: Reader
    licence: str = "internal"
    settled: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        if is_object_glob(self.glob):
            return
        if Path(self.glob).is_absolute() or ".." in Path(self.glob).parts:
            raise ConfigError(f"{self.name}: the glob leaves the files' folder", where=self.glob)

    def fetch(self, cursor: Cursor, around: Surroundings) -> Fetched:
        """Land every file that is new or has changed; one whose size and time are as they were is not read.

        Raises:
            FetchError: where no finished file is found, or one cannot be read.

        """
        if is_object_glob(self.glob):
            return fetch_objects(self.name, self.glob, cursor, around)
        matched = sorted(path for path in around.files.glob(self.glob) if not path.is_dir())
        found = [path for path in matched if path.is_file()]
        for path in set(matched).difference(found):
            name = path.relative_to(around.files).as_posix()
            around.progress(f"{self.name}: {name!a} is a link that leads nowhere, or no file, skipped")
        if not found:
            raise FetchError(
                f"no file matches {self.glob}",
                where=str(around.files),
                hint="put the files there, or set DQ_FILES to the folder that holds them",
            )
        known = recall(cursor)
        looked = {path: self._memory(path, known, around) for path in found}
        memories = [memory for memory in looked.values() if memory is not None]
        if not memories:
            raise FetchError(
                f"all files that match {self.glob} are half-written",
                where=str(around.files),
                hint="run again when their writer has finished",
            )
        old = {memory.landing.landing_id for memory in known.values()}
        new = [memory for memory in memories if memory.landing.landing_id not in old]
        counts = {
            "requests": len(found),
            "not_modified": sum(memory is known.get(memory.landing.origin.url) for memory in memories),
            "bytes": sum(memory.landing.origin.size_bytes for memory in new),
            "retries": 0,
            "skipped": len(matched) - len(memories),
            "landings_new": len(new),
        }
        return Fetched(tuple(memory.landing for memory in memories), remember(memories), counts)

    def decode(self, landing: Landing, body: bytes) -> Decoded:
        """Read one file."""
        return self.reader.read(body, landing.origin.url)

    def decode_parts(self, landing: Landing, file: Path) -> Iterator[Decoded]:
        """Read one file in parts, as its reader can."""
        return parts_of(self.reader, file, landing.origin.url)

    def _memory(self, path: Path, known: Mapping[str, Memory], around: Surroundings) -> Memory | None:
        """Give what is true of a file now; of one that is half-written what was before, null where nothing was."""
        url = f"file:{path.relative_to(around.files).as_posix()}"
        if not url.isprintable():
            raise FetchError("the file's name is not readable text", where=ascii(str(path)), hint="rename it")
        memory = known.get(url)
        if is_half_written(path.name):
            around.progress(f"{self.name}: {url} is half-written by its name, skipped")
            return memory
        try:
            before = _stamp(path)
            if memory is not None and _is_unchanged(memory, before):
                return memory
            self._assert_settled(before, around.now())
            if memory is not None and memory.landing.origin.sha256 == _sha256(path, before):
                landing = memory.landing
            else:
                landing = around.land(_whole(path, before), url=url)
                around.progress(f"{self.name}: {url}, {before['size']:,} bytes")
        except _BeingWrittenError:
            around.progress(f"{self.name}: {url} is still being written, skipped")
            return memory
        return Memory(landing, note={**before, "read_at": around.now().isoformat()})

    def _assert_settled(self, stamp: Mapping[str, Any], now: datetime) -> None:
        age = now - datetime.fromtimestamp(stamp["mtime_ns"] / 1e9, UTC)
        if timedelta(0) <= age < self.settled:  # a clock that is ahead says nothing
            raise _BeingWrittenError


class _BeingWrittenError(Exception):
    """A file is not finished, or changed while it was read."""


def _stamp(path: Path) -> dict[str, Any]:
    with _reading(path):
        stat = path.stat()
    return {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "inode": stat.st_ino}


def _whole(path: Path, before: Mapping[str, Any]) -> Iterator[bytes]:
    """Give a file piece by piece; at its end it must be what it was before."""
    size = 0
    with _reading(path), path.open("rb") as file:
        for piece in pieces(file):
            size += len(piece)
            yield piece
    if size != before["size"] or _stamp(path) != before:
        raise _BeingWrittenError


def _sha256(path: Path, before: Mapping[str, Any]) -> str:
    digest = hashlib.sha256()
    for piece in _whole(path, before):
        digest.update(piece)
    return digest.hexdigest()


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FetchError(f"the file cannot be read: {error.strerror}", where=str(path)) from error


def _is_unchanged(memory: Memory, stamp: Mapping[str, Any]) -> bool:
    """Say whether this is surely the file that was read: same stamp, and older than a tick of the clock."""
    if any(memory.note.get(key) != value for key, value in stamp.items()):
        return False
    written = datetime.fromtimestamp(stamp["mtime_ns"] / 1e9, UTC)
    return written + _TICK < datetime.fromisoformat(memory.note["read_at"])
