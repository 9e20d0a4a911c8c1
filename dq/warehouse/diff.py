"""What differs between two snapshots of a table: its rows, its columns, its scores."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from dq.errors import UserError
from dq.warehouse.names import literal, qualified, quote, split

Lake = duckdb.DuckDBPyConnection
_JOINT = re.compile(r"unique\((.*)\)")
KINDS = ("added", "removed", "changed")


@dataclass(frozen=True)
class ColumnChange:
    """A column that was added (`before` is null), removed (`after` is null) or got another type."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class ScoreChange:
    """A dimension's newest score as of both snapshots; null where there was none."""

    dimension: str
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Diff:
    """Counts and SQL of what differs. `key` is empty where whole rows were compared, as a multiset.

    Columns that begin with an underscore say where a row came from: they don't make a row a changed one.
    `elsewhere` counts the rows that differ in these alone. `cells` counts changed cells by column.
    """

    table: str
    versions: tuple[int, int]
    key: tuple[str, ...]
    rows: tuple[int, int]
    added: int
    removed: int
    changed: int
    elsewhere: int
    cells: Mapping[str, int]
    columns: tuple[ColumnChange, ...]
    scores: tuple[ScoreChange, ...]
    _relation: str

    @property
    def same(self) -> bool:
        """Whether nothing of rows, columns and scores differs."""
        moved = any(score.before != score.after for score in self.scores)
        return not (self.added or self.removed or self.changed or self.columns or moved)

    def query(self, kind: str | None = None) -> str:
        """Give SQL for the rows that differ, all or of one of `KINDS`.

        Column `_change` is `added`, `removed`, or `before` and `after` for the two states of a changed row, which
        stand one below the other.
        """
        words = {None: "", "changed": "where _change in ('before', 'after')"}
        return f"from ({self._relation}) {words.get(kind, f'where _change = {literal(str(kind))}')}"


def diff(lake: Lake, table: str, versions: tuple[int, int], key: Sequence[str] = ()) -> Diff:
    """Compare two snapshots of a table by its key: `key`, else a unique column of its contract, else whole rows.

    Raises:
        UserError: a snapshot has no such table, or `key` is not unique in one of them.

    """
    before, after = versions
    old, new = (f"{qualified(table)} at (version => {version})" for version in (before, after))
    was, now = _columns(lake, table, old, before), _columns(lake, table, new, after)
    for column in key:
        if column not in was or column not in now:
            raise UserError(f"{table} has no column {column!r} in both snapshots", where=table)
    if key:
        for version, relation in ((before, old), (after, new)):
            if repeated := _repeated(lake, relation, key):
                raise UserError(
                    f"{', '.join(key)} is no key: {repeated:,} values of it are in several rows",
                    where=f"{table} in snapshot {version}",
                    hint="name more columns, or leave --key out",
                )
    else:
        known = _known_keys(lake, table, after, tuple(now))
        fits = (
            columns
            for columns in known
            if set(columns) <= was.keys() and not any(_repeated(lake, r, columns) for r in (old, new))
        )
        key = next(fits, ())
    sides = _Sides(was, now, old, new)
    relation, counts, cells = _keyed(lake, sides, tuple(key)) if key else _whole(lake, sides)
    return Diff(
        table=table,
        versions=(before, after),
        key=tuple(key),
        rows=(_one(lake, f"select count(*) from {old}"), _one(lake, f"select count(*) from {new}")),
        added=counts[0],
        removed=counts[1],
        changed=counts[2],
        elsewhere=counts[3],
        cells={name: count for name, count in cells.items() if count},
        columns=tuple(
            ColumnChange(name, was.get(name), now.get(name))
            for name in [*now, *(name for name in was if name not in now)]
            if was.get(name) != now.get(name)
        ),
        scores=_scores(lake, table, before, after),
        _relation=relation,
    )


@dataclass(frozen=True)
class _Sides:
    """Columns with their types, and SQL, of both snapshots of the table."""

    was: Mapping[str, str]
    now: Mapping[str, str]
    old: str
    new: str


_Compared = tuple[str, tuple[int, int, int, int], dict[str, int]]


