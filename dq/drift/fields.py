"""Two profiles of one table: which columns came, went, changed their name or their type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import SequenceMatcher

from dq.drift.chance import IMPROBABLE, chance_of_fewer, chance_of_more
from dq.drift.distribution import PSI_ERROR, unlikeness
from dq.drift.finding import Finding, Severity
from dq.drift.profile import NEARLY_ALL, ColumnProfile

READINGS = {"integers": "whole numbers", "numbers": "numbers", "dates": "ISO dates"}
"""What text may read as, the narrowest first."""
FEW = 0.5
"""Text that nearly all read as numbers, and of which fewer than this do now, has another type."""

Columns = Mapping[str, ColumnProfile]


def field_findings(before: Columns, now: Columns, *, as_text: bool) -> Iterator[Finding]:
    """Say which columns differ: added ones are additive, removed, renamed and retyped ones are breaking.

    A judged table has the columns and types that it is declared with, so there each difference is certain. A source's
    fields (`as_text`) come and go with its records: one that is in some records only may be in none of a few. There a
    difference is an alarm where chance makes it less than once in a million times, else it is noted.
    """
    if as_text:
        respelled = dict(_respelled(before, now))
        yield from (_spelling(before[old], now[new]) for old, new in respelled.items())
        before = {respelled.get(name, name): column for name, column in before.items()}
    gone = {name: column for name, column in before.items() if name not in now}
    come = {name: column for name, column in now.items() if name not in before}
    of_now = max((column.rows for column in now.values()), default=0)
    of_before = max((column.rows for column in before.values()), default=0)
    if as_text and not of_now:
        return
    for old, column in gone.items():
        sure = not as_text or chance_of_fewer(column.present, column.rows, 0, of_now) < IMPROBABLE
        new = _like(column, come)
        if new is not None:
            yield _renamed(column, come.pop(new), "error" if sure else "info")
            continue
        words = f"{old} has gone; it was in {column.present:,} of {column.rows:,} rows"
        yield _finding(column, "removed", "error" if sure else "info", (column.present, 0), words)
    for new, column in come.items():
        sure = as_text and chance_of_more(0, of_before, column.present, column.rows) < IMPROBABLE
        words = f"{new} ({column.dtype}) is new; it is in {column.present:,} of {column.rows:,} rows"
        yield _finding(column, "added", "warn" if sure else "info", (0, column.present), words)
    for name in sorted(before.keys() & now.keys()):
        yield from _retyped(before[name], now[name])


def _retyped(before: ColumnProfile, now: ColumnProfile) -> Iterator[Finding]:
    table, name = now.table_name, now.column_name
    if before.dtype != now.dtype:
        words = f"{name} was {before.dtype} and is {now.dtype}"
        yield Finding(table, name, "schema", "retyped", "error", "dtype", None, None, words)
        return
    if before.integers is None or now.integers is None or not before.sampled or not now.sampled:
        return
    for what, called in READINGS.items():
        old, new = before.read_as(what), now.read_as(what)
        if old < NEARLY_ALL * before.sampled:
            continue
        if new < FEW * now.sampled:
            sure = chance_of_fewer(old, before.sampled, new, now.sampled) < IMPROBABLE
            shares = old / before.sampled, new / now.sampled
            words = f"{shares[0]:.0%} of {name} read as {called}, {shares[1]:.0%} do now"
            measure = f"share_read_as_{what}"
            severity: Severity = "error" if sure else "info"
            yield Finding(table, name, "schema", "retyped", severity, measure, *shares, words)
        return


def _respelled(before: Columns, now: Columns) -> Iterator[tuple[str, str]]:
    new = {name.lower(): name for name in now if name not in before}
    yield from ((name, new[name.lower()]) for name in before if name not in now and name.lower() in new)


def _spelling(old: ColumnProfile, new: ColumnProfile) -> Finding:
    words = f"{old.column_name} is now written {new.column_name}; SQL sees no difference, its values stay in one column"
    found = _finding(old, "renamed", "info", (old.present, new.present), words)
    return replace(found, value=new.column_name)


def _like(old: ColumnProfile, come: Columns) -> str | None:
    """Name the new column whose values look most like those of one that has gone; null where none does."""
    candidates = [
        (round(unlike, 2), -SequenceMatcher(None, old.column_name, name).ratio(), name)
        for name, new in come.items()
        if _read_alike(old, new) and (unlike := unlikeness(old, new)) is not None and unlike < PSI_ERROR
    ]
    return min(candidates)[-1] if candidates else None


def _read_alike(old: ColumnProfile, new: ColumnProfile) -> bool:
    shares = [[one.read_as(what) / max(one.sampled, 1) for what in READINGS] for one in (old, new)]
    return old.kind == new.kind and all(abs(a - b) <= 1 - NEARLY_ALL for a, b in zip(*shares, strict=True))


def _renamed(old: ColumnProfile, new: ColumnProfile, severity: Severity) -> Finding:
    words = f"{old.column_name} is now called {new.column_name}, as its values say"
    return replace(
        _finding(old, "renamed", severity, (old.present, new.present), words), value=new.column_name
    )


def _finding(
    column: ColumnProfile, change: str, severity: Severity, rows: tuple[int, int], words: str
) -> Finding:
    table, name, (before, now) = column.table_name, column.column_name, rows
    return Finding(table, name, "schema", change, severity, "rows_with_it", float(before), float(now), words)
