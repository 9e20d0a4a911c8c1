"""A contract drafted from a table: a Pandera model in a file, to be read, edited and signed by a person."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandera.polars as pa
import polars as pl

from dq.contract import Contract
from dq.errors import ContractError, UserError
from dq.profile.draft_field import LONG_NAMES, Check, Field, field_of
from dq.profile.profile import Profile
from dq.profile.python_source import call, constant, identifier, literal
from dq.verdict import Report

MOST_BROKEN = 0.03
"""A drafted rule that more of the sample breaks than this is not a law of the table, and is left out."""
SURE = 0.97
"""A dependency is written down where this share of the rows keeps it."""
MOST_DEPENDENCIES = 6
STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
RESERVED = frozenset(name for name in dir(pa.DataFrameModel) if not name.startswith("__"))

NAMES = frozenset(
    {
        "Config",
        "Any",
        "ClassVar",
        "Annotated",
        "UTC",
        "bool",
        "date",
        "datetime",
        "float",
        "int",
        "known",
        "pa",
        "pl",
    }
    | {"str"}
)
"""What a drafted file uses itself."""


@dataclass(frozen=True)
class Draft:
    """`source` is the file; `report` how the sample fared by it; `left_out` the rules that too many rows broke."""

    source: str
    report: Report
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class _RowRule:
    """A rule over several columns; `passes` is an expression of the frame and of what is assigned `before`."""

    name: str
    says: str
    passes: str
    on_fail: str
    tolerance: float
    before: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Parts:
    table: str
    rows: int
    fields: tuple[Field, ...]
    unjudged: tuple[str, ...]
    unique: tuple[str, ...]
    rules: tuple[_RowRule, ...]


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
    rows = frame.select(pl.exclude("^_.*$"))
    left_out: list[str] = []
    while True:
        source = _write(parts)
        report = compiled(source).judge(rows).report
        broken = [
            rule.rule
            for rule in report.rules
            if rule.on_fail != "warn" and rule.failed > MOST_BROKEN * max(rule.checked, 1)
        ]
        lesser = _without(parts, broken)
        if lesser == parts:
            return Draft(source, report, tuple(left_out))
        left_out += broken
        parts = lesser


def compiled(source: str) -> Contract:
    """Compile a drafted contract as one compiles any other: from a file that is imported.

    Raises:
        ContractError: the source has no model, or one that cannot be run.

    """
    with tempfile.TemporaryDirectory(prefix="dq-draft-") as folder:
        path = Path(folder) / "dq_drafted_contract.py"
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


def _parts(found: Profile) -> _Parts:
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
    for rule in _row_rules(found):
        name = identifier(rule.name, taken)
        taken.add(name)
        rules.append(replace(rule, name=name))
    unique = pairs[0] if pairs and not alone else ()
    return _Parts(found.table, found.rows, tuple(fields), tuple(unjudged), tuple(unique), tuple(rules))


def _row_rules(found: Profile) -> list[_RowRule]:
    rules = []
    for order in found.orders:
        low, high = _cell(found, order.low), _cell(found, order.high)
        rules.append(
            _RowRule(
                f"{order.low}_up_to_{order.high}",
                f"{order.low} is not above {order.high}",
                "low <= high",
                "quarantine" if order.hold >= 1 - MOST_BROKEN / 3 else "warn",
                0.0 if order.hold == 1 else _share_above(1 - order.hold),
                (f"low = {low}", f"high = {high}"),
            )
        )
    chosen: dict[str, Any] = {}
    for one in found.dependencies:
        if one.agree >= SURE and len(chosen) < MOST_DEPENDENCIES:
            chosen.setdefault(one.then, one)  # the surest alone: the others would say it again
    for one in chosen.values():
        given, then = literal(one.given), literal(one.then)
        rules.append(
            _RowRule(
                f"{one.given}_determines_{one.then}",
                f"all rows with the same {one.given} have the same {one.then}",
                f"pl.col({then}).drop_nulls().n_unique().over({given}) <= 1",
                "warn",
                min(1.0, _share_above(1 - one.agree) * 10) if one.agree < 1 else 0.0,
            )
        )
    return rules


def _cell(found: Profile, name: str) -> str:
    column, cell = found.column(name), f"pl.col({literal(name)})"
    if not column.is_text:
        return cell
    if column.reading.is_number:
        return f"{cell}.cast(pl.Float64, strict=False)"
    form = literal(column.reading.form)
    if column.reading.kind == "date":
        return f"{cell}.str.to_date({form}, strict=False)"
    return f'{cell}.str.to_datetime({form}, strict=False, time_unit="us")'


def _share_above(share: float) -> float:
    """Round a share up to one that a person would write.

    >>> _share_above(0.066), _share_above(0.3), _share_above(0.0007)
    (0.1, 0.5, 0.001)
    """
    return next((step for step in STEPS if step >= share * 1.25), 1.0)


def _without(parts: _Parts, broken: Sequence[str]) -> _Parts:
    fields = parts.fields
    for rule in broken:
        fields = tuple(
            field.without(rule[len(field.column) + 1 :]) if rule.startswith(f"{field.column}:") else field
            for field in fields
        )
    unique = () if any(rule.startswith("unique(") for rule in broken) else parts.unique
    rules = tuple(rule for rule in parts.rules if rule.name not in broken)
    return replace(parts, fields=fields, unique=unique, rules=rules)


def _write(parts: _Parts) -> str:
    above: list[str] = []
    body: list[str] = []
    for field in parts.fields:
        body += _field_lines(field, above)
    checks = [line for field in parts.fields for check in field.checks for line in _check_lines(field, check)]
    checks += _known_lines(parts)
    checks += [line for rule in parts.rules for line in _rule_lines(rule)]
    unjudged = [f"    # Not judged: {_words(name)}" for name in parts.unjudged]
    config = _config_lines(parts)
    text = "\n".join([*above, *body, *checks, *config])
    name = parts.table.partition(".")[2]
    lines = [
        f'"""Contract of {parts.table}, drafted from {parts.rows:,} rows: read it, tighten it, sign it."""',
        "",
        "from __future__ import annotations",
        "",
        *_imports(text),
        "",
        *([*above, ""] if above else []),
        "",
        f"class {_class_name(name)}(pa.DataFrameModel):",
        f'    """One row a record of {parts.table}."""',
        "",
        *body,
        *unjudged,
        *checks,
        "",
        *config,
    ]
    return "\n".join(lines) + "\n"


def _imports(text: str) -> list[str]:
    days = [
        name
        for name in ("UTC", "date", "datetime")
        if f"{name}(" in text or (name == "UTC" and "tzinfo=UTC" in text)
    ]
    typing = [name for name in ("Annotated", "Any", "ClassVar") if f"{name}[" in text or f" {name}]" in text]
    standard = [f"from datetime import {', '.join(days)}"] if days else []
    standard += [f"from typing import {', '.join(typing)}"] if typing else []
    return [
        *standard,
        *([""] if standard else []),
        "import pandera.polars as pa",
        *(["import polars as pl"] if "pl." in text else []),
    ]


def _class_name(name: str) -> str:
    words = identifier(name.replace("__", "_")).split("_")
    made = "".join(word[:1].upper() + word[1:] for word in words if word) or "Drafted"
    return made if made not in {"Config", "Any", "UTC"} else f"{made}Row"


def _field_lines(field: Field, above: list[str]) -> list[str]:
    arguments = dict(field.arguments)
    if field.vocabulary:
        written = literal(field.vocabulary)
        if len(written) > LONG_NAMES:
            name = f"{field.attribute.upper()}_VALUES"
            above += ["", *constant(name, field.vocabulary)] if above else constant(name, field.vocabulary)
            written = name
        arguments["isin"] = written
    if field.attribute != field.column:
        arguments["alias"] = literal(field.column)
    if field.note:
        arguments["description"] = literal(field.note)
    written_out = [f"{name}={value}" for name, value in arguments.items()]
    return call(f"{field.attribute}: {field.annotation} = pa.Field", written_out, 4)


def _check_lines(field: Field, check: Check) -> list[str]:
    return [
        "",
        f"    @pa.check({literal(field.column)})",
        f"    def {check.name}(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805",
        f'        """Say whether {_words(field.column)} {check.says}."""',
        *check.lines,
    ]


def _known_lines(parts: _Parts) -> list[str]:
    """Write the one check that counts what is missing, in whatever dress."""
    fields = [field for field in parts.fields if field.missing_share > 0]
    if not fields:
        return []
    decorator = call("@pa.check", [*map(literal, (field.column for field in fields)), "ignore_na=False"], 4)
    hidden = [(field.column, field.missing) for field in fields if field.missing]
    lines = ["", *decorator]
    lines.append("    def known(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805")
    if not hidden:
        return [
            *lines,
            '        """Say whether a cell is known; it only warns, above the share that was missing in the sample."""',
            *_select("pl.col(data.key).is_not_null()"),
        ]
    entries = [f"            {literal(column)}: {_list(values)}," for column, values in hidden]
    return [
        *lines,
        '        """Say whether a cell is known: neither null nor a value that seems to stand for nothing."""',
        "        hidden: dict[str, list[Any]] = {",
        *entries,
        "        }",
        "        cell = pl.col(data.key)",
        *_select("cell.is_not_null() & ~cell.is_in(hidden.get(data.key, [])).fill_null(value=False)"),
    ]


def _list(values: Sequence[object]) -> str:
    return f"[{', '.join(literal(value) for value in values)}]"


def _rule_lines(rule: _RowRule) -> list[str]:
    return [
        "",
        "    @pa.dataframe_check",
        f"    def {rule.name}(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805",
        f'        """Say whether {_words(rule.says)}."""',
        *(f"        {line}" for line in rule.before),
        *_select(rule.passes),
    ]


def _select(passes: str) -> list[str]:
    return call("return data.lazyframe.select", [passes], 8)


def _words(text: str) -> str:
    """Make text safe inside a docstring."""
    return (
        "".join(letter if letter.isprintable() else " " for letter in text)
        .replace("\\", "/")
        .replace('"', "'")
    )


def _config_lines(parts: _Parts) -> list[str]:
    lines = [
        "    class Config:",
        '        """The table it is for."""',
        "",
        f"        name = {literal(parts.table)}",
    ]
    if parts.unique:
        lines.append(f"        unique: ClassVar[list[str]] = {_list(parts.unique)}")
    settings = {
        f"{field.column}:known": {
            "dimension": "completeness",
            "on_fail": "warn",
            "tolerance": _share_above(field.missing_share),
        }
        for field in parts.fields
        if field.missing_share > 0
    }
    for rule in parts.rules:
        more: dict[str, object] = {"on_fail": "warn"} if rule.on_fail == "warn" else {}
        more |= {"tolerance": rule.tolerance} if rule.tolerance else {}
        if more:
            settings[rule.name] = more
    if not settings:
        return lines
    pad = " " * 12
    lines += ["        metadata: ClassVar[dict[str, Any]] = {", f'{pad}"dq": {{', f'{pad}    "rules": {{']
    for name, setting in settings.items():
        inner = ", ".join(f"{literal(key)}: {literal(value)}" for key, value in setting.items())
        whole = f"{pad}        {literal(name)}: {{{inner}}},"
        if len(whole) <= 110:
            lines.append(whole)
        else:
            lines += [
                f"{pad}        {literal(name)}: {{",
                *(f"{pad}            {literal(key)}: {literal(value)}," for key, value in setting.items()),
                f"{pad}        }},",
            ]
    return [*lines, f"{pad}    }}", f"{pad}}}", "        }"]
