"""What a source remembers of each address: its landing, and what it takes to ask whether it has changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dq.landing import landing_from_row, row_of
from dq.origin import Landing
from dq.source import Cursor, Surroundings

_VERSION = 2


@dataclass(frozen=True)
class Memory:
    """One address as it was last seen; `note` is the source's own (links, sizes), JSON."""

    landing: Landing
    etag: str | None = None
    last_modified: str | None = None
    note: Mapping[str, Any] = field(default_factory=dict)


def recall(cursor: Cursor, declared: Mapping[str, Any] | None = None) -> dict[str, Memory]:
    """Read a cursor: what is remembered, by address, in the source's order; nothing of another form's.

    `declared` is what of the declaration the notes were made by. Where it has changed since, the landings are still
    known, but each address is asked for in full, so that its note is made anew.
    """
    if cursor.get("version") != _VERSION:
        return {}  # all is asked for anew, which is always right
    memories = {url: _memory(record) for url, record in cursor["landings"].items()}
    if declared is not None and cursor.get("declared") != declared:
        return {url: Memory(memory.landing) for url, memory in memories.items()}
    return memories


def resume(
    cursor: Cursor, declared: Mapping[str, Any], around: Surroundings
) -> tuple[dict[str, Memory], dict[str, Memory]]:
    """Give what is remembered, and what a fetch that was cut off has landed and need not be asked for, by address.

    What such a fetch landed too long ago is among what is remembered.
    """
    known = recall(cursor, declared)
    landed: dict[str, Memory] = {}
    for left in around.journal.resume({"version": _VERSION, "declared": declared, "cursor": cursor}):
        etag, last_modified = left.about["validators"]
        memory = Memory(left.landing, etag, last_modified, left.about["note"])
        (landed if left.sure else known)[left.landing.origin.url] = memory
    return known, landed


def about(memory: Memory) -> dict[str, Any]:
    """Give what a journal keeps of an address beside its landing."""
    return {"validators": [memory.etag, memory.last_modified], "note": dict(memory.note)}


def remember(memories: Iterable[Memory], **more: Any) -> Cursor:
    """Write a cursor: one record per address that is current now, and nothing of those that are gone."""
    landings = {memory.landing.origin.url: _record(memory) for memory in memories}
    return {"version": _VERSION, "landings": landings, **more}


def _record(memory: Memory) -> dict[str, Any]:
    return {
        **row_of(memory.landing),
        "fetched_at": memory.landing.origin.fetched_at.isoformat(),
        **about(memory),
    }


def _memory(record: Mapping[str, Any]) -> Memory:
    landing = landing_from_row({**record, "fetched_at": datetime.fromisoformat(record["fetched_at"])})
    etag, last_modified = record["validators"]
    return Memory(landing, etag, last_modified, record["note"])
