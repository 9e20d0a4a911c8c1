"""core of many sources → one row per entity, with every disagreement and who won it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from dq.drift.finding import alarms
from dq.drift.watch import watch
from dq.errors import LedgerError
from dq.ledger import LedgerEntry
from dq.match import Matched, match_entities
from dq.match.candidates import MOST_IN_BLOCK
from dq.merge import Merged, merge_streaming
from dq.outcome import Outcome
from dq.publication import Change, Publication
from dq.quarantine import quarantine_table, stamped
from dq.run import Run
from dq.scratch import Scratch
from dq.stage.each_once import assert_each_once
from dq.stage.near_repeats import without_near_repeats
from dq.stage.references import reference_states, references
from dq.stage.refused import publish_refusal
from dq.unified import Frames, Unified
from dq.verdict import RuleResult


def unify(unified: Unified, run: Run) -> Outcome:
    """Merge the sources' core tables, judge the result, and publish it with its conflicts in one snapshot.

    Raises:
        LedgerError: where the declaration's `prepare` loses, doubles or makes up a row.

    """
    warehouse, table = run.warehouse, unified.table
    inputs = {f"core.{name}": warehouse.fingerprint(f"core.{name}") for name in unified.sources}
    fingerprint = run.fingerprint(table, inputs | reference_states(unified.law, run))
    if warehouse.fingerprint(table) == fingerprint:
        return Outcome(table, "unchanged")

    core = {name: warehouse.read(f"core.{name}") for name in unified.sources}
    frames = unified.prepare(core)
    _assert_prepared(core, frames, table)
    with Scratch("unify") as scratch:
        return _unified(unified, run, frames, fingerprint, scratch)


def _assert_prepared(core: Frames, frames: Frames, table: str) -> None:
    """Hold a declaration's `prepare` to every row of every source, before the merge counts what it is given."""
    if odd := sorted(core.keys() ^ frames.keys()):
        raise LedgerError(
            f"prepare must give every source once; it left out or made up {', '.join(odd)}",
            where=table,
            hint="it takes and returns one frame per source, by the source's name",
        )
    for name, frame in frames.items():
        assert_each_once(core[name], frame, step=f"prepare, of {name},", where=table)


def _unified(unified: Unified, run: Run, frames: Frames, fingerprint: str, scratch: Path) -> Outcome:
    """Do the work in files under `scratch`, so that a table may be larger than memory."""
    warehouse, table = run.warehouse, unified.table
    matched = match_entities(frames, unified.match, entity=unified.entity) if unified.match else None
    for block, rows in matched.skipped.items() if matched else ():
        if rows:
            run.progress(
                f"{table}: {rows:,} rows share {block} with more than {MOST_IN_BLOCK:,} others, and are not compared "
                "by that block; one with a further column would"
            )
    merged = merge_streaming(
        matched.frames if matched else frames,
        entity=unified.entity,
        survivorship=unified.survivorship,
        table=table,
        scratch=scratch,
    )
    accepted = scratch / "accepted"
    judged = unified.law.judge_streaming(
        merged.frame,
        accepted=accepted,
        rejected=scratch / "rejected",
        references=references(unified.law, run),
        now=run.now(),
    )
    report = replace(judged, rules=(*judged.rules, *agreement_rules(merged.agreement)))
    rejected = stamped(pl.scan_parquet(scratch / "rejected"), report, run.run_id)
    ledger = LedgerEntry(
        table,
        rows_in=merged.rows_in,
        accepted=report.accepted,
        quarantined=report.rejected,
        superseded=merged.superseded,
    )
    counts = _counts(merged) | (_match_counts(matched) if matched else {})
    if report.blocked:
        return publish_refusal(report, rejected, run)
    evidence: dict[str, pl.LazyFrame] = {
        "conflicts": merged.conflicts,
        "agreement": merged.agreement.lazy(),
        "findings": merged.findings.lazy(),
        "trust": merged.trust.lazy(),
        **({"matches": matched.matches.lazy()} if matched else {}),
    }
    freed = without_near_repeats(accepted, unified.near_duplicates, unified.law, run, scratch / "freed")
    ledger = ledger.also_deduplicated(freed.dropped)
    watched = watch(table, pl.scan_parquet(freed.rows), run)
    warehouse.publish(
        Publication(
            run_id=run.run_id,
            changes=(
                Change(table, pl.scan_parquet(freed.rows), comment=unified.description),
                Change(quarantine_table(table), rejected),
                *(_of_now(name, frame, table, run) for name, frame in evidence.items()),
                *freed.changes,
            ),
            ledger=(ledger,),
            reports=(report,),
            cursors=freed.cursors,
            fingerprints={table: fingerprint},
            profiles=watched.profiles,
            drift=watched.findings,
        ),
        now=run.now(),
    )
    counts |= {"drift": len(alarms(watched.findings)), **freed.counts}
    return Outcome(table, "published", ledger=ledger, report=report, counts=counts)


def _of_now(name: str, frame: pl.LazyFrame, table: str, run: Run) -> Change:
    """Replace what `quality.<name>` says of the table."""
    said = frame.select(pl.lit(run.run_id).alias("run_id"), pl.lit(table).alias("table_name"), pl.all())
    return Change(f"quality.{name}", said, mode="replace_where", key="table_name", values=(table,))


def agreement_rules(agreement: pl.DataFrame) -> tuple[RuleResult, ...]:
    """Turn what pairs of sources say of the same cell into one rule per column, of dimension consistency.

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


def _counts(merged: Merged[pl.LazyFrame]) -> dict[str, int]:
    # Conflicts stand by column and entity, so each cell starts where one of the two changes.
    cell = pl.struct("column_name", "entity")
    cells = merged.conflicts.select((cell != cell.shift(1)).fill_null(value=True).sum())
    return {
        "entities": merged.entities,
        "conflicting_cells": int(cells.collect(engine="streaming").item()),
        "findings": merged.findings.height,
    }


def _match_counts(matched: Matched) -> dict[str, int]:
    decisions = matched.matches["decision"]
    too_common = sum(matched.skipped.values())
    return {
        "matched_pairs": int((decisions == "match").sum()),
        "pairs_to_review": int((decisions == "review").sum()),
        "rows_in_too_common_blocks": too_common,
    }
