"""How far a fetch is, said about once a second: pages, rows, bytes, pace, and what was saved, retried, refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

_EVERY_SECONDS = 1.0
_WORDS = {
    "not_modified": "not modified",
    "resumed": "resumed",
    "retries": "retried",
    "refused": "refused by robots.txt",
    "gone": "gone",
}


class Progress:
    """Begins when it is made; `clock` gives seconds."""

    def __init__(
        self, name: str, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._name, self._say, self._clock = name, say, clock
        self._begun = self._told = clock()

    def tell(self, pages: int, rows: int, counts: Mapping[str, int], total: int | None = None) -> None:
        """Say it, unless it was said within the last second; `total` is how many rows there are to be.

        >>> seconds = iter([0.0, 2.0])
        >>> progress = Progress("shop__orders", print, lambda: next(seconds))
        >>> progress.tell(40, 4000, {"bytes": 1_200_000, "retries": 1}, total=9000)
        shop__orders: 40 pages · 4,000 of 9,000 rows · 1.2 MB · 20.0 pages/s · 1 retried
        """
        now = self._clock()
        if now - self._told < _EVERY_SECONDS:
            return
        self._told = now
        of = "" if total is None else f" of {total:,}"
        told = [
            f"{pages:,} pages",
            *([f"{rows:,}{of} rows"] if rows else []),
            f"{counts['bytes'] / 1e6:,.1f} MB",
            f"{pages / (now - self._begun):,.1f} pages/s",
            *(f"{counts[name]:,} {words}" for name, words in _WORDS.items() if counts.get(name)),
        ]
        self._say(f"{self._name}: {' · '.join(told)}")
