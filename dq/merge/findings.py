"""Systematic disagreement between sources, found by itself, with its evidence and what was done about it.

A finding never changes a value. Where the evidence names the side that is wrong, that source's vote in that
column is set aside; its values stay in the conflicts. A fix is proposed in words for a human to turn on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from dq.merge.agreement import AGREEMENT, agreement_of, pairs, statements, unequal
from dq.merge.patterns import NEARLY_ALL, Compared, Pattern, find_pattern
from dq.merge.stack import Stack
from dq.merge.survivorship import Fix, Survivorship

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

MIN_SHARED = 20
MIN_SHARE = 0.05
SET_ASIDE = "vote set aside"


@dataclass(frozen=True)
class Compare:
    """What comparing the sources gives.

    `told`: what each says of each entity. `agreement` and `findings` of all pairs; `set_aside`: the sources
    without a vote and why, by column.
    """

    told: Mapping[str, pl.DataFrame]
    agreement: pl.DataFrame
    findings: pl.DataFrame
    set_aside: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class _Seen:
    column: str
    a: str
    b: str
    pattern: Pattern
    note: str = ""


def compare(stacked: Stack, survivorship: Survivorship) -> Compare:
    """Compare every pair of sources column by column, and look into what disagrees too often to be an
    accident.
    """
    told = statements(stacked)
    agreements, seen = [], []
    for a, b, joined in pairs(stacked, told):
        agreement = agreement_of(stacked, a, b, joined)
        agreements.append(agreement)
        if survivorship.original_of(a) != survivorship.original_of(b):
            seen += _look(stacked, a, b, joined, agreement)
    agreement = pl.concat([pl.DataFrame(schema=AGREEMENT), *agreements])
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
    return Compare(told, agreement.sort("column_name", "source_a", "source_b"), findings, set_aside)


def _look(stacked: Stack, a: str, b: str, joined: pl.DataFrame, agreement: pl.DataFrame) -> list[_Seen]:
    often = agreement.filter(
        (pl.col("both") >= MIN_SHARED)
        & (
            pl.col("both") - pl.col("agree")
            >= (MIN_SHARE * pl.col("both")).clip(lower_bound=MIN_SHARED * NEARLY_ALL)
        )
    )["column_name"].to_list()
    swapped = _swapped(stacked, a, b, joined, often)
    paired = {column for one in swapped for column in (one.column,)}
    found = []
    for column in often:
        if column in paired:
            continue
        compared = _compared(stacked, column, joined)
        pattern = find_pattern(compared)
        if pattern is not None:
            found.append(_Seen(column, a, b, pattern))
    return swapped + found


def _compared(stacked: Stack, column: str, joined: pl.DataFrame) -> Compared:
    entity = pl.col(stacked.entity)
    text = stacked.rows.schema[stacked.entity] == pl.String
    rows = (
        joined.filter(pl.col(column).is_not_null() & pl.col(f"{column}:b").is_not_null())
        .sort(entity.cast(pl.Float64, strict=False) if text else entity, entity, nulls_last=True)
        .with_row_index("at_entity")
        .select(
            "at_entity",
            x=column,
            y=f"{column}:b",
            at_x="_at",
            at_y="_at:b",
            page_x="_page",
            page_y="_page:b",
            unequal=unequal(column, stacked.rows.schema[column]),
        )
    )
    return Compared(rows, int(rows["unequal"].sum()))


def _swapped(stacked: Stack, a: str, b: str, joined: pl.DataFrame, often: Sequence[str]) -> list[_Seen]:
    schema = stacked.rows.schema
    found = []
    for one, two in combinations(often, 2):
        if schema[one] != schema[two]:
            continue
        known = joined.filter(pl.all_horizontal(pl.col(one, two, f"{one}:b", f"{two}:b").is_not_null()))
        crossed = known.select(
            ((pl.col(one) == pl.col(f"{two}:b")) & (pl.col(two) == pl.col(f"{one}:b"))).sum()
        ).item()
        straight = known.select(
            ((pl.col(one) == pl.col(f"{one}:b")) & (pl.col(two) == pl.col(f"{two}:b"))).sum()
        ).item()
        if known.height >= MIN_SHARED and crossed >= NEARLY_ALL * known.height and straight < 0.9 * crossed:
            for column, other in ((one, two), (two, one)):
                share = f"{crossed:,} of {known.height:,} entities"
                evidence = f"{column} is the other's {other} and the reverse in {share}"
                found.append(
                    _Seen(column, a, b, Pattern("swapped", evidence), f"rename {column} and {other}")
                )
    return found


Shares = Mapping[tuple[str, str, str], tuple[float, int, int]]


def _row(
    one: _Seen, stacked: Stack, told: Mapping[str, pl.DataFrame], shares: Shares, survivorship: Survivorship
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
    return (
        SET_ASIDE if suspect else "reported: nothing says which of the two is wrong, so both keep their vote"
    )


def _suspect(
    one: _Seen, sources: Sequence[str], shares: Shares, survivorship: Survivorship
) -> tuple[str | None, str]:
    if one.pattern.suspect is not None:
        return (one.a if one.pattern.suspect == "x" else one.b), ""
    family = {survivorship.original_of(one.a), survivorship.original_of(one.b)}
    blamed: dict[str, list[str]] = {}
    for third in sources:
        if third in survivorship.copies or third in family:
            continue
        with_a = shares.get((one.column, third, one.a), (0.0, 0, 0))
        with_b = shares.get((one.column, third, one.b), (0.0, 0, 0))
        if min(with_a[1], with_b[1]) < MIN_SHARED:
            continue
        for wrong, right, low, high in ((one.a, one.b, with_a, with_b), (one.b, one.a, with_b, with_a)):
            if high[0] >= 0.9 and low[0] <= 0.5:
                backs = f"; {third} agrees with {right} in {high[2]:,} of {high[1]:,}"
                blamed.setdefault(wrong, []).append(f"{backs}, with {wrong} in {low[2]:,} of {low[1]:,}")
    if len(blamed) != 1:
        return None, ""
    ((wrong, witnesses),) = blamed.items()
    return wrong, "".join(witnesses)


def _count(
    stacked: Stack, told: Mapping[str, pl.DataFrame], column: str, source: str, against: str
) -> tuple[int, int]:
    """Count the rows of `source` that `against` also speaks of, and those that say something else."""
    rows = stacked.rows.filter(pl.col("_source") == source).select(stacked.entity, column)
    other = told[against].select(stacked.entity, pl.col(column).alias(f"{column}:b"))
    both = rows.join(other, on=stacked.entity).select(unequal=unequal(column, stacked.rows.schema[column]))[
        "unequal"
    ]
    return both.count(), int(both.sum())


def _proposal(source: str, one: _Seen, fix: Fix | None) -> str:
    if fix is not None:
        said = dict(fix) if isinstance(fix, Mapping) else fix
        return f"fixes={{({source!r}, {one.column!r}): {said!r}}}"
    if one.note:
        return f"{one.note} of {source} before merging"
    return f"cannot be undone from the values alone: take {one.column} from another source, or mend {source}"
