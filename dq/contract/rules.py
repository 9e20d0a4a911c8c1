"""What a contract demands, rule by rule: lasting names, dimensions, and what happens where one is broken."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

from dq.errors import ContractError
from dq.verdict import DIMENSIONS, Dimension, OnFail

SETTINGS = ("dimension", "on_fail", "tolerance", "description")
ON_FAIL: tuple[OnFail, ...] = get_args(OnFail)
SHORT = {
    "equal_to": "eq",
    "not_equal_to": "ne",
    "greater_than": "gt",
    "greater_than_or_equal_to": "ge",
    "less_than": "lt",
    "less_than_or_equal_to": "le",
}
"""Pandera's long names of the checks that everybody writes by their short ones."""
LONGEST_ARGUMENTS = 60


@dataclass(frozen=True)
class Rule:
    """One thing that must be true. `column` is null for rules over several columns.

    `on_fail`: `quarantine` sets the row aside, `warn` keeps and counts it, `block` sets it aside and keeps
    the whole table from being published. `tolerance` is the share of rows (0–1) that may fail before the rule
    counts as failed; such rows are still set aside.
    """

    name: str
    dimension: Dimension
    column: str | None = None
    on_fail: OnFail = "quarantine"
    tolerance: float = 0.0
    description: str = ""


def with_settings(rule: Rule, settings: Mapping[str, Any], where: str) -> Rule:
    """Give `rule` as its author set it: `settings` may hold dimension, on_fail, tolerance and description.

    >>> with_settings(Rule("age:ge(0)", "accuracy", "age"), {"on_fail": "warn"}, "core.people").on_fail
    'warn'

    Raises:
        ContractError: for a setting that is unknown or out of its range.

    """
    unknown = sorted(set(settings) - set(SETTINGS))
    if unknown:
        raise ContractError(
            f"the rule {rule.name} has unknown settings: {', '.join(unknown)}",
            where=where,
            hint=f"settings are {', '.join(SETTINGS)}",
        )
    changed = replace(rule, **settings)
    for name, allowed in (("dimension", DIMENSIONS), ("on_fail", ON_FAIL)):
        if getattr(changed, name) not in allowed:
            raise ContractError(
                f"the rule {rule.name} has {name} = {getattr(changed, name)!r}",
                where=where,
                hint=f"{name} is one of {', '.join(allowed)}",
            )
    if not 0 <= changed.tolerance <= 1:
        raise ContractError(
            f"the rule {rule.name} has tolerance = {changed.tolerance!r}",
            where=where,
            hint="a share of rows, from 0 to 1",
        )
    return changed


def words(arguments: Mapping[str, Any]) -> str:
    """Give a check's arguments as its name shows them, short and the same in every process.

    >>> words({"min_value": 1, "max_value": 4}), words({"allowed_values": ("b", "a")})
    ('1, 4', 'b, a')
    """
    shown = []
    for name, value in arguments.items():
        if isinstance(value, str):
            text = repr(value)
        elif isinstance(value, Collection):
            text = ", ".join(str(item) for item in in_order(value))
            if len(text) > LONGEST_ARGUMENTS:
                text = f"{len(value)} values"
        elif name in {"include_min", "include_max"}:
            if value:
                continue
            text = f"{name}={value}"
        elif value is None:
            continue
        else:
            text = str(value)
        if isinstance(value, str) and len(text) > LONGEST_ARGUMENTS:
            text = f"{text[: LONGEST_ARGUMENTS - 1]}…"
        if len(arguments) > 1 and None in arguments.values():
            text = f"{name}={text}"
        shown.append(text)
    return ", ".join(shown)


def in_order(values: Collection[Any]) -> list[Any]:
    """Give sets sorted, as their own order differs between processes, and everything else as it stands."""
    if isinstance(values, set | frozenset):
        return sorted(values, key=lambda value: (type(value).__name__, str(value)))
    return list(values)


def distinct_names(rules: Collection[Rule]) -> list[Rule]:
    """Give the rules with `#2`, `#3` … behind names that occurred before.

    >>> [rule.name for rule in distinct_names([Rule("a", "accuracy"), Rule("a", "accuracy")])]
    ['a', 'a#2']
    """
    seen: dict[str, int] = {}
    named = []
    for rule in rules:
        seen[rule.name] = seen.get(rule.name, 0) + 1
        named.append(rule if seen[rule.name] == 1 else replace(rule, name=f"{rule.name}#{seen[rule.name]}"))
    return named
