"""One run over HTTP: each address asked for only if it may have changed, and landed only if it has."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from connectors.memory import Memory, about
from connectors.placeholders import Secrets
from connectors.transport import Answer, Hop, Transport
from dq.source import Surroundings

Note = Callable[[Answer], Mapping[str, Any]]
"""Reads from a fresh answer what the source wants to remember of it: links, counts."""

_PRIVATE = frozenset({"set-cookie", "www-authenticate", "authorization", "proxy-authenticate"})


class Visits:
    """The visits of one run; `counts` is what `Fetched` reports, `outcomes` what became of each address."""

    def __init__(
        self,
        transport: Transport,
        around: Surroundings,
        known: Mapping[str, Memory],
        secrets: Secrets,
        landed: Mapping[str, Memory] | None = None,
    ) -> None:
        """Begin; `landed` is what an unfinished fetch left, which is not asked for again."""
        self._transport, self._around, self._known, self._secrets = transport, around, known, secrets
        self._landed = landed or {}
        self._new = self._resumed = self._saved = 0
        self._repeated: set[str] = set()
        self.outcomes: dict[str, str] = {}

    async def visit(
        self, url: str, note: Note, headers: Mapping[str, str] | None = None, hop: Hop | None = None
    ) -> Memory:
        """Give what is known of this address now: as an unfinished fetch landed it, from memory where the server
        says 304, else freshly landed.

        Raises:
            FetchError: where it cannot be had.

        """
        shown = self._secrets.hide(url)
        if shown in self._landed:
            self._resumed += shown not in self.outcomes
            self.outcomes[shown] = "resumed"
            return self._landed[shown]
        memory = await self._ask(url, shown, note, headers, hop)
        self._around.journal.note(memory.landing, about(memory))
        return memory

    async def _ask(
        self, url: str, shown: str, note: Note, headers: Mapping[str, str] | None, hop: Hop | None
    ) -> Memory:
        before = self._known.get(shown)
        answer = await self._transport.get(
            url,
            headers=headers,
            etag=before.etag if before else None,
            last_modified=before.last_modified if before else None,
            hop=hop,
        )
        self.outcomes[shown] = "unchanged"
        if before is not None and answer.status == 304:
            self._saved += before.landing.origin.size_bytes
            return before
        etag, last_modified = answer.headers.get("etag"), answer.headers.get("last-modified")
        noted = note(answer)
        if before is not None and before.landing.origin.sha256 == hashlib.sha256(answer.body).hexdigest():
            return Memory(before.landing, etag, last_modified, noted)
        self._tell_of_repeated(answer.body, shown)
        landing = self._around.land(
            answer.body,
            url=shown,
            status=answer.status,
            etag=etag,
            headers={
                name: self._secrets.hide(value)
                for name, value in answer.headers.items()
                if name not in _PRIVATE
            },
        )
        self._new += 1
        self.outcomes[shown] = "landed"
        return Memory(landing, etag, last_modified, noted)

    def _tell_of_repeated(self, body: bytes, shown: str) -> None:
        """Say, once a secret, that a server writes it into its answers: these land as they came."""
        for name in sorted(self._secrets.repeated_in(body) - self._repeated):
            self._repeated.add(name)
            self._around.progress(f"{shown} repeats ${{{name}}} in its body, which is kept as it came")

    @property
    def counts(self) -> dict[str, int]:
        """Requests, 304s, retries, bytes and new landings so far."""
        tally = self._transport.tally
        return {
            "requests": tally.requests,
            "not_modified": tally.not_modified,
            "bytes": tally.bytes,
            "bytes_saved": self._saved,
            "retries": tally.retries,
            "landings_new": self._new,
            "resumed": self._resumed,
        }
