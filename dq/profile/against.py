"""A table held against a contract that exists: which rules it breaks, and which it would let one tighten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from dq.contract import Contract
from dq.profile.column import Column
from dq.profile.draft_field import field_of
from dq.profile.profile import Profile
from dq.profile.reads_as import read_date
from dq.verdict import Report, RuleResult

Kind = Literal["broken", "tighten", "missing", "unknown", "unread"]
MUCH = 3.0
"""A range is wide that spans so many times what the data fills."""
ENOUGH = 100
"""Rows that it takes to say that something never occurs."""
TRUE, FALSE = ("true", "yes", "t", "y", "1"), ("false", "no", "f", "n", "0")


@dataclass(frozen=True)
class Difference:
    """How data and contract differ in one place: `count` of `of` rows, in words, and what one may do."""

    kind: Kind
    column: str | None
    rule: str
    count: int
    of: int
    says: str
    proposal: str


@dataclass(frozen=True)
class Comparison:
    """What judging the table gave, and the differences: what is broken first, the most rows first."""

    report: Report
    differences: tuple[Difference, ...]


def compare(
    frame: pl.DataFrame,
    found: Profile,
    contract: Contract,
    references: Mapping[str, pl.LazyFrame] | None = None,
) -> Comparison:
    """Hold a table against a contract; text is first read as the types that the contract wants.

    A column that the table lacks is one difference, not a broken rule a row. Nothing is changed.

    Raises:
        ContractError: a table that the contract refers to is not given.

    """
    rows = frame.select(pl.exclude("^_.*$"))
    wanted = dict(contract.columns)
    absent = [name for name in wanted if name not in rows.columns]
    typed, unread = _typed(rows, found, wanted)
    report = contract.judge(typed, references).report
    differences = [
        Difference(
            "missing", name, "", rows.height, rows.height, f"there is no column {name}", "rename or drop it"
        )
        for name in absent
    ]
    differences += [
        Difference(
            "unread",
            name,
            "",
            count,
            rows.height,
            f"{name} does not read as {wanted[name]}",
            "clean it first",
        )
        for name, count in unread.items()
        if count
    ]
    broken = [
        rule
        for rule in report.rules
        if rule.failed and rule.column not in absent and not _is_unread(rule, unread)
    ]
    differences += [
        Difference(
            "broken",
            rule.column,
            rule.rule,
            rule.failed,
            rule.checked,
            _seen(found, rule.column) or "rows break it",
            _how_to_loosen(rule.rule, rule.failed / max(rule.checked, 1)),
        )
        for rule in sorted(broken, key=lambda rule: -rule.failed)
    ]
    differences += _tighter(found, contract)
    differences += [
        Difference(
            "unknown", name, "", rows.height, rows.height, f"the contract does not speak of {name}", "add it"
        )
        for name in rows.columns
        if name not in wanted
    ]
    return Comparison(report, tuple(differences))


def _is_unread(rule: RuleResult, unread: Mapping[str, int]) -> bool:
    """Say whether all that breaks a null rule is cells that could not be read: they are told of already."""
    return rule.rule == f"{rule.column}:not_null" and rule.failed == unread.get(rule.column or "", 0)


def _typed(
    rows: pl.DataFrame, found: Profile, wanted: Mapping[str, pl.DataType]
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Read each column as its contract has it; count the cells that do not read so."""
    cells: list[pl.Expr] = []
    unread: dict[str, int] = {}
    for name, dtype in wanted.items():
        if name not in rows.columns:
            cells.append(pl.lit(None, dtype).alias(name))
            continue
        cells.append(_read(found.column(name), dtype).alias(name))
    typed = rows.select(*cells, *(name for name in rows.columns if name not in wanted))
    for name in wanted:
        if name in rows.columns:
            unread[name] = typed[name].null_count() - rows[name].null_count()
    return typed, unread


def _read(column: Column, dtype: pl.DataType) -> pl.Expr:
    cell = pl.col(column.name)
    if column.dtype == dtype:
        return cell
    if not column.is_text and column.dtype != pl.Null and not dtype.is_temporal():
        return cell.cast(dtype, strict=False)
    text = cell.cast(pl.String).str.strip_chars()
    if dtype == pl.Boolean:
        small = text.str.to_lowercase()
        return pl.when(small.is_in(TRUE)).then(statement=True).when(small.is_in(FALSE)).then(statement=False)
    if isinstance(dtype, pl.Date | pl.Datetime):
        return read_date(text, column.reading.form or "%Y-%m-%d").cast(dtype)
    return text.cast(dtype, strict=False)


