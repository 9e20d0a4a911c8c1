"""What a step says of itself in the UI: counts, ledger, scores, a sample of the quarantine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import dagster as dg

from assets.contract_checks import asset_key, check_results, markdown_cell
from assets.drift_checks import FIELDS, drift_results
from dq.contract import Contract
from dq.drift.finding import KINDS
from dq.outcome import Outcome
from dq.quarantine import quarantine_table
from dq.run import Run
from dq.stage.last import last
from dq.verdict import RuleResult

Event = dg.MaterializeResult[Any] | dg.AssetCheckResult
SAMPLE_ROWS = 5


def show(outcome: Outcome, run: Run, law: Contract | None, *extra: dg.AssetCheckResult) -> Iterator[Event]:
    """Yield the checks and, unless the table was refused, the materialization.

    Raises:
        Failure: where the table was refused; its checks are recorded first, and nothing was published.

    """
    before = last(outcome.table, run)
    if law is not None:
        rules = outcome.report.rules if outcome.report else _as_of_now(before.rules, law, run)
        named = (one.landing_id for rule in rules for one in rule.examples)
        yield from check_results(law, rules, _urls(named, run))
    yield from drift_results(outcome.table, run, FIELDS if law is None else KINDS)
    yield from extra
    if outcome.state == "blocked":
        raise dg.Failure(f"{outcome.table} was not published: {outcome.why}", allow_retries=False)
    ledger = outcome.ledger or before.ledger
    metadata: dict[str, Any] = {"state": outcome.state, **outcome.counts}
    metadata |= {f"score_{dimension}": score for dimension, score in before.scores}
    if ledger is not None:
        metadata |= {
            "dagster/row_count": before.rows,
            "rows_in": ledger.rows_in,
            "accepted": ledger.accepted,
            "quarantined": ledger.quarantined,
            "deduplicated": ledger.deduplicated,
            "superseded": ledger.superseded,
        }
    if law is None and run.warehouse.exists(outcome.table):
        metadata["dagster/column_schema"] = _columns(outcome.table, run)
    sample = quarantine_sample(outcome.table, run)
    if sample is not None:
        metadata["quarantine_sample"] = dg.MetadataValue.md(sample)
    yield dg.MaterializeResult(asset_key=asset_key(outcome.table), metadata=metadata)


def _columns(table: str, run: Run) -> dg.TableSchema:
    """Give the columns that a table without a contract has by now."""
    schema = run.warehouse.read(table).collect_schema()
    return dg.TableSchema(columns=[dg.TableColumn(name, str(dtype)) for name, dtype in schema.items()])


def quarantine_sample(table: str, run: Run) -> str | None:
    """Give the first few rejected rows with their reasons, as a Markdown table; null where there are none."""
    quarantine = quarantine_table(table)
    if not run.warehouse.exists(quarantine):
        return None
    rows = run.warehouse.read(quarantine).select("^(_landing_id|_row|_reasons)$").head(SAMPLE_ROWS).collect()
    if rows.is_empty():
        return None
    urls = _urls(rows["_landing_id"] if "_landing_id" in rows.columns else (), run)
    lines = ["| from | row | reasons |", "|---|---|---|"]
    for row in rows.to_dicts():
        reasons = "; ".join(f"{reason['rule']} ({reason['value']})" for reason in row["_reasons"])
        origin = urls.get(row.get("_landing_id") or "", "several sources")
        lines.append(f"| {origin} | {row.get('_row', '')} | {markdown_cell(reasons)} |")
    return "\n".join(lines)


def _as_of_now(rules: Sequence[RuleResult], law: Contract, run: Run) -> tuple[RuleResult, ...]:
    """Give remembered results, but judge freshness anew: it can start to fail while nobody writes to the table."""
    if not law.asks_age or not run.warehouse.exists(law.table):
        return tuple(rules)
    anew = {rule.rule: rule for rule in law.freshness(run.warehouse.read(law.table), run.now())}
    return tuple(anew.get(rule.rule, rule) for rule in rules)


def _urls(landings: Iterable[str | None], run: Run) -> dict[str, str]:
    """Give where these landings came from; asks nothing where there are none."""
    named = sorted({one for one in landings if one is not None})
    if not named:
        return {}
    query = "select landing_id, url from raw.landings where landing_id in (select unnest(?::varchar[]))"
    return dict(run.warehouse.ask(query, (named,)))
