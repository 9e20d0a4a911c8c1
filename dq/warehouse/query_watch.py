"""How long the queries of a server's clients have been running."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Running:
    """A query of a client that runs, and for how many seconds it has been seen to."""

    query: str
    seconds: float


class QueryWatch:
    """Remembers when each query was first seen, by a clock that nobody sets."""

    def __init__(self) -> None:
        self._seen: dict[tuple[object, ...], float] = {}

    def longest(self, lake: duckdb.DuckDBPyConnection, now: float) -> Running | None:
        """Give the query that has been running longest, or nothing; `now` is in seconds of that clock."""
        found = lake.execute(
            "select connection_id, query_started_at, query from quack_active_connections() where state = 'active'"
        ).fetchall()
        self._seen = {key: self._seen.get(key, now) for key in found}
        if not self._seen:
            return None
        key = min(self._seen, key=lambda key: self._seen[key])
        return Running(str(key[-1]), now - self._seen[key])
