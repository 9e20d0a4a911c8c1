"""A table about to be published, measured and compared with its own past."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from dq.drift.compare import compare
from dq.drift.finding import Finding
from dq.drift.history import history
from dq.drift.profile import ColumnProfile, profile
from dq.run import Run


@dataclass(frozen=True)
class Watched:
    """What is published with the table: its profiles, and how they differ from the last good ones."""

    profiles: tuple[ColumnProfile, ...] = ()
    findings: tuple[Finding, ...] = ()


def watch(table: str, frame: pl.LazyFrame | pl.DataFrame, run: Run, *, as_text: bool = False) -> Watched:
    """Measure `frame` and compare it with what `table` was; neither is written before the table is.

    `as_text`: the frame is one delivery of a source's fields, of which only the columns are compared.
    """
    profiles = profile(table, frame)
    if as_text and not any(one.rows for one in profiles):
        return Watched()
    now = {one.column_name: one for one in profiles}
    findings = compare(now, history(table, run.warehouse, runs=1), as_text=as_text)
    if (
        findings and not as_text
    ):  # what is as the last time is no drift, so most tables need no more of the past
        findings = compare(now, history(table, run.warehouse))
    return Watched(profiles, findings)
