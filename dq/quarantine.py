"""Where rejected rows lie, and what is stamped on them."""

from __future__ import annotations

from typing import TypeVar

import polars as pl

from dq.verdict import Report


def quarantine_table(table: str) -> str:
    """Name the table that holds the rejected rows of another.

    >>> quarantine_table("core.finance__cdnow")
    'quarantine.core__finance__cdnow'
    """
    return f"quarantine.{table.replace('.', '__')}"


def refused_table(table: str) -> str:
    """Name the table that holds the rejected rows of a table that was not published at all."""
    return f"{quarantine_table(table)}__refused"


Rows = TypeVar("Rows", pl.DataFrame, pl.LazyFrame)


def stamped(rejected: Rows, report: Report, run_id: str) -> Rows:
    """Give rejected rows with the version of the contract that they broke and the run that judged them."""
    return rejected.with_columns(_contract=pl.lit(report.contract_version), _run_id=pl.lit(run_id))
