"""What the warehouse remembers of a table: its last ledger entry, rule results and scores."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from dq.ledger import LedgerEntry
from dq.run import Run
from dq.verdict import RuleResult


@dataclass(frozen=True)
class Last:
    """The state of a table as it was last published; null or empty where it never was."""

    ledger: LedgerEntry | None
    rules: tuple[RuleResult, ...]
    scores: dict[str, float]


def last(table: str, run: Run) -> Last:
    """Read what the newest run that judged `table` found."""
    ledger = _newest(run, "quality.ledger", table)
    return Last(
        ledger=LedgerEntry(
            table,
            **{
                name: ledger[name][0]
                for name in ("rows_in", "accepted", "quarantined", "deduplicated", "superseded")
            },
        )
        if ledger.height
        else None,
        rules=tuple(
            RuleResult(
                rule=row["rule"],
                dimension=row["dimension"],
                on_fail=row["on_fail"],
                column=row["column_name"],
                checked=row["checked"],
                failed=row["failed"],
                passed=row["passed"],
                description=row["description"],
            )
            for row in _newest(run, "quality.rules", table).to_dicts()
        ),
        scores={
            row["dimension"]: row["score"]
            for row in _newest(run, "quality.scores", table).to_dicts()
            if row["score"] is not None
        },
    )


def _newest(run: Run, quality_table: str, table: str) -> pl.DataFrame:
    if not run.warehouse.exists(quality_table):
        return pl.DataFrame()
    rows = run.warehouse.read(quality_table).filter(pl.col("table_name") == table)
    return rows.filter(pl.col("at") == pl.col("at").max()).collect()
