"""core of many sources → one row an entity, with every disagreement and who won it."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from dq.drift.finding import alarms
from dq.drift.watch import watch
from dq.ledger import LedgerEntry
from dq.match import Matched, match_entities
from dq.merge import Merged, merge
from dq.outcome import Outcome
from dq.publication import Change, Publication
from dq.quarantine import quarantine_table, stamped
from dq.run import Run
from dq.stage.references import reference_states, references
from dq.stage.refused import publish_refusal
from dq.unified import Unified
from dq.verdict import RuleResult


def unify(unified: Unified, run: Run) -> Outcome:
    """Merge the sources' core tables, judge the result, and publish it with its conflicts in one snapshot."""
    warehouse, table = run.warehouse, unified.table
    inputs = {f"core.{name}": warehouse.fingerprint(f"core.{name}") for name in unified.sources}
    fingerprint = run.fingerprint(table, inputs | reference_states(unified.law, run))
    if warehouse.fingerprint(table) == fingerprint:
        return Outcome(table, "unchanged")

    frames = unified.prepare({name: warehouse.read(f"core.{name}") for name in unified.sources})
    matched = match_entities(frames, unified.match, entity=unified.entity) if unified.match else None
    merged = merge(
        matched.frames if matched else frames,
        entity=unified.entity,
        survivorship=unified.survivorship,
        table=table,
    )
    verdict = unified.law.judge(merged.frame, references(unified.law, run), now=run.now())
    report = replace(verdict.report, rules=(*verdict.report.rules, *agreement_rules(merged.agreement)))
    rejected = stamped(verdict.rejected, report, run.run_id)
    ledger = LedgerEntry(
        table,
        rows_in=merged.rows_in,
        accepted=verdict.accepted.height,
        quarantined=verdict.rejected.height,
        superseded=merged.superseded,
    )
    counts = _counts(merged) | (_match_counts(matched) if matched else {})
    if report.blocked:
        return publish_refusal(report, rejected, run)
    watched = watch(table, verdict.accepted, run)
    warehouse.publish(
        Publication(
            run_id=run.run_id,
            changes=(
                Change(table, verdict.accepted, comment=unified.description),
                Change(quarantine_table(table), rejected),
                *(
                    Change(
                        f"quality.{name}",
                        frame.select(
                            pl.lit(run.run_id).alias("run_id"), pl.lit(table).alias("table_name"), pl.all()
                        ),
                        mode="replace_where",
                        key="table_name",
                        values=(table,),
                    )
                    for name, frame in (
                        ("conflicts", merged.conflicts),
                        ("agreement", merged.agreement),
                        ("findings", merged.findings),
                        ("trust", merged.trust),
                        *([("matches", matched.matches)] if matched else []),
                    )
                ),
            ),
            ledger=(ledger,),
            reports=(report,),
            fingerprints={table: fingerprint},
            profiles=watched.profiles,
            drift=watched.findings,
        ),
        now=run.now(),
    )
    counts["drift"] = len(alarms(watched.findings))
    return Outcome(table, "published", ledger=ledger, report=report, counts=counts)


def agreement_rules(agreement: pl.DataFrame) -> tuple[RuleResult, ...]:
    """Turn what pairs of sources say of the same cell into one rule a column, of dimension consistency.

    `checked` counts pairs of values of one cell, `failed` the pairs that differ.
    """
    columns = agreement.group_by("column_name").agg(pl.col("both", "agree").sum()).sort("column_name")
    return tuple(
        RuleResult(
            rule=f"{name}:sources_agree",
            dimension="consistency",
            on_fail="warn",
            column=name,
            checked=both,
            failed=both - agree,
            passed=both == agree,
            description=f"sources that know {name} say the same",
        )
        for name, both, agree in columns.select("column_name", "both", "agree").iter_rows()
        if both
    )


def _counts(merged: Merged) -> dict[str, int]:
    cells = merged.conflicts.select("entity", "column_name").n_unique() if merged.conflicts.height else 0
    return {"entities": merged.entities, "conflicting_cells": cells, "findings": merged.findings.height}


def _match_counts(matched: Matched) -> dict[str, int]:
    decisions = matched.matches["decision"]
    too_common = sum(matched.skipped.values())
    return {
        "matched_pairs": int((decisions == "match").sum()),
        "pairs_to_review": int((decisions == "review").sum()),
        "rows_in_too_common_blocks": too_common,
    }
