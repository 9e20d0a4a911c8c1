"""What the warehouse remembers of a table: its last profiles, and which columns gave an alarm then."""

from __future__ import annotations

from dq.drift.compare import Past, compare
from dq.drift.finding import DRIFT_SCHEMA, SEVERITIES, Finding
from dq.drift.profile import PROFILES_SCHEMA, ColumnProfile, profile_of
from dq.warehouse import Warehouse

RUNS = 15
"""How many past publications a table is compared with: two weeks of daily runs, and one more."""

# Which was last is told by the order of snapshots: a clock may be set back.
PROFILES = f"""
select snapshot_id, {", ".join(f'"{name}"' for name in PROFILES_SCHEMA)} from quality.profiles
where table_name = ? and snapshot_id <= coalesce(?::bigint, snapshot_id)
qualify dense_rank() over (order by snapshot_id desc) <= ?
order by snapshot_id desc, position
"""
ALARMS = """
select snapshot_id, column_name from quality.drift where table_name = ? and severity in ('warn', 'error')
"""

# Of all tables in one pass: with a pass for each, a warehouse of many tables and years would be slow to say anything.
FINDINGS = f"""
select {", ".join(f'"{name}"' for name in DRIFT_SCHEMA)} from quality.drift join (
    select table_name, max(snapshot_id) as newest from quality.profiles
    where table_name = coalesce(?, table_name) group by 1
) using (table_name) where snapshot_id = newest
"""
SETTLED = """
select max(snapshot_id) from quality.tables where table_name = ?
union all select max(snapshot_id) from quality.drift where table_name = ? and change = 'accepted'
"""


def history(
    table: str, warehouse: Warehouse, *, runs: int = RUNS, until: int | None = None
) -> tuple[Past, ...]:
    """Give the table's last profiles, the newest first: those of times when it was published.

    `until` leaves out what came after that snapshot. Of one time alone nobody asks for its alarms. A table that was
    refused left no profile, so nothing is compared with it.
    """
    rows = warehouse.ask(PROFILES, (table, until, runs))
    if not rows:
        return ()
    alarmed: dict[int, set[str | None]] = {}
    for snapshot, column in warehouse.ask(ALARMS, (table,)) if runs > 1 else ():
        alarmed.setdefault(snapshot, set()).add(column)
    times: dict[int, dict[str, ColumnProfile]] = {}
    for snapshot, *cells in rows:
        column = profile_of(dict(zip(PROFILES_SCHEMA, cells, strict=True)))
        times.setdefault(snapshot, {})[column.column_name] = column
    return tuple(Past(columns, frozenset(alarmed.get(snapshot, ()))) for snapshot, columns in times.items())


def newest_findings(table: str | None, warehouse: Warehouse) -> tuple[Finding, ...]:
    """Give what was found when the table, or each of all tables, was last published: by table, the gravest first."""
    rows = warehouse.ask(FINDINGS, (table,))
    found = [Finding(**dict(zip(DRIFT_SCHEMA, row, strict=True))) for row in rows]
    return tuple(sorted(found, key=lambda one: (one.table_name, -SEVERITIES.index(one.severity))))


def breaking(raw: str, core: str, warehouse: Warehouse) -> tuple[Finding, ...]:
    """Give what broke in a source's fields since `core` was last made of them, or since that was accepted.

    A source that has its old fields again breaks nothing.
    """
    rows = warehouse.ask(SETTLED, (core, raw))
    settled = max((snapshot for (snapshot,) in rows if snapshot is not None), default=None)
    now = history(raw, warehouse, runs=1)
    if settled is None or not now:
        return ()
    then = history(raw, warehouse, runs=1, until=settled)
    return tuple(one for one in compare(now[0].columns, then, as_text=True) if one.severity == "error")