def _seen(found: Profile, name: str | None) -> str:
    if name is None:
        return ""
    column = found.column(name)
    if column.numbers is not None and column.numbers.height:
        return f"the data has {column.numbers['number'][0]:g} to {column.numbers['number'][-1]:g}"
    if column.days is not None and column.days.height:
        return f"the data has {column.days['day'][0]} to {column.days['day'][-1]}"
    common = [str(value)[:30] for value in column.values.head(4)["value"]]
    return f"the data has {', '.join(common)}{', …' if column.values.height > 4 else ''}" if common else ""


def _how_to_loosen(rule: str, share: float) -> str:
    name = rule.partition(":")[2].partition("(")[0] or rule.partition("(")[0]
    if share < 0.01:
        return "few: look at these rows before the rule"
    known = {
        "not_null": "nullable=True, or find out why",
        "unique": "is it a key? else drop unique",
        "isin": "add values, or recode them",
        "in_range": "widen the range, or mend the unit",
        "str_matches": "widen the pattern",
    }
    return known.get(name, "loosen it, or on_fail: warn with a tolerance")


def _tighter(found: Profile, contract: Contract) -> Iterator[Difference]:
    if found.rows < ENOUGH:
        return
    schema = contract.model.to_schema()
    alone = {key[0] for key in found.keys if len(key) == 1}
    for column in found.columns:
        if column.name not in schema.columns or column.values.is_empty():
            continue
        field = schema.columns[column.name]
        if field.nullable and not column.nulls:
            yield _tighten(column, "nullable", "never null", "nullable=False")
        if column.name in alone and not field.unique and column.values.height == column.rows:
            yield _tighten(column, "unique", "no value repeats", "unique=True")
        demands = {check.name: check.statistics or {} for check in field.checks}
        yield from _unused_words(column, demands)
        yield from _wide_range(column, demands)
        yield from _no_demand(column, demands)


def _unused_words(column: Column, demands: Mapping[str, Mapping[str, Any]]) -> Iterator[Difference]:
    if "isin" in demands:
        seen = set(column.values["value"].cast(pl.String))
        allowed = [str(value) for value in demands["isin"].get("allowed_values", ())]
        unused = [value for value in allowed if value not in seen]
        if unused and not column.is_numbering and len(unused) < len(allowed):
            yield _tighten(
                column, "isin", f"never seen: {', '.join(unused[:5])}", "drop what can no longer occur"
            )


def _wide_range(column: Column, demands: Mapping[str, Mapping[str, Any]]) -> Iterator[Difference]:
    bounds = demands.get("in_range")
    if bounds is None or column.numbers is None or column.numbers.height < 2:
        return
    low, high = float(column.numbers["number"][0]), float(column.numbers["number"][-1])
    span = float(bounds["max_value"]) - float(bounds["min_value"])
    if span > MUCH * (high - low):
        yield _tighten(column, "in_range", f"the data fills {low:g} to {high:g}", _as_drafted(column))


def _no_demand(column: Column, demands: Mapping[str, Mapping[str, Any]]) -> Iterator[Difference]:
    if demands or column.is_numbering:
        return
    proposal = _as_drafted(column)
    if proposal and "str_length" not in proposal:
        yield _tighten(column, "", "nothing is asked of its values", proposal)


def _as_drafted(column: Column) -> str:
    """Give what a draft would say."""
    field = field_of(column, "x", key=False)
    if field is None:
        return ""
    told = {
        name: value for name, value in field.arguments.items() if name not in {"nullable", "coerce", "unique"}
    }
    if field.vocabulary:
        told["isin"] = ", ".join(map(repr, field.vocabulary[:6])) + (
            ", …" if len(field.vocabulary) > 6 else ""
        )
    return ", ".join(f"{name}={value}" for name, value in told.items())


def _tighten(column: Column, rule: str, says: str, proposal: str) -> Difference:
    return Difference("tighten", column.name, rule, column.known, column.rows, says, proposal)
