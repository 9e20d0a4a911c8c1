"""What reads a file's bytes, whatever way they came."""

from __future__ import annotations

from typing import Protocol

from dq.source import Decoded


class Reader(Protocol):
    """Reads one file: pure, the same bytes always give the same rows."""

    def read(self, body: bytes, where: str) -> Decoded:
        """Give rows and rejects of these bytes; `where` names them in messages.

        Raises:
            DecodeError: where they cannot be read at all.

        """
        ...
