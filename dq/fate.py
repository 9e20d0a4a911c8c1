"""What became of a source's rows: where each of them is now, or the row or rule for which it is not there.

The way back, from a row of a release to the world, is `dq.release.lineage`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from dq.errors import ConfigError, UserError
from dq.quarantine import quarantine_table, refused_table
from dq.warehouse import Warehouse
from dq.warehouse.lookup import Lookup
from dq.warehouse.names import qualified, quote

MADE_OF = "list_contains(_members, {'source': ?::varchar, 'landing_id': ?::varchar, 'row': ?::bigint})"


@dataclass(frozen=True)
class Step:
    """What a table has, or does not have, of a row.

    `state` is accepted, quarantined, deduplicated, merged, released or waiting; `words` say why.
    """

    table: str
    state: str
    words: str


@dataclass(frozen=True)
class Fate:
    """A row as it was read, where it lay, and what became of it, table by table."""

    source: str
    landing_id: str
    row: int
    url: str | None
    as_read: Mapping[str, Any]
    steps: tuple[Step, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the fate as nested dicts and lists."""
        return asdict(self)


def fates(warehouse: Warehouse, source: str, condition: str, *, limit: int) -> tuple[Fate, ...]:
    """Tell of the first rows of `raw.<source>` that meet a condition, in SQL over its columns, what became of them.

    Raises:
        ConfigError: where there is no such source in the warehouse.
        UserError: where the condition cannot be asked.

    """
    name = source.partition(".")[2] or source
    if not warehouse.exists(f"raw.{name}"):
        raise ConfigError(
            f"there is no raw.{name}", where=source, hint='dq sql "show all tables" lists what there is'
        )
    lake = _Lake(warehouse)
    query = f"select * from raw.{quote(name)} where ({condition}) order by _landing_id, _row limit {limit}"
    try:
        rows = lake.ask(query)
    except duckdb.Error as error:
        columns = ", ".join(column for column in lake.columns[f"raw.{name}"] if not column.startswith("_"))
        raise UserError(
            f"the condition cannot be asked: {str(error).splitlines()[0]}",
            where=f"raw.{name}",
            hint=f"SQL over the columns {columns}, such as: {columns.partition(',')[0]} = 'x'",
        ) from error
    return tuple(
        Fate(
            source=name,
            landing_id=row["_landing_id"],
            row=row["_row"],
            url=lake.url(row["_landing_id"]),
            as_read={column: value for column, value in row.items() if not column.startswith("_")},
            steps=tuple(lake.steps(name, row["_landing_id"], row["_row"])),
        )
        for row in rows
    )


class _Lake(Lookup):
    """What the tables say of a row that was read."""

    def url(self, landing: str) -> str | None:
        """Give the address that was fetched."""
        found = self.ask("select url from raw.landings where landing_id = ?", landing)
        return found[0]["url"] if found else None

    def steps(self, source: str, landing: str, row: int) -> Iterator[Step]:
        """Follow a row; of one that repeats another go on with the one that stays, which may repeat a third."""
        core = f"core.{source}"
        seen = {(landing, row)}
        while True:
            step, stays = self._in_core(core, landing, row)
            yield step
            if stays is None or stays in seen:
                break
            seen.add(stays)
            landing, row = stays
        if step.state == "accepted":
            yield from self._beyond(source, landing, row)

    def _in_core(self, core: str, landing: str, row: int) -> tuple[Step, tuple[str, int] | None]:
        if self.row_of(core, landing, row):
            return Step(core, "accepted", f"row {row:,} is there"), None
        if rejected := self.row_of(quarantine_table(core), landing, row):
            return Step(core, "quarantined", _reasons(rejected)), None
        for table, words in (
            ("quality.duplicates", "repeats"),
            ("quality.near_duplicates", "nearly repeats"),
        ):
            if found := self.row_of(table, landing, row, about=core):
                stays = (found["_kept_landing_id"], found["_kept_row"])
                near = f" (similarity {found['similarity']:.2f})" if "similarity" in found else ""
                told = f"row {row:,} {words} row {stays[1]:,} of {self.url(stays[0])}, which stays{near}"
                return Step(core, "deduplicated", told), stays
        if refused := self.row_of(refused_table(core), landing, row):
            return Step(core, "quarantined", f"the whole table was refused; {_reasons(refused)}"), None
        return Step(core, "waiting", "not judged yet: the table was made before this row was read"), None

    def _beyond(self, source: str, landing: str, row: int) -> Iterator[Step]:
        """Tell what tables that were made of the source's core table have of the row."""
        made_of = (source, landing, row)
        for table, columns in sorted(self.columns.items()):
            schema = table.partition(".")[0]
            if "_members" in columns and schema in {"core", "training", "quarantine"}:
                for found in self.ask(f"select * from {qualified(table)} where {MADE_OF}", *made_of):
                    yield _of_merged(table, found)
            elif schema == "training" and (released := self.row_of(table, landing, row)):
                yield _of_merged(table, released)
        if "quality.near_duplicates" in self.columns:
            for found in self.ask(f"select * from quality.near_duplicates where {MADE_OF}", *made_of):
                words = f"{found['key']} nearly repeats {found['kept_key']}, which stays"
                words += f" (similarity {found['similarity']:.2f})"
                yield Step(found["table_name"], "deduplicated", words)


def _of_merged(table: str, found: Mapping[str, Any]) -> Step:
    """Say what a merged row is called: its first column is its name."""
    column, value = next(iter(found.items()))
    if table.startswith("quarantine."):
        return Step(table, "quarantined", f"in {column} {value}: {_reasons(found)}")
    if table.startswith("training."):
        split = f", split {found['split']}" if "split" in found else ""
        return Step(
            table, "released", f"in {found.get('_release', 'the newest release')}{split}: {column} {value}"
        )
    return Step(table, "merged", f"into {column} {value}")


def _reasons(row: Mapping[str, Any]) -> str:
    return "; ".join(f"{reason['rule']} ({reason['dimension']})" for reason in row["_reasons"])
