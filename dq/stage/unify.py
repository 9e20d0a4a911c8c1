"""core of many sources → one row an entity, with every disagreement and who won it."""

from __future__ import annotations

import polars as pl

from dq.ledger import LedgerEntry
from dq.merge import Merged, merge
from dq.outcome import Outcome
from dq.publication import Change, Publication
from dq.run import Run
from dq.stage.refused import publish_refusal
from dq.unified import Unified


def unify(unified: Unified, run: Run) -> Outcome:
    """Merge the sources' core tables, judge the result, and publish it with its conflicts in one snapshot."""
    warehouse, table = run.warehouse, unified.table
    inputs = {f"core.{name}": warehouse.fingerprint(f"core.{name}") for name in unified.sources}
    fingerprint = run.fingerprint(table, inputs)
    if warehouse.fingerprint(table) == fingerprint:
        return Outcome(table, "unchanged")

    frames = unified.prepare({name: warehouse.read(f"core.{name}") for name in unified.sources})
    merged = merge(frames, entity=unified.entity, survivorship=unified.survivorship, table=table)
    verdict = unified.law.judge(merged.frame)
    rejected = verdict.rejected.with_columns(
        _contract=pl.lit(verdict.report.contract_version), _run_id=pl.lit(run.run_id)
    )
    ledger = LedgerEntry(
        table,
        rows_in=merged.rows_in,
        accepted=verdict.accepted.height,
        quarantined=verdict.rejected.height,
        superseded=merged.superseded,
    )
    counts = _counts(merged)
    if verdict.report.blocked:
        return publish_refusal(verdict.report, rejected, run)
    warehouse.publish(
        Publication(
            run_id=run.run_id,
            changes=(
                Change(table, verdict.accepted, comment=unified.description),
                Change(f"quarantine.{table.replace('.', '__')}", rejected),
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
                    )
                ),
            ),
            ledger=(ledger,),
            reports=(verdict.report,),
            fingerprints={table: fingerprint},
        ),
        now=run.now(),
    )
    return Outcome(table, "published", ledger=ledger, report=verdict.report, counts=counts)


def _counts(merged: Merged) -> dict[str, int]:
    cells = merged.conflicts.select("entity", "column_name").n_unique() if merged.conflicts.height else 0
    return {"entities": merged.entities, "conflicting_cells": cells, "findings": merged.findings.height}
