"""core → training: shaped, split, judged, released; the table shows the newest release that passed its gate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from dq.clean import repairs_frame
from dq.dedupe import near_index, near_pairs
from dq.drift.finding import alarms
from dq.drift.watch import watch
from dq.errors import PromiseError
from dq.ledger import LedgerEntry
from dq.outcome import Outcome
from dq.publication import Change, Publication
from dq.quarantine import quarantine_table, refused_table, stamped
from dq.release import Check, Gate, Release, build_release
from dq.required_columns import require
from dq.run import Run
from dq.scores import scores
from dq.scratch import Scratch
from dq.split import assign_split, split_in_order, split_stratified
from dq.stage.each_once import assert_each_once, left_out
from dq.stage.ingredients import conflicts, flows, source_uses, terms
from dq.stage.label_doubts import label_doubts
from dq.stage.last import last
from dq.stage.leaks import leak_checks, leaks, leaks_change
from dq.stage.references import reference_states, references
from dq.stage.refine import per_run
from dq.training_set import TrainingSet
from dq.verdict import Report


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

    with Scratch("serve") as scratch:
        return _served(training, run, consents or {}, fingerprint, scratch, force=force)


def _served(
    training: TrainingSet,
    run: Run,
    consents: Mapping[str, str],
    fingerprint: str,
    scratch: Path,
    *,
    force: bool,
) -> Outcome:
    """Do the work in files under `scratch`, so that a training set may be larger than memory.

    In memory are only the columns that say which rows belong together: the key, the label or the order, and the text
    where near repeats must not part.
    """
    table, text = training.table, training.cluster_by
    merged, shaped = run.warehouse.read(training.table_from), scratch / "shaped"
    training.shape(merged).sink_parquet(shaped, engine="streaming", compression="lz4")
    unused = _unused(training, merged, pl.scan_parquet(shaped))
    together = _only(shaped, training.key, text, training.label, training.in_order_of)
    tied = near_pairs(near_index(together, training.key, text)) if text and training.near else None
    divided = with_split(shaped, _divided(training, together, tied)["split"], scratch / "divided")
    rows = _learned(training, divided, scratch / "learned")
    accepted, rejected = scratch / "accepted", scratch / "rejected"
    report = training.law.judge_streaming(
        rows,
        accepted=accepted,
        rejected=rejected,
        references=references(training.law, run),
        now=run.now(),
    )
    compared = (name for benchmark in training.benchmarks for name in (benchmark.text, benchmark.key))
    leaking = leaks(_only(accepted, training.key, text, "split", *compared), training, tied, run)
    uses = source_uses(training, run, consents)
    release = build_release(
        pl.scan_parquet(accepted),
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
        flow=flows(training, run, report),
        conflicts=conflicts(training, run),
        force=force,
    )
    return _publish(
        training,
        run,
        release,
        report,
        accepted=pl.scan_parquet(accepted),
        rejected=pl.scan_parquet(rejected),
        leaking=leaking,
        repairs=repairs_frame(rows, table),
        fingerprint=fingerprint,
        rows_in=together.height,
    )


def _unused(training: TrainingSet, merged: pl.LazyFrame, shaped: pl.LazyFrame) -> tuple[str, ...]:
    """Say in words how many rows `shape` used nowhere; where it does not regroup them, it may leave out none."""
    if not training.regroups:
        assert_each_once(merged, shaped, step="shape", where=training.table)
        return ()
    count = left_out(merged, shaped)
    of = int(merged.select(pl.len()).collect().item())
    return (f"{count:,} of {of:,} rows of {training.table_from} are in no row of this set.",) if count else ()


def with_split(shaped: Path, split: pl.Series, to: Path) -> pl.LazyFrame:
    """Give the rows of a file with the column `split`, by way of the file `to`."""
    rows = pl.concat([pl.scan_parquet(shaped), split.to_frame("split").lazy()], how="horizontal")
    rows.sink_parquet(to, engine="streaming", compression="lz4")
    return pl.scan_parquet(to)


def _learned(training: TrainingSet, divided: pl.LazyFrame, to: Path) -> pl.LazyFrame:
    """Let the training set fill and clip by what its training split teaches, and see that the rows are the same.

    Raises:
        PromiseError: where rows were lost, doubled, reordered or moved to another split.

    """
    if training.learned is None:
        return divided
    train = divided.filter(pl.col("split") == next(iter(training.shares))).drop("split")
    training.learned(train, divided).sink_parquet(to, engine="streaming", compression="lz4")
    before, after = (rows.select(training.key, "split").collect() for rows in (divided, pl.scan_parquet(to)))
    if not after.equals(before):
        raise PromiseError(
            f"learned gave back other rows than it was given ({before.height:,}, now {after.height:,})",
            where=training.table,
            hint="it may fill and clip cells and add columns; rows, their order and their split stay",
        )
    return pl.scan_parquet(to)


def _only(path: Path, *columns: str | None) -> pl.DataFrame:
    rows = pl.scan_parquet(path)
    named = [name for name in dict.fromkeys(columns) if name]
    require(rows, named, "a training set")
    return rows.select(named).collect(engine="streaming")


def _divided(training: TrainingSet, shaped: pl.DataFrame, tied: pl.DataFrame | None) -> pl.DataFrame:
    """Give the rows their splits: by time, by label or by hash, as was declared."""
    key, shares, salt, text = training.key, training.shares, training.dataset, training.cluster_by
    if training.in_order_of:
        return split_in_order(
            shaped, training.in_order_of, shares=shares, entity=key, cluster_by=text, tied=tied
        )
    if training.stratified:
        return split_stratified(
            shaped, key, training.label, shares=shares, salt=salt, cluster_by=text, tied=tied
        )
    return assign_split(shaped, key, shares=shares, salt=salt, cluster_by=text, tied=tied)


def _publish(
    training: TrainingSet,
    run: Run,
    release: Release,
    report: Report,
    *,
    accepted: pl.LazyFrame,
    rejected: pl.LazyFrame,
    leaking: pl.DataFrame,
    repairs: pl.DataFrame,
    fingerprint: str,
    rows_in: int,
) -> Outcome:
    table = training.table
    row = pl.DataFrame(
        {
            "run_id": [run.run_id],
            "dataset": [release.dataset],
            "version": [release.version],
            "content_hash": [release.content_hash],
            "rows": [report.accepted],
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
    ledger = LedgerEntry(table, rows_in=rows_in, accepted=report.accepted, quarantined=report.rejected)
    watched = watch(table, accepted, run)
    beside: list[Change] = []
    if training.doubt_labels:
        change, words = label_doubts(accepted, training, run)
        beside, counts = [change], counts | words
    if not repairs.is_empty():
        beside.append(Change("quality.repairs", per_run(repairs, run.run_id, run.now()), mode="append"))
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
                *beside,
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
