"""What a model says to dq in its metadata: table, ceiling, rule settings, references. Nothing here judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dq.errors import ContractError

MAX_REJECTED_SHARE = 0.5
KEYS = ("rules", "max_rejected_share", "references")
COLUMN_KEYS = ("dimension", "on_fail", "tolerance", "description", "references")

ReferenceTo = tuple[tuple[str, ...], str, tuple[str, ...]]
"""Columns here, the other table, its columns."""


@dataclass(frozen=True)
class Settings:
    """`rules` holds settings by rule name; above `max_rejected_share` (0–1) nothing is published."""

    table: str
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    max_rejected_share: float = MAX_REJECTED_SHARE
    references: tuple[ReferenceTo, ...] = ()


def read_settings(model: Any, schema: Any) -> Settings:
    """Read the table from `Config.name`, the rest from `Config.metadata["dq"]` and the fields' metadata.

    Raises:
        ContractError: where the table is not named `schema.table`, or a key is unknown.

    """
    table = str(schema.name)
    if table.count(".") != 1:
        raise ContractError(
            f"the contract {model.__name__} does not say which table it is for",
            where=model.__module__,
            hint=f'write `name = "core.<domain>__<source>"` in its Config (it says {table!r})',
        )
    metadata = (getattr(model.__config__, "metadata", None) or {}).get("dq", {})
    _refuse_unknown(metadata, KEYS, table)
    ceiling = metadata.get("max_rejected_share", MAX_REJECTED_SHARE)
    if not 0 <= ceiling <= 1:
        raise ContractError(
            f"max_rejected_share = {ceiling!r}", where=table, hint="a share of rows, from 0 to 1"
        )
    references: list[ReferenceTo] = []
    for name, column in schema.columns.items():
        own = column.metadata or {}
        _refuse_unknown(own, COLUMN_KEYS, f"{table}, column {name}")
        if "references" in own:
            references.append(((name,), *_target(own["references"], f"{table}, column {name}")))
    for columns, target in dict(metadata.get("references", {})).items():
        here = (columns,) if isinstance(columns, str) else tuple(columns)
        other, there = _target(target, table)
        if len(there) != len(here) or not set(here) <= set(schema.columns):
            raise ContractError(
                f"the reference {here} → {other}{there} does not fit the columns", where=table
            )
        references.append((here, other, there))
    return Settings(table, metadata.get("rules", {}), ceiling, tuple(references))


def _target(value: Any, where: str) -> tuple[str, tuple[str, ...]]:
    match value:
        case (str(table), str(column)):
            return table, (column,)
        case (str(table), (list() | tuple()) as columns):
            return table, tuple(columns)
    raise ContractError(
        f"a reference must name a table and its columns, not {value!r}",
        where=where,
        hint='for example ("core.customers", "customer_id")',
    )


def _refuse_unknown(given: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ContractError(
            f"unknown metadata: {', '.join(unknown)}", where=where, hint=f"known is {', '.join(known)}"
        )
