"""A contract drafted from a table: a Pandera model in a file, to be read, edited and signed by a person."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandera.polars as pa
import polars as pl

from dq.contract import Contract
from dq.errors import ContractError, UserError
from dq.profile.bounds import share_above
from dq.profile.column import is_pattern
from dq.profile.draft_field import Field, field_of
from dq.profile.draft_source import Parts, RowRule, write_source
from dq.profile.profile import Profile
from dq.profile.python_source import constant, identifier, literal
from dq.scratch import Scratch
from dq.verdict import Report

MOST_BROKEN = 0.03
"""A drafted rule that more of the sample breaks than this is not a law of the table, and is left out."""
SURE = 0.97
"""A dependency is written down where this share of the rows keeps it."""
MOST_DEPENDENCIES = 6
DEEP = 8
"""How many blanks stand before the body of a check."""
RESERVED = frozenset(name for name in dir(pa.DataFrameModel) if not name.startswith("__"))

TYPES = ("Any", "Annotated", "ClassVar", "UTC", "bool", "date", "datetime", "float", "int", "str")
NAMES = frozenset(("Config", "known", "pa", "pl", *TYPES))
"""What a drafted file uses itself."""


@dataclass(frozen=True)
class Draft:
    """`source` is the file; `report` how the sample fared by it; `left_out` the rules that too many rows broke.

    `undecided` says in words of which columns of dates no cell tells whether day or month comes first.
    """

    source: str
    report: Report
    left_out: tuple[str, ...]
    undecided: tuple[str, ...] = ()


def draft(frame: pl.DataFrame, found: Profile) -> Draft:
    r"""Draft a contract from a table's profile and hold the table against it.

    Ranges are wider than the sample and round, vocabularies only those that few values fill, formats only those
    that nearly all cells follow. Nulls and values that stand for nothing are counted by a rule that only warns.
    What still rejects more than 3 % of the sample is left out.

    >>> from dq.profile.profile import profile
    >>> rows = pl.DataFrame({"order_id": range(1, 101), "paid": ["yes", "no"] * 50})
    >>> made = draft(rows, profile(rows, "core.orders"))
    >>> print("\n".join(line for line in made.source.splitlines() if "pa.Field" in line))
        order_id: int = pa.Field(unique=True, ge=0, description="1 to 100, half below 50")
        paid: str = pa.Field(isin=("no", "yes"))
    >>> made.report.accepted, made.report.rejected
    (100, 0)

    Raises:
        UserError: the table has no column that a contract could speak of.

    """
    parts = _parts(found)
    if not parts.fields:
        raise UserError("there is no column to draft a contract from", where=found.table)
    # A column whose name is a pattern to Polars cannot be asked for by its name alone.
    rows = pl.DataFrame([one for one in frame if not one.name.startswith("_") and not is_pattern(one.name)])
    left_out: list[str] = []
    while True:
        source = write_source(parts)
        report = compiled(source).judge(rows).report
        broken = [
            rule.rule
            for rule in report.rules
            if rule.on_fail != "warn" and rule.failed > MOST_BROKEN * max(rule.checked, 1)
        ]
        lesser = _without(parts, broken)
        if lesser == parts:
            return Draft(source, report, tuple(left_out), undecided(found))
        left_out += broken
        parts = lesser


def undecided(found: Profile) -> tuple[str, ...]:
    """Say of each column of dates whose order of day and month no cell tells how many cells that leaves open."""
    return tuple(
        f"{column.name}: {column.reading.unclear:,} of {column.known:,} cells are two different days; "
        f"{column.reading.form} is a guess, {column.reading.twin} fits as well"
        for column in found.columns
        if column.reading.twin
    )


def declared(table: str, columns: Mapping[str, str]) -> str:
    """Write a contract of columns of which only the types are known yet (`SHORT_TYPES`); each may be null.

    >>> print(declared("core.shop__till", {"id": "int", "text": "str"}).splitlines()[10])
        id: int = pa.Field(nullable=True)
    """
    taken = set(RESERVED) | NAMES
    fields = []
    for column, annotation in columns.items():
        attribute = identifier(column, taken)
        taken.add(attribute)
        fields.append(Field(column, attribute, annotation, {"nullable": "True"}))
    return write_source(Parts(table, 0, tuple(fields), (), (), ()))


def compiled(source: str) -> Contract:
    """Compile a drafted contract as one compiles any other: from a file that is imported.

    Raises:
        ContractError: the source has no model, or one that cannot be run.

    """
    with Scratch("draft") as folder:
        path = folder / "dq_drafted_contract.py"
        path.write_text(source, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None:
            raise ContractError("the draft cannot be imported", where=str(path))
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module  # Pandera looks up a model's annotations there
        try:
            spec.loader.exec_module(module)
            models = [one for one in vars(module).values() if _is_model(one)]
            if not models:
                raise ContractError("the draft holds no model", where=str(path))
            return Contract(models[0])
        finally:
            del sys.modules[path.stem]


def _is_model(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, pa.DataFrameModel) and value is not pa.DataFrameModel


def _parts(found: Profile) -> Parts:
    taken = set(RESERVED) | NAMES
    alone = {key[0] for key in found.keys if len(key) == 1}
    fields, unjudged = [], []
    for column in found.columns:
        attribute = identifier(column.name, taken)
        field = field_of(column, attribute, key=column.name in alone)
        if field is None:
            unjudged.append(f"{column.name} ({column.dtype})")
            continue
        taken.add(attribute)
        checks = []
        for check in field.checks:  # a check needs a name that no field has
            name = identifier(f"{attribute}_{check.name}", taken)
            taken.add(name)
            checks.append(replace(check, name=name))
        fields.append(replace(field, checks=tuple(checks)))
    pairs = [key for key in found.keys if len(key) > 1]
    rules = []
    for rule in _row_rules(found, {field.column: field.missing for field in fields}):
        name = identifier(rule.name, taken)
        taken.add(name)
        rules.append(replace(rule, name=name))
    unique = pairs[0] if pairs and not alone else ()
    return Parts(found.table, found.rows, tuple(fields), tuple(unjudged), tuple(unique), tuple(rules))


def _row_rules(found: Profile, missing: Mapping[str, Sequence[object]]) -> list[RowRule]:
    rules = []
    for order in found.orders:
        cells = {"low": order.low, "high": order.high}
        rules.append(
            RowRule(
                f"{order.low}_up_to_{order.high}",
                f"{order.low} is not above {order.high}",
                "low <= high",
                "quarantine" if order.hold >= 1 - MOST_BROKEN / 3 else "warn",
                0.0 if order.hold == 1 else share_above(1 - order.hold),
                tuple(
                    line
                    for to, name in cells.items()
                    for line in _cell(found, to, name, missing.get(name, ()))
                ),
            )
        )
    chosen: dict[str, Any] = {}
    for one in found.dependencies:
        if one.agree >= SURE and len(chosen) < MOST_DEPENDENCIES:
            chosen.setdefault(one.then, one)  # the surest alone: the others would say it again
    for one in chosen.values():
        given, then = literal(one.given), literal(one.then)
        rules.append(
            RowRule(
                f"{one.given}_determines_{one.then}",
                f"{one.then} is what most rows with the same {one.given} have",
                "usual | unknown",
                "warn",
                share_above(1 - one.agree) if one.agree < 1 else 0.0,
                (
                    f"alike = pl.len().over({given}, {then})",
                    f"usual = 2 * alike > pl.col({then}).count().over({given})",
                    f"unknown = pl.any_horizontal(pl.col({given}, {then}).is_null())",
                ),
            )
        )
    return rules


def _cell(found: Profile, to: str, name: str, missing: Sequence[object]) -> list[str]:
    """Write the lines that set `to` to what the column reads as."""
    column, cell = found.column(name), f"pl.col({literal(name)})"
    lines = []
    if missing:  # what stands for nothing comes neither before nor after anything
        written = constant("nothing", list(missing), DEEP)
        lines = [*(line[DEEP:] for line in written), f"{to} = {cell}.replace(nothing, None)"]
        cell = to
    if not column.is_text:
        return lines or [f"{to} = {cell}"]
    form = literal(column.reading.form)
    if column.reading.is_number:
        read = "cast(pl.Float64, strict=False)"
    elif column.reading.kind == "date":
        read = f"str.to_date({form}, strict=False)"
    else:
        read = f'str.to_datetime({form}, strict=False, time_unit="us")'
    return [*lines, f"{to} = {cell}.{read}"]


def _without(parts: Parts, broken: Sequence[str]) -> Parts:
    fields = parts.fields
    for rule in broken:
        fields = tuple(
            field.without(rule[len(field.column) + 1 :]) if rule.startswith(f"{field.column}:") else field
            for field in fields
        )
    unique = () if any(rule.startswith("unique(") for rule in broken) else parts.unique
    rules = tuple(rule for rule in parts.rules if rule.name not in broken)
    return replace(parts, fields=fields, unique=unique, rules=rules)
