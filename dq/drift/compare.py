"""Today's profiles against the last good ones: what differs from every one of them is drift."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dq.drift.chance import IMPROBABLE, chance_of_fewer, chance_of_loss, chance_of_more
from dq.drift.distribution import distribution_findings
from dq.drift.fields import Columns, field_findings
from dq.drift.finding import SEVERITIES, Finding, Severity
from dq.drift.profile import ColumnProfile

LEAST_NULLS = 0.02
MANY_NULLS = 0.25
SHRUNK = 1.5
SHRUNK_MUCH = 4.0
KNOWN = 2
"""A difference that gave an alarm this many times is taken for the source's normal behaviour."""


@dataclass(frozen=True)
class Past:
    """What a table was once. `alarmed` names the columns that gave an alarm then; null stands for its rows."""

    columns: Columns
    alarmed: frozenset[str | None] = frozenset()


def compare(now: Columns, history: Sequence[Past], *, as_text: bool = False) -> tuple[Finding, ...]:
    """Give the findings of `now` against `history`, the newest first; none where there is no history.

    Columns are compared with the newest alone; rows, nulls and values with the newest and with each one before. What
    differs from all of them is drift, in the numbers of the newest and as grave as the mildest of these comparisons: so
    neither the return from a fault nor, once it is known, a quiet Sunday is one. A time that gave an alarm itself
    excuses nothing, until there are two alike. A column that differed each of the last times from all others moves by
    itself: that is noted.

    Of fields as text (`as_text`) only the columns are compared: their rows are those of one delivery.
    """
    if not history:
        return ()
    newest = history[0].columns
    found = list(field_findings(newest, now, as_text=as_text))
    if not as_text:
        differing = [_least(one, now, history[1:]) for one in _differences(newest, now)]
        found += [_if_settled(one, history) for one in differing if one is not None]
    order = {name: column.position for name, column in now.items()}
    return tuple(
        sorted(found, key=lambda one: (-SEVERITIES.index(one.severity), order.get(one.column_name or "", -1)))
    )


def _least(finding: Finding, now: Columns, earlier: Sequence[Past]) -> Finding | None:
    """Give the finding with the least severity that it has against any of these; null where it is known."""
    name, known = finding.column_name, 0
    for past in earlier:
        if name is not None and name not in past.columns:
            continue
        same = [one for one in _differences(past.columns, now, only=name) if _same(one, finding)]
        if not same:
            known += 1 if name in past.alarmed else KNOWN
            if known >= KNOWN:
                return None
            continue
        if name in past.alarmed:
            continue
        severity = min(same[0].severity, finding.severity, key=SEVERITIES.index)
        finding = replace(finding, severity=severity)
    return finding


def _differences(before: Columns, now: Columns, only: str | None = None) -> Iterator[Finding]:
    if only is None:
        yield from _volume(before, now)
    for name in now.keys() & before.keys() if only is None else {only}:
        yield from _nulls(before[name], now[name])
        yield from distribution_findings(before[name], now[name])


def _volume(before: Columns, now: Columns) -> Iterator[Finding]:
    """Say where rows have become fewer than two thirds; growth is no fault."""
    if not before or not now:
        return
    column = next(iter(now.values()))
    old, new = next(iter(before.values())).rows, column.rows
    if chance_of_loss(old, new, SHRUNK) < IMPROBABLE:
        severity: Severity = "error" if chance_of_loss(old, new, SHRUNK_MUCH) < IMPROBABLE else "warn"
        words = f"{new:,} rows, {old:,} before: {1 - new / old:.0%} fewer"
        yield Finding(column.table_name, None, "volume", "fewer_rows", severity, "rows", old, new, words)


def _nulls(before: ColumnProfile, now: ColumnProfile) -> Iterator[Finding]:
    if not before.rows or not now.rows:
        return
    old, new = before.nulls / before.rows, now.nulls / now.rows
    if abs(new - old) <= LEAST_NULLS:
        return
    chance = chance_of_more if new > old else chance_of_fewer
    if chance(before.nulls, before.rows, now.nulls, now.rows) >= IMPROBABLE:
        return
    change, severity = ("more_nulls", _grave(new - old)) if new > old else ("fewer_nulls", "info")
    table, name = now.table_name, now.column_name
    words = f"{new:.1%} of the rows have no {name}, {old:.1%} before"
    yield Finding(table, name, "nulls", change, severity, "null_share", old, new, words)


def _grave(growth: float) -> Severity:
    return "error" if growth > MANY_NULLS else "warn"


def _if_settled(finding: Finding, history: Sequence[Past]) -> Finding:
    """Lower the finding to a note where the column's distribution changed each of the last three times."""
    name = finding.column_name
    if finding.kind != "distribution" or name is None:
        return finding
    last = [past.columns[name] for past in history[:3] if name in past.columns]
    pairs = [(old, new) for at, new in enumerate(last) for old in last[at + 1 :]]
    if len(last) < 3 or not all(any(distribution_findings(*pair)) for pair in pairs):
        return finding
    return replace(finding, severity="info", words=f"{finding.words}; it has moved each time of late")


def _same(one: Finding, other: Finding) -> bool:
    return (one.change, one.value) == (other.change, other.value)
