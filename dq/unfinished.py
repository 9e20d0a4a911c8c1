"""What a fetch that was cut off had landed: a journal beside the landings, gone once they are published.

Bytes land before anything is published, so a killed fetch has them but no table knows of them. The journal does: one
line of JSON a landing, written after its bytes. A line that the kill tore, or whose bytes are not there whole (a power
cut), is as if it had never been written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from dq.errors import IntegrityError
from dq.landing import LandingStore, landing_from_row, row_of
from dq.origin import Landing
from dq.source import Resumed

NAME = "unfinished.jsonl"
STALE = timedelta(hours=12)
"""What landed longer ago is asked for again: a table should not be made of yesterday's pages and today's."""


class Unfinished:
    """The journal of one source. Its size is bounded by what one fetch lands; each resume writes it anew."""

    def __init__(self, store: LandingStore, source: str, now: Callable[[], datetime]) -> None:
        self._path = store.root / source / NAME
        self._store, self._now = store, now
        self._file: BinaryIO | None = None

    def resume(self, of: Mapping[str, Any]) -> tuple[Resumed, ...]:
        """Give what a fetch of the same declaration and cursor landed and never published; begin to note.

        What was noted of another fetch is forgotten: its bytes stay landed.
        """
        key = hashlib.sha256(json.dumps(of, sort_keys=True, default=str).encode()).hexdigest()
        lines = _lines(self._path)
        left: dict[str, dict[str, Any]] = {}
        if lines and lines[0].get("fetch") == key:
            for line in lines[1:]:
                if line.get("doubt"):
                    left = {name: {**one, "sure": False} for name, one in left.items()}
                elif (landing := _landing(line)) is not None:
                    left[landing.landing_id] = line
        kept = [(line, resumed) for line in left.values() if (resumed := self._resumed(line)) is not None]
        self._begin([{"fetch": key}, *(line for line, _ in kept)])
        return tuple(resumed for _, resumed in kept)

    def note(self, landing: Landing, about: Mapping[str, Any]) -> None:
        """Remember this landing; its bytes are there by now."""
        if self._file is not None:
            row = {**row_of(landing), "fetched_at": landing.origin.fetched_at.isoformat()}
            line = {"landing": row, "about": about, "sure": True, "at": self._now().isoformat()}
            self._file.write(_written(line))
            self._file.flush()

    def doubt(self) -> None:
        """Let the next fetch ask whether what is noted so far has changed."""
        if self._path.exists():
            with self._path.open("ab") as file:
                file.write(_written({"doubt": True}))

    def discard(self) -> None:
        """Forget it all: it is published."""
        self._close()
        self._path.unlink(missing_ok=True)

    def _begin(self, lines: Iterable[Mapping[str, Any]]) -> None:
        self._close()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_name(f".{NAME}")
        new.write_bytes(b"".join(map(_written, lines)))
        new.replace(self._path)
        self._file = self._path.open("ab")

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _resumed(self, line: Mapping[str, Any]) -> Resumed | None:
        """Give what the line says, unless its bytes are not there whole."""
        landing = _landing(line)
        if landing is None:
            return None
        try:
            self._store.check(landing)
            fresh = self._now() - datetime.fromisoformat(line["at"]) <= STALE
        except (OSError, IntegrityError):
            return None
        return Resumed(landing, line["about"], sure=line["sure"] and fresh)


def _landing(line: Mapping[str, Any]) -> Landing | None:
    row = line.get("landing")
    if not isinstance(row, dict):
        return None
    return landing_from_row({**row, "fetched_at": datetime.fromisoformat(row["fetched_at"])})


def _written(line: Mapping[str, Any]) -> bytes:
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"


def _lines(path: Path) -> list[dict[str, Any]]:
    """Give the whole lines; what a kill tore is no JSON."""
    try:
        written = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    found = []
    for line in written:
        try:
            found.append(json.loads(line))
        except ValueError:  # torn, or the empty end
            continue
    return [line for line in found if isinstance(line, dict)]
