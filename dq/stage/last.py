"""What the warehouse remembers of a table: its rows, last ledger entry, rule results and scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dq.ledger import LedgerEntry
from dq.run import Run
from dq.verdict import Example, RuleResult

NEWEST = (
    "select {columns} from {table} where table_name = ? qualify snapshot_id = max(snapshot_id) over ({by})"
)
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
    if any(rule[RULE.index("failed")] for rule in rules):
        shown = ("rule", "value", "landing_id", "row")
        for rule, *cells in _newest(run, "quality.examples", shown, table, by="partition by rule"):
            examples[rule] = (*examples.get(rule, ()), Example(*cells))
    return Last(
        rows=rows[0][0] if rows else None,
        ledger=LedgerEntry(table, **dict(zip(LEDGER, ledger[0], strict=True))) if ledger else None,
        rules=tuple(_with_examples(RuleResult(*row), examples) for row in rules),
        scores=tuple((dimension, score) for dimension, score in scores if score is not None),
    )


def _with_examples(rule: RuleResult, examples: Mapping[str, tuple[Example, ...]]) -> RuleResult:
    """Give a rule that failed its newest examples; one that holds now may have old ones."""
    return replace(rule, examples=examples.get(rule.rule, ())) if rule.failed else rule


def _newest(
    run: Run, quality_table: str, columns: tuple[str, ...], table: str, *, by: str = ""
) -> list[tuple[Any, ...]]:
    query = NEWEST.format(columns=", ".join(columns), table=quality_table, by=by)
    return run.warehouse.ask(query, (table,))
