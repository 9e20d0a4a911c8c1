"""What a step wants to be true of the warehouse, all at once or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from dq.drift.finding import Finding
from dq.drift.profile import ColumnProfile
from dq.ledger import LedgerEntry
from dq.source import Cursor
from dq.verdict import Report


@dataclass(frozen=True)
class Change:
    """One table's change.

    `replace` gives the table these rows and no others, `append` adds them, `replace_where` first removes the rows
    whose `key` is one of `values`. A lazy frame is streamed to disk. Columns new to the table are added to it.
    """

    table: str
    frame: pl.LazyFrame | pl.DataFrame
    mode: Literal["replace", "append", "replace_where"] = "replace"
    key: str | None = None
    values: tuple[str, ...] = ()
    comment: str = ""


@dataclass(frozen=True)
class Publication:
    """Tables, ledger, rule results, scores, profiles, drift, cursor and fingerprints, visible in one snapshot."""

    run_id: str
    changes: tuple[Change, ...]
    ledger: tuple[LedgerEntry, ...] = ()
    reports: tuple[Report, ...] = ()
    cursors: Mapping[str, Cursor] = field(default_factory=dict)
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    profiles: tuple[ColumnProfile, ...] = ()
    drift: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """Proof of a publication: the snapshot that holds it and the rows it wrote, by table."""

    snapshot: int
    rows: Mapping[str, int]
