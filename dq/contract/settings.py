"""What a model says to dq in its metadata: table, ceiling, rule settings, references. Nothing here judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from dq.errors import ContractError

MAX_REJECTED_SHARE = 0.5
KEYS = ("rules", "max_rejected_share", "references", "covers")
COLUMN_KEYS = ("dimension", "on_fail", "tolerance", "description", "references", "covers", "fresh_within")

ReferenceTo = tuple[tuple[str, ...], str, tuple[str, ...]]
"""Columns here, the other table, its columns."""


@dataclass(frozen=True)
class Settings:
    """`rules` holds settings by rule name; above `max_rejected_share` (0–1) nothing is published.

    `references` are tables where the keys here must be found, `covers` such whose keys must all be found here,
    `fresh` how old the newest value of a column may be.
    """

    table: str
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    max_rejected_share: float = MAX_REJECTED_SHARE
    references: tuple[ReferenceTo, ...] = ()
    covers: tuple[ReferenceTo, ...] = ()
    fresh: Mapping[str, timedelta] = field(default_factory=dict)


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
    fresh: dict[str, timedelta] = {}
    for name, column in schema.columns.items():
        own = column.metadata or {}
        _refuse_unknown(own, COLUMN_KEYS, f"{table}, column {name}")
        if "fresh_within" in own:
            fresh[name] = _length(own["fresh_within"], f"{table}, column {name}")
    return Settings(
        table,
        metadata.get("rules", {}),
        ceiling,
        _to_others("references", schema, metadata, table),
        _to_others("covers", schema, metadata, table),
        fresh,
    )


def _to_others(key: str, schema: Any, metadata: Mapping[str, Any], table: str) -> tuple[ReferenceTo, ...]:
    """Give what fields and the table say of other tables under `key`."""
    found: list[ReferenceTo] = []
    for name, column in schema.columns.items():
        own = column.metadata or {}
        if key in own:
            found.append(((name,), *_target(own[key], f"{table}, column {name}")))
    for columns, target in dict(metadata.get(key, {})).items():
        here = (columns,) if isinstance(columns, str) else tuple(columns)
        other, there = _target(target, table)
        if len(there) != len(here) or not set(here) <= set(schema.columns):
            raise ContractError(f"{key}: {here} → {other}{there} does not fit the columns", where=table)
        found.append((here, other, there))
    return tuple(found)


def _length(value: Any, where: str) -> timedelta:
    if not isinstance(value, timedelta) or value <= timedelta(0):
        raise ContractError(
            f"fresh_within = {value!r}", where=where, hint="a length of time: timedelta(days=2)"
        )
    return value


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
