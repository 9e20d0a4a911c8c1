"""Databases (PostgreSQL): what a query gives, all of it or what is new by a cursor column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from connectors.memory import Memory, recall, remember
from connectors.parquet_file import ParquetFile
from connectors.pieces import pieces
from connectors.placeholders import fill
from connectors.postgres import Since, connected
from dq.errors import ConfigError
from dq.origin import Landing
from dq.source import Cursor, Decoded, Fetched, Surroundings

_VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")


@dataclass(frozen=True)
class Database:
    """The rows of one query; `dsn` names the environment's variable that holds the address: `"${BANK_DSN}"`.

    Without `cursor`, each fetch gets all rows and replaces those before. With `cursor`, a column that only grows
    (`updated_at`, `id`), a fetch gets the rows from the highest value seen, less the `overlap` (time, or a number),
    in which rows may be committed late; rows that have come already do not come again. A row that was changed
    comes again as a row of its own; one that was deleted is noticed when, after `full_every` increments, all rows
    are fetched anew.

    Every value is text as PostgreSQL writes it, moments in UTC, `bytea` as bytes. Rows land as Parquet, so that
    they can be read again. The session is read-only, and ended after `timeout` seconds.
    """

    name: str
    query: str
    dsn: str = "${DQ_DSN}"
    cursor: str | None = None
    overlap: timedelta | float = 0.0
    full_every: int = 200
    timeout: float = 600.0
    licence: str = "internal"

    def __post_init__(self) -> None:
        if not _VARIABLE.fullmatch(self.dsn):
            raise ConfigError(
                f"{self.name}: the DSN stands in the environment, never in the declaration",
                hint='declare the variable that holds it: dsn="${BANK_DSN}"',
            )
        if self.cursor is None and self._overlap:
            raise ConfigError(f"{self.name}: an overlap needs a cursor", hint='declare cursor="…"')
        if self._overlap < 0 or self.full_every < 1:
            raise ConfigError(f"{self.name}: overlap and full_every count forward")

    def fetch(self, cursor: Cursor, around: Surroundings) -> Fetched:
        """Land what is new.

        Raises:
            FetchError: where the database cannot be reached or the query fails.
            ConfigError: where the DSN is not set, or the query has no such cursor column.

        """
        dsn = fill(self.dsn, around.environment)
        declared = {"query": self.query, "cursor": self.cursor, "overlap": self._overlap}
        known = list(recall(cursor).values())
        since = _since(cursor) if cursor.get("declared") == declared else None
        if since is None or len(known) > self.full_every:
            known, since = [], None
        before = {landing["landing_id"] for landing in cursor.get("landings", {}).values()}
        with connected(dsn, self.dsn, self.timeout) as (database, folder):
            file = folder / "rows.parquet"
            pulled = database.pull(
                self.query, cursor=self.cursor, overlap=self._overlap, since=since, to=file
            )
            around.progress(f"{self.name}: {pulled.rows:,} rows, {file.stat().st_size:,} bytes")
            if pulled.rows or not known:
                url = f"database:{self.dsn[2:-1]}#{len(known) + 1}"
                with file.open("rb") as opened:
                    known.append(Memory(around.land(pieces(opened), url=url)))
        new = [memory.landing for memory in known if memory.landing.landing_id not in before]
        after = pulled.since or since
        state = None if after is None else {"high": after.high, "seen": list(after.seen)}
        return Fetched(
            tuple(memory.landing for memory in known),
            remember(known, declared=declared, since=state),
            {
                "requests": 1,
                "not_modified": int(not new),
                "bytes": sum(landing.origin.size_bytes for landing in new),
                "retries": 0,
                "rows": pulled.rows,
                "landings_new": len(new),
            },
        )

    def decode(self, landing: Landing, body: bytes) -> Decoded:
        """Read the rows of one fetch."""
        return ParquetFile().read(body, landing.origin.url)

    def decode_parts(self, landing: Landing, file: Path) -> Iterator[Decoded]:
        """Read the rows of one fetch, some at a time."""
        return ParquetFile().read_parts(file, landing.origin.url)

    @property
    def _overlap(self) -> float:
        return self.overlap.total_seconds() if isinstance(self.overlap, timedelta) else float(self.overlap)


def _since(cursor: Mapping[str, Any]) -> Since | None:
    state = cursor.get("since")
    return None if state is None else Since(state["high"], tuple(state["seen"]))
