"""The other tables that a contract's rules name."""

from __future__ import annotations

import polars as pl

from dq.contract import Contract
from dq.run import Run


def references(law: Contract, run: Run) -> dict[str, pl.LazyFrame]:
    """Give each table that a rule of `law` names and that the warehouse has; one that is missing fails the rule."""
    return {table: run.warehouse.read(table) for table in law.references if run.warehouse.exists(table)}


def reference_states(law: Contract, run: Run) -> dict[str, str | None]:
    """Give the fingerprint of each of these tables: where one has changed, the table is judged anew."""
    return {table: run.warehouse.fingerprint(table) for table in law.references}