def _keyed(lake: Lake, sides: _Sides, key: tuple[str, ...]) -> _Compared:
    was, now, old, new = sides.was, sides.now, sides.old, sides.new
    shared = [name for name in now if name in was and name not in key]
    differs = {name: _differs(quote(name), was[name], now[name]) for name in shared}
    own = " or ".join(sql for name, sql in differs.items() if not name.startswith("_")) or "false"
    framework = " or ".join(sql for name, sql in differs.items() if name.startswith("_")) or "false"
    match = " and ".join(f"o.{quote(name)} is not distinct from n.{quote(name)}" for name in key)
    joined = f"(select *, true as _dq_was from {old}) o full join (select *, true as _dq_is from {new}) n on {match}"
    both = "o._dq_was and n._dq_is"
    cells = {
        n: f"count(*) filter ({both} and ({sql}))" for n, sql in differs.items() if not n.startswith("_")
    }
    row = lake.execute(
        f"select count(*) filter (o._dq_was is null), count(*) filter (n._dq_is is null), "
        f"count(*) filter ({both} and ({own})), count(*) filter ({both} and not ({own}) and ({framework})) "
        f"{''.join(', ' + cell for cell in cells.values())} from {joined}"
    ).fetchone()
    counts = [int(value) for value in row or (0,) * (4 + len(cells))]
    before, after = "o.* exclude (_dq_was)", "n.* exclude (_dq_is)"
    changed = f"{both} and ({own})"
    parts = (
        ("added", 0, after, "o._dq_was is null"),
        ("removed", 0, before, "n._dq_is is null"),
        ("before", 1, before, changed),
        ("after", 2, after, changed),
    )
    relation = " union all by name ".join(
        f"select {literal(word)} as _change, {side} as _dq_side, {columns} from {joined} where {where}"
        for word, side, columns, where in parts
    )
    relation = (
        f"select * exclude (_dq_side) from ({relation}) order by {', '.join(map(quote, key))}, _dq_side"
    )
    return relation, (counts[0], counts[1], counts[2], counts[3]), dict(zip(cells, counts[4:], strict=True))


def _whole(lake: Lake, sides: _Sides) -> _Compared:
    """Compare rows as a multiset, by the columns that both snapshots have; a re-typed one as text."""
    was, now, old, new = sides.was, sides.now, sides.old, sides.new
    shared = [name for name in now if name in was and not name.startswith("_")]
    if not shared:
        shared = [name for name in now if name in was]
    if not shared:
        raise UserError(
            "the two snapshots have no column in common", hint="there is nothing to compare rows by"
        )
    chosen = ", ".join(
        quote(name) if was[name] == now[name] else f"{quote(name)}::varchar as {quote(name)}"
        for name in shared
    )
    came = f"(select {chosen} from {new} except all select {chosen} from {old})"
    went = f"(select {chosen} from {old} except all select {chosen} from {new})"
    parts = (
        f"select {literal(word)} as _change, * from {rows}"
        for word, rows in (("removed", went), ("added", came))
    )
    relation = f"{' union all '.join(parts)} order by all"
    counts = (_one(lake, f"select count(*) from {came}"), _one(lake, f"select count(*) from {went}"), 0, 0)
    return relation, counts, {}


def _differs(column: str, before: str, after: str) -> str:
    """Give SQL that is true where a cell differs; of a column with a new type, where the old cell does not read so."""
    if before == after:
        return f"o.{column} is distinct from n.{column}"
    read = f"try_cast(o.{column} as {after})"
    return f"({read} is distinct from n.{column} or ({read} is null and o.{column} is not null))"


def _known_keys(lake: Lake, table: str, version: int, columns: Sequence[str]) -> list[tuple[str, ...]]:
    """Give the sets of columns that the table's contract says are unique, as its last report names them."""
    rules = lake.execute(
        f"select distinct rule, column_name from quality.rules at (version => {version}) "
        "where table_name = ? and (rule like '%:unique' or rule like 'unique(%') order by rule",
        [table],
    ).fetchall()
    found = []
    for rule, column in rules:
        joint = _JOINT.fullmatch(rule)
        key = tuple(joint[1].split(", ")) if joint else (str(column),)
        if set(key) <= set(columns):
            found.append(key)
    return sorted(found, key=lambda key: (len(key), columns.index(key[0])))


def _repeated(lake: Lake, relation: str, key: Sequence[str]) -> int:
    names = ", ".join(map(quote, key))
    return _one(lake, f"select count(*) from (select 1 from {relation} group by {names} having count(*) > 1)")


def _columns(lake: Lake, table: str, relation: str, version: int) -> dict[str, str]:
    split(table)
    try:
        rows = lake.execute(f"describe select * from {relation}").fetchall()
    except duckdb.Error as error:
        raise UserError(
            f"there is no table {table} in snapshot {version}", hint=f"dq history {table} says when there was"
        ) from error
    return {str(row[0]): str(row[1]) for row in rows}


def _scores(lake: Lake, table: str, before: int, after: int) -> tuple[ScoreChange, ...]:
    was, now = (
        dict(
            lake.execute(
                "select dimension, arg_max(score, snapshot_id) "
                f"from (select *, snapshot_id from quality.scores at (version => {version})) "
                "where table_name = ? group by all order by all",
                [table],
            ).fetchall()
        )
        for version in (before, after)
    )
    return tuple(ScoreChange(name, was.get(name), now.get(name)) for name in sorted(was | now))


def _one(lake: Lake, query: str) -> int:
    row = lake.execute(query).fetchone()
    return int(row[0]) if row else 0
