"""What the warehouse remembers of a table: its rows, last ledger entry, rule results and scores."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from dq.ledger import LedgerEntry
from dq.run import Run
from dq.verdict import Example, RuleResult

NEWEST = """
select {columns} from {table}
where table_name = ? and snapshot_id = (select max(snapshot_id) from {judged} where table_name = ?)
"""
LEDGER = ("rows_in", "accepted", "quarantined", "deduplicated", "superseded")
RULE = ("rule", "dimension", "on_fail", "column_name", "checked", "failed", "passed", "description")


@dataclass(frozen=True)
class Last:
    """The state of a table as it was last published; null or empty where it never was."""

    rows: int | None = None
    ledger: LedgerEntry | None = None
    rules: tuple[RuleResult, ...] = ()
    scores: tuple[tuple[str, float], ...] = ()


def last(table: str, run: Run) -> Last:
    """Read what the newest run that judged `table` found."""
    ledger = _newest(run, "quality.ledger", LEDGER, table)
    rules = _newest(run, "quality.rules", RULE, table)
    scores = _newest(run, "quality.scores", ("dimension", "score"), table)
    rows = _newest(run, "quality.tables", ("rows",), table)
    examples: dict[str, tuple[Example, ...]] = {}
    for rule, *cells in _newest(run, "quality.examples", ("rule", "value", "landing_id", "row"), table):
        examples[rule] = (*examples.get(rule, ()), Example(*cells))
    return Last(
        rows=rows[0][0] if rows else None,
        ledger=LedgerEntry(table, **dict(zip(LEDGER, ledger[0], strict=True))) if ledger else None,
        rules=tuple(replace(RuleResult(*row), examples=examples.get(row[0], ())) for row in rules),
        scores=tuple((dimension, score) for dimension, score in scores if score is not None),
    )


def _newest(run: Run, quality_table: str, columns: tuple[str, ...], table: str) -> list[tuple[Any, ...]]:
    judged = "quality.rules" if quality_table == "quality.examples" else quality_table  # a good run has none
    query = NEWEST.format(columns=", ".join(columns), table=quality_table, judged=judged)
    return run.warehouse.ask(query, (table, table))
