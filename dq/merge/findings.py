"""Systematic disagreement between sources, found by itself, with its evidence and what was done about it.

A finding never changes a value. Where the evidence names the side that is wrong, that source's vote in that
column is set aside; its values stay in the conflicts. A fix is proposed in words for a human to turn on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log
from pathlib import Path

import polars as pl

from dq.merge.agreement import unequal
from dq.merge.compared import LEAST, Compared
from dq.merge.part import Part
from dq.merge.pattern import Pattern
from dq.merge.pattern_swapped import swapped
from dq.merge.patterns import find_pattern
from dq.merge.stack import Stack
from dq.merge.survivorship import Fix, Survivorship
from dq.merge.told import Told

FINDINGS: dict[str, type[pl.DataType]] = {
    "column_name": pl.String,
    "source": pl.String,
    "against": pl.String,
    "kind": pl.String,
    "checked": pl.Int64,
    "disagree": pl.Int64,
    "evidence": pl.String,
    "proposal": pl.String,
    "action": pl.String,
}

MIN_SHARE = 0.05
SET_ASIDE = "vote set aside"


@dataclass(frozen=True)
class Compare:
    """What comparing the sources gives: `findings` of all pairs; by column `set_aside`, the sources without a vote
    and why.
    """

    findings: pl.DataFrame
    set_aside: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class _Seen:
    column: str
    a: str
    b: str
    pattern: Pattern


def compare(
    stacked: Stack,
    parts: Iterable[Part],
    agreement: pl.DataFrame,
    survivorship: Survivorship,
    scratch: Path | None = None,
) -> Compare:
    """Look into what pairs of sources disagree on too often to be an accident.

    What is looked into is read again from `parts`, and kept in `scratch` where that is given; one pair of sources in
    one column is in memory at a time.
    """
    often = _often(stacked, agreement, survivorship)
    if not often:
        return Compare(pl.DataFrame(schema=FINDINGS), {})
    sources = [s for s in stacked.sources if any(s in pair for pair in often)]
    told = Told(stacked, parts, sources, {c for columns in often.values() for c in columns}, scratch)
    log_tries = log(sum(len(columns) ** 2 for columns in often.values()))
    seen = [one for pair, columns in often.items() for one in _look(stacked, told, pair, columns, log_tries)]
    shares = {
        (c, a, b): (share or 0.0, both, agree)
        for c, first, second, both, agree, share in agreement.iter_rows()
        for a, b in ((first, second), (second, first))
    }
    rows = [_row(one, stacked, told, shares, survivorship) for one in seen]
    findings = pl.DataFrame(rows, schema=FINDINGS, orient="row").sort(
        "column_name", "source", "against", "kind"
    )
    set_aside: dict[str, dict[str, str]] = {}
    strongest = findings.sort(-pl.col("checked"), "column_name", "source", "against")
    for column, source, against, kind, checked, disagree, *_, action in strongest.iter_rows():
        if action == SET_ASIDE:
            text = f"{kind} against {against} ({disagree:,} of {checked:,})"
            set_aside.setdefault(column, {}).setdefault(source, text)
    return Compare(findings, set_aside)


def _often(
    stacked: Stack, agreement: pl.DataFrame, survivorship: Survivorship
) -> dict[tuple[str, str], list[str]]:
    """Give by pair of sources, in precedence order, the columns in which they disagree often."""
    differ = pl.col("both") - pl.col("agree")
    enough = (MIN_SHARE * pl.col("both")).clip(lower_bound=LEAST)
    much = agreement.filter((pl.col("both") >= LEAST) & (differ >= enough))
    found = set(much.select("column_name", "source_a", "source_b").iter_rows())
    often: dict[tuple[str, str], list[str]] = {}
    for a, b in combinations(stacked.sources, 2):
        if survivorship.original_of(a) != survivorship.original_of(b):
            first, second = sorted((a, b))
            columns = [c for c in stacked.columns if (c, first, second) in found]
            often |= {(a, b): columns} if columns else {}
    return often


def _look(
    stacked: Stack, told: Told, pair: tuple[str, str], often: Sequence[str], log_tries: float
) -> list[_Seen]:
    a, b = pair
    found: list[_Seen] = []
    paired: set[str] = set()
    for one, two, pattern in swapped(stacked, told, pair, often, log_tries):
        found += [_Seen(column, a, b, pattern) for column in (one, two) if column not in paired]
        paired |= {one, two}
    for column in often:
        if column not in paired:
            rows = _rows(stacked, column, told.joined(a, b, [column]))
            one_column = find_pattern(Compared(rows, log_tries))
            if one_column is not None:
                found.append(_Seen(column, a, b, one_column))
    return found


def _rows(stacked: Stack, column: str, joined: pl.LazyFrame) -> pl.DataFrame:
    rows = joined.filter(pl.col(column).is_not_null() & pl.col(f"{column}:b").is_not_null()).collect(
        engine="streaming"
    )
    for side, end in (("x", ""), ("y", ":b")):
        # Its own order is by landing and row; a landing is known by its place in that order.
        rows = (
            rows.sort(f"_landing_id{end}", f"_row{end}", "_entity")
            .with_row_index(f"at_{side}")
            .with_columns(pl.col(f"_landing_id{end}").rle_id().alias(f"page_{side}"))
            .drop(f"_landing_id{end}", f"_row{end}")
        )
    rows = rows.sort("_order", "_entity", nulls_last=True).with_row_index("at_entity")
    return rows.select(
        "at_entity",
        "at_x",
        "at_y",
        "page_x",
        "page_y",
        x=column,
        y=f"{column}:b",
        unequal=unequal(column, stacked.types[column]),
    )


Shares = Mapping[tuple[str, str, str], tuple[float, int, int]]


def _row(
    one: _Seen, stacked: Stack, told: Told, shares: Shares, survivorship: Survivorship
) -> tuple[str | int, ...]:
    suspect, witness = _suspect(one, stacked.sources, shares, survivorship)
    source = suspect or one.b
    against = one.a if source == one.b else one.b
    checked, disagree = _count(stacked, told, one.column, source, against)
    fix = one.pattern.to_y if source == one.a else one.pattern.to_x
    return (
        one.column,
        source,
        against,
        one.pattern.kind,
        checked,
        disagree,
        one.pattern.evidence + witness,
        _proposal(source, one, fix),
        _action(one.pattern, suspect),
    )


def _action(pattern: Pattern, suspect: str | None) -> str:
    if not pattern.false_words:
        return "reported: the same in other words, so both keep their vote"
    if pattern.partly:
        return "reported: other rows of the same source may be right, so both keep their vote"
    return (
        SET_ASIDE if suspect else "reported: nothing says which of the two is wrong, so both keep their vote"
    )


def _suspect(
    one: _Seen, sources: Sequence[str], shares: Shares, survivorship: Survivorship
) -> tuple[str | None, str]:
    family = {survivorship.original_of(one.a), survivorship.original_of(one.b)}
    blamed: dict[str, list[str]] = {}
    for third in sources:
        if third in survivorship.copies or third in family:
            continue
        with_a = shares.get((one.column, third, one.a), (0.0, 0, 0))
        with_b = shares.get((one.column, third, one.b), (0.0, 0, 0))
        if min(with_a[1], with_b[1]) < LEAST:
            continue
        for wrong, right, low, high in ((one.a, one.b, with_a, with_b), (one.b, one.a, with_b, with_a)):
            if high[0] >= 0.9 and low[0] <= 0.5:
                backs = f"; {third} agrees with {right} in {high[2]:,} of {high[1]:,}"
                blamed.setdefault(wrong, []).append(f"{backs}, with {wrong} in {low[2]:,} of {low[1]:,}")
    said = "".join(text for witnesses in blamed.values() for text in witnesses)
    if one.pattern.suspect is not None:
        # A witness outweighs what shows itself: with one against it, nobody is named.
        shown = one.a if one.pattern.suspect == "x" else one.b
        return (shown if set(blamed) <= {shown} else None), said
    return (next(iter(blamed)), said) if len(blamed) == 1 else (None, "")


def _count(stacked: Stack, told: Told, column: str, source: str, against: str) -> tuple[int, int]:
    """Count the rows of `source` that `against` also speaks of, and those that say something else."""
    both = told.against(source, against, column).select(unequal=unequal(column, stacked.types[column]))
    count = pl.col("unequal")
    checked, disagree = both.select(a=count.count(), b=count.sum()).collect(engine="streaming").row(0)
    return int(checked), int(disagree)


def _proposal(source: str, one: _Seen, fix: Fix | None) -> str:
    if fix is not None:
        said = dict(fix) if isinstance(fix, Mapping) else fix
        return f"fixes={{({source!r}, {one.column!r}): {said!r}}}"
    if one.pattern.note:
        return f"{one.pattern.note} of {source} before merging"
    return f"cannot be undone from the values alone: take {one.column} from another source, or mend {source}"
