"""core → training: shaped, split, judged, released; the table shows the newest release that passed its gate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from dq.dedupe_near import near_index, near_pairs
from dq.drift.finding import alarms
from dq.drift.watch import watch
from dq.ledger import LedgerEntry
from dq.outcome import Outcome
from dq.publication import Change, Publication
from dq.quarantine import quarantine_table, refused_table, stamped
from dq.release import Check, Gate, Release, build_release
from dq.run import Run
from dq.scores import scores
from dq.split import assign_split
from dq.split_in_order import split_in_order
from dq.split_stratified import split_stratified
from dq.stage.each_once import assert_each_once, left_out
from dq.stage.ingredients import conflicts, flows, source_uses, terms
from dq.stage.label_doubts import label_doubts
from dq.stage.last import last
from dq.stage.leaks import leak_checks, leaks, leaks_change
from dq.stage.references import reference_states, references
from dq.training_set import TrainingSet
from dq.verdict import Report, Verdict


def serve(
    training: TrainingSet, run: Run, *, consents: Mapping[str, str] | None = None, force: bool = False
) -> Outcome:
    """Make a release of the merged table and, where its gate passed, show it as `training.<dataset>`.

    A release that did not pass exists and is marked; the table and the loader stay with the last good one.
    `consents` says, by source, what the people in the data agreed to.
    With `force` the next version is made even where nothing has changed.

    Raises:
        LedgerError: where the declaration's `shape` loses, doubles or makes up a row.

    """
    warehouse, table = run.warehouse, training.table
    fingerprint = run.fingerprint(
        table,
        {
            training.table_from: warehouse.fingerprint(training.table_from),
            **reference_states(training.law, run),
            **{f"benchmark {one.name}": one.fingerprint(run.settings.files) for one in training.benchmarks},
        },
    )
    if warehouse.fingerprint(table) == fingerprint and not force:
        return Outcome(table, "unchanged")

    merged = warehouse.read(training.table_from).collect()
    shaped = training.shape(merged.lazy()).collect()
    unused = _unused(training, merged.lazy(), shaped.lazy())
    text = training.cluster_by
    tied = near_pairs(near_index(shaped, training.key, text)) if text and training.near else None
    divided = _divided(training, shaped, tied)
    verdict = training.law.judge(divided, references(training.law, run), now=run.now())
    report = verdict.report
    leaking = leaks(verdict.accepted, training, tied, run)
    uses = source_uses(training, run, consents or {})
    release = build_release(
        verdict.accepted,
        dataset=training.dataset,
        root=run.settings.releases,
        key=training.key,
        features=training.features,
        label=training.label,
        split="split",
        sources=uses,
        contract_versions={table: report.contract_version},
        scores=_scores(training, report, run),
        gate=Gate(
            floors=training.floors,
            checks=(
                _contract(report),
                *leak_checks(leaking, training),
                *terms(training, uses),
            ),
        ),
        code_version=run.code_version,
        now=run.now(),
        notes=(*training.limits, *unused),
        flow=flows(training, run, report, shaped.height, verdict.accepted.height),
        conflicts=conflicts(training, run),
        force=force,
    )
    return _publish(
        training, run, release, verdict, leaking=leaking, fingerprint=fingerprint, rows_in=shaped.height
    )


def _unused(training: TrainingSet, merged: pl.LazyFrame, shaped: pl.LazyFrame) -> tuple[str, ...]:
    """Say in words how many rows `shape` used nowhere; where it does not regroup them, it may leave out none."""
    if not training.regroups:
        assert_each_once(merged, shaped, step="shape", where=training.table)
        return ()
    count = left_out(merged, shaped)
    of = int(merged.select(pl.len()).collect().item())
    return (f"{count:,} of {of:,} rows of {training.table_from} are in no row of this set.",) if count else ()


def _divided(training: TrainingSet, shaped: pl.DataFrame, tied: pl.DataFrame | None) -> pl.DataFrame:
    """Give the rows their splits: by time, by label or by hash, as was declared."""
    key, shares, salt, text = training.key, training.shares, training.dataset, training.cluster_by
    if training.in_order_of:
        return split_in_order(shaped, training.in_order_of, shares=shares)
    if training.stratified:
        return split_stratified(
            shaped, key, training.label, shares=shares, salt=salt, cluster_by=text, tied=tied
        )
    return assign_split(shaped, key, shares=shares, salt=salt, cluster_by=text, tied=tied)


def _publish(
    training: TrainingSet,
    run: Run,
    release: Release,
    verdict: Verdict,
    *,
    leaking: pl.DataFrame,
    fingerprint: str,
    rows_in: int,
) -> Outcome:
    table, report, accepted, rejected = training.table, verdict.report, verdict.accepted, verdict.rejected
    row = pl.DataFrame(
        {
            "run_id": [run.run_id],
            "dataset": [release.dataset],
            "version": [release.version],
            "content_hash": [release.content_hash],
            "rows": [accepted.height],
            "passed": [release.passed],
            "reasons": ["; ".join(release.manifest.gate.reasons)],
            "path": [str(release.path)],
            "at": [run.now()],
        }
    )
    counts: dict[str, Any] = {
        "release": f"{release.dataset}@v{release.version}",
        "content_hash": release.content_hash,
        "gate": "passed" if release.passed else "failed: " + "; ".join(release.manifest.gate.reasons),
        "manifest": str(release.path / "manifest.json"),
        "card": str(release.path / "card.html"),
    }
    evidence = stamped(rejected, report, run.run_id)
    releases = Change("quality.releases", row, mode="append", comment="Every release that was made")
    found = leaks_change(leaking, training, run)
    if not release.passed:
        run.warehouse.publish(
            Publication(
                run_id=run.run_id,
                changes=(releases, Change(refused_table(table), evidence), found),
                reports=(report,),
            ),
            now=run.now(),
        )
        return Outcome(table, "blocked", report=report, counts=counts, why=counts["gate"])
    ledger = LedgerEntry(table, rows_in=rows_in, accepted=accepted.height, quarantined=rejected.height)
    watched = watch(table, accepted, run)
    doubts: list[Change] = []
    if training.doubt_labels:
        change, words = label_doubts(accepted, training, run)
        doubts, counts = [change], counts | words
    run.warehouse.publish(
        Publication(
            run_id=run.run_id,
            changes=(
                Change(
                    table,
                    accepted.with_columns(_release=pl.lit(counts["release"])),
                    comment=f"{training.description}: the newest release that passed its gate",
                ),
                Change(quarantine_table(table), evidence),
                releases,
                found,
                *doubts,
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


def _scores(training: TrainingSet, report: Report, run: Run) -> dict[str, float]:
    """Give each dimension's score; where the contract has no rule of it, that of the table it is made from."""
    own: dict[str, float] = {
        score.dimension: score.score for score in scores(report) if score.score is not None
    }
    return {**dict(last(training.table_from, run).scores), **own}


def _contract(report: Report) -> Check:
    return Check(
        "contract", passed=report.blocked is None, words=report.blocked or "every blocking rule holds"
    )
