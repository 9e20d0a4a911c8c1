"""A drafted contract as the file that it is: imports, vocabularies, fields, checks, settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dq.profile.bounds import share_above
from dq.profile.draft_field import LONG_NAMES, Check, Field
from dq.profile.python_source import call, constant, identifier, literal


@dataclass(frozen=True)
class RowRule:
    """A rule over several columns; `passes` is an expression of the frame and of what is assigned `before`."""

    name: str
    says: str
    passes: str
    on_fail: str
    tolerance: float
    before: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parts:
    """All that a drafted contract says; a rule that does not hold is taken out before it is written."""

    table: str
    rows: int
    fields: tuple[Field, ...]
    unjudged: tuple[str, ...]
    unique: tuple[str, ...]
    rules: tuple[RowRule, ...]


def write_source(parts: Parts) -> str:
    """Write the file of a contract, as the formatter would leave it."""
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
    origin = f"drafted from {parts.rows:,} rows" if parts.rows else "as declared"
    lines = [
        f'"""Contract of {parts.table}, {origin}: read it, tighten it, sign it."""',
        "",
        "from __future__ import annotations",
        "",
        *_imports(text),
        "",
        *([*above, ""] if above else []),
        "",
        f"class {class_name(parts.table)}(pa.DataFrameModel):",
        f'    """One row per record of {parts.table}."""',
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
        if f"{name}(" in text or f": {name} =" in text or (name == "UTC" and "tzinfo=UTC" in text)
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


def class_name(table: str) -> str:
    """Name the model after its table.

    >>> class_name("core.finance__bank_branches")
    'FinanceBankBranches'
    """
    words = identifier(table.partition(".")[2].replace("__", "_")).split("_")
    made = "".join(word[:1].upper() + word[1:] for word in words if word) or "Drafted"
    return made if made not in {"Config", "Any", "UTC"} else f"{made}Row"


def _field_lines(field: Field, above: list[str]) -> list[str]:
    arguments = dict(field.arguments)
    if field.vocabulary:
        # Pandera would make a list of letters of a tuple of one word.
        words = list(field.vocabulary) if len(field.vocabulary) == 1 else field.vocabulary
        written = literal(words)
        if len(written) > LONG_NAMES:
            name = f"{field.attribute.upper()}_VALUES"
            above += ["", *constant(name, words)] if above else constant(name, words)
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


def _known_lines(parts: Parts) -> list[str]:
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


def _rule_lines(rule: RowRule) -> list[str]:
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


def _config_lines(parts: Parts) -> list[str]:
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
            "tolerance": share_above(field.missing_share),
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
