"""From a row of a release back to the world: the rows it was made of, what was changed, who disagreed, where it lay.

Needs the warehouse. A release is read as of the snapshot that published it, so that an old version is traced through
the tables that it was made of, not through today's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from dq.errors import ConfigError
from dq.release.release import Release
from dq.warehouse import Warehouse
from dq.warehouse.lookup import Lookup
from dq.warehouse.names import qualified, quote

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Member:
    """A row of a source that the release's row was made of, and where it lies in the world.

    `row` is the line or record number in what was fetched from `url`; `licence` and `consent` are the terms that it
    came under; `as_read` its cells as text, before cleaning; `repairs` the cells that cleaning changed, with the value
    before and the rule.
    """

    source: str
    landing_id: str
    row: int
    url: str | None
    fetched_at: datetime | None
    licence: str | None
    consent: str | None
    sha256: str | None
    path: str | None
    as_read: Row
    repairs: tuple[Row, ...]


@dataclass(frozen=True)
class Disputed:
    """A cell on which the members disagreed: every value with its source, which of them won, and why."""

    table: str
    column: str
    rule: str
    values: tuple[Row, ...]


@dataclass(frozen=True)
class Trace:
    """One row of a release, with all that is known of where it comes from."""

    release: str
    snapshot: int
    key: str
    row: Row
    members: tuple[Member, ...]
    disputed: tuple[Disputed, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the trace as nested dicts and lists."""
        return asdict(self)


def trace(warehouse: Warehouse, release: Release, key: str) -> Trace:
    """Trace the row of `release` whose key, as text, is `key`.

    Raises:
        ConfigError: where the release's rows are not in this warehouse, or none of them has this key.

    """
    named = f"{release.dataset}@v{release.version}"
    snapshot = _published(warehouse, release, named)
    tables = _Tables(warehouse, snapshot)
    column = release.manifest.key
    found = tables.ask(
        f"select * from {qualified(f'training.{release.dataset}')} where {quote(column)}::varchar = ? limit 1",
        key,
    )
    if not found:
        raise _absent(release, named, column, key, tables.near_repeat(key))
    consents = {source.name: source.consent for source in release.manifest.sources}
    members = tuple(
        tables.member(source, landing_id, row, consents.get(source))
        for source, landing_id, row in _places(found[0], tables, release)
    )
    return Trace(
        release=named,
        snapshot=snapshot,
        key=column,
        row={name: value for name, value in found[0].items() if not name.startswith("_")},
        members=members,
        disputed=tables.disputed(members),
    )


def _absent(release: Release, named: str, column: str, key: str, stays: Row | None) -> ConfigError:
    """Say that there is no such row and, where it nearly repeats another, which one stays for it."""
    if stays is not None:
        return ConfigError(
            f"{named} has no row whose {column} is {key!r}: it nearly repeats {stays['kept_key']!r}, which stays "
            f"(similarity {stays['similarity']:.2f})",
            where=str(release.path),
            hint=f"dq trace {named} --row {stays['kept_key']}",
        )
    return ConfigError(
        f"{named} has no row whose {column} is {key!r}",
        where=str(release.path),
        hint=f'dq sql "select {column} from training.{release.dataset} limit 5" shows some; '
        "dq why tells what became of a row that a source gave",
    )


def _published(warehouse: Warehouse, release: Release, named: str) -> int:
    """Give the snapshot that first showed the release: that of its note, which compaction never rewrites."""
    noted = warehouse.ask(
        "select min(snapshot_id) from quality.releases "
        "where dataset = ? and version = ? and content_hash = ? and passed",
        (release.dataset, release.version, release.content_hash),
    )
    if noted and noted[0][0] is not None:
        return int(noted[0][0])
    raise ConfigError(
        f"the rows of {named} are not in this warehouse"
        + ("" if release.passed else ": a release that did not pass its gate is never shown as a table"),
        where=str(release.path),
        hint="DQ_HOME or DQ_WAREHOUSE must name the warehouse that the release was made from",
    )


def _places(row: Row, tables: _Tables, release: Release) -> list[tuple[str, str, int]]:
    """Give source, landing and row number of what the row was made of."""
    if row.get("_members"):
        return [(one["source"], one["landing_id"], one["row"]) for one in row["_members"]]
    if row.get("_landing_id") is None:
        return []
    source = tables.ask("select source from raw.landings where landing_id = ?", row["_landing_id"])
    name = source[0]["source"] if source else release.manifest.sources[0].name
    return [(name, row["_landing_id"], row["_row"])]


class _Tables(Lookup):
    """What the tables say of the rows that a released one was made of."""

    def member(self, source: str, landing_id: str, row: int, consent: str | None) -> Member:
        """Look up one row of a source: its landing, its cells as read, and what cleaning changed."""
        landing = self.ask("select * from raw.landings where landing_id = ?", landing_id)
        origin = landing[0] if landing else {}
        read = self.row_of(f"raw.{source}", landing_id, row)
        core = self.row_of(f"core.{source}", landing_id, row)
        return Member(
            source=source,
            landing_id=landing_id,
            row=row,
            url=origin.get("url"),
            fetched_at=origin.get("fetched_at"),
            licence=origin.get("licence"),
            consent=consent,
            sha256=origin.get("sha256"),
            path=origin.get("path"),
            as_read={name: value for name, value in read.items() if not name.startswith("_")},
            repairs=tuple(core.get("_repairs") or ()),
        )

    def near_repeat(self, key: str) -> Row | None:
        """Give the row that stays for the one with this key, where that one nearly repeated it."""
        if "quality.near_duplicates" not in self.columns:
            return None
        found = self.ask(
            "select kept_key, similarity from quality.near_duplicates where key = ? limit 1", key
        )
        return found[0] if found else None

    def disputed(self, members: Sequence[Member]) -> tuple[Disputed, ...]:
        """Give the cells on which these rows disagreed when they were merged."""
        if "quality.conflicts" not in self.columns or not members:
            return ()
        places = " or ".join("(landing_id = ? and row = ?)" for _ in members)
        values = [value for member in members for value in (member.landing_id, member.row)]
        cells: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for cell in self.ask(
            f"select * from quality.conflicts where {places} order by table_name, column_name, won desc, source",
            *values,
        ):
            cells.setdefault((cell["table_name"], cell["column_name"]), []).append(cell)
        shown = ("source", "value", "won", "confidence", "rule", "landing_id", "row")
        return tuple(
            Disputed(
                table=table,
                column=column,
                rule=next((cell["rule"] for cell in found if cell["won"]), found[0]["rule"]),
                values=tuple({name: cell[name] for name in shown} for cell in found),
            )
            for (table, column), found in cells.items()
        )
