"""What a fetch reads on its way, while a page's document is at hand anyway, so that it need not be parsed twice."""

from __future__ import annotations

from collections.abc import Callable

from dq.errors import DecodeError
from dq.origin import Landing
from dq.source import Decoded

_ROOM = 128 << 20


class AtHand:
    """Rows by landing (`rows` says how many), for so many bytes of pages as memory is given.

    What comes after is read from its landing.
    """

    def __init__(self) -> None:
        self.decoded: dict[str, Decoded] = {}
        self.rows = 0
        self._room = _ROOM

    def read(self, landing: Landing, decode: Callable[[], Decoded]) -> None:
        """Read a page that has just landed, if there is room; one that cannot be read is told of later."""
        if landing.origin.size_bytes > self._room:
            return
        try:
            decoded = decode()
        except DecodeError:
            return
        self.decoded[landing.landing_id] = decoded
        self.rows += decoded.rows.height
        self._room -= landing.origin.size_bytes
