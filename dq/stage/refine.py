"""raw → core: cleaned, typed, freed of repeats, judged; what fails goes to quarantine as it was read."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from dq.clean import repairs_frame
from dq.dedupe import deduplicate
from dq.feed import Feed
from dq.ledger import LedgerEntry
from dq.outcome import Outcome
from dq.publication import Change, Publication
from dq.quarantine import quarantine_table, stamped
from dq.run import Run
from dq.stage.references import reference_states, references
from dq.stage.refused import publish_refusal
from dq.verdict import Verdict

KEYS = ("_landing_id", "_row")


def refine(feed: Feed, run: Run) -> Outcome:
    """Clean and judge the raw rows; publish core, quarantine, repairs, ledger and rule results in one snapshot.

    A blocked table is not published: the last good one stays, and the refused rows lie in
    `quarantine.core__<name>__refused`.
    """
    warehouse = run.warehouse
    fingerprint = run.fingerprint(
        feed.core, {feed.raw: warehouse.fingerprint(feed.raw), **reference_states(feed.law, run)}
    )
    if warehouse.fingerprint(feed.core) == fingerprint:
        return Outcome(feed.core, "unchanged")

    raw = warehouse.read(feed.raw).collect()
    cleaned = feed.cleaned(raw.lazy()).collect()
    parts = deduplicate(cleaned, by=feed.distinct, nulls_equal=True) if feed.distinct else None
    distinct = cleaned if parts is None else parts.kept
    verdict = feed.law.judge(distinct, references(feed.law, run))
    ledger = LedgerEntry(
        feed.core,
        rows_in=raw.height,
        accepted=verdict.accepted.height,
        quarantined=verdict.rejected.height,
        deduplicated=cleaned.height - distinct.height,
    )
    quarantined = as_read(raw, verdict, run)
    if verdict.report.blocked:
        return publish_refusal(verdict.report, quarantined, run)

    changes = [
        Change(feed.core, verdict.accepted, comment=feed.description),
        Change(quarantine_table(feed.core), quarantined),
        Change(
            "quality.repairs",
            per_run(repairs_frame(cleaned, feed.core), run.run_id, run.now()),
            mode="append",
        ),
    ]
    if parts is not None:
        duplicates = parts.dropped.select(
            pl.lit(feed.core).alias("table_name"), *KEYS, "_kept_landing_id", "_kept_row"
        )
        changes.append(
            Change(
                "quality.duplicates", duplicates, mode="replace_where", key="table_name", values=(feed.core,)
            )
        )
    warehouse.publish(
        Publication(
            run_id=run.run_id,
            changes=tuple(changes),
            ledger=(ledger,),
            reports=(verdict.report,),
            fingerprints={feed.core: fingerprint},
        ),
        now=run.now(),
    )
    return Outcome(feed.core, "published", ledger=ledger, report=verdict.report)


def as_read(read: pl.DataFrame, verdict: Verdict, run: Run) -> pl.DataFrame:
    """Give the rejected rows as they were read, with every reason, the contract's version and the run."""
    reasons = verdict.rejected.select(*KEYS, "_reasons")
    rejected = read.join(reasons, on=list(KEYS), how="inner", nulls_equal=True, maintain_order="left")
    return stamped(rejected, verdict.report, run.run_id)


def per_run(frame: pl.DataFrame, run_id: str, at: datetime) -> pl.DataFrame:
    """Stamp rows of a quality table with the run and the time."""
    return frame.select(pl.lit(run_id).alias("run_id"), pl.all(), pl.lit(at).alias("at"))
