"""raw → core: cleaned, typed, freed of repeats, judged; what fails goes to quarantine as it was read."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl

from dq.clean import repairs_frame
from dq.clean.mask_pii import KINDS as PERSONAL
from dq.clean.mask_pii import masked_text
from dq.drift.finding import alarms
from dq.drift.history import breaking
from dq.drift.watch import watch
from dq.errors import PromiseError
from dq.feed import Feed
from dq.ledger import LedgerEntry
from dq.outcome import Outcome
from dq.publication import Change, Publication
from dq.quarantine import quarantine_table, stamped
from dq.run import Run
from dq.scratch import Scratch
from dq.stage.distinct import without_repeats
from dq.stage.each_once import assert_each_once
from dq.stage.near_repeats import without_near_repeats
from dq.stage.references import reference_states, references
from dq.stage.refused import publish_refusal
from dq.verdict import Report

KEYS = ("_landing_id", "_row")
WITHHELD = "<withheld>"
REPEATED = "select 1 from quality.duplicates where table_name = ? limit 1"


def refine(feed: Feed, run: Run) -> Outcome:
    """Clean and judge the raw rows; publish core, quarantine, repairs, ledger and rule results in one snapshot.

    A blocked table is not published: the last good one stays, and the refused rows lie in
    `quarantine.core__<name>__refused`. So is one whose source's fields broke, where the feed says that this blocks.

    Raises:
        LedgerError: where the feed's `clean` loses, doubles or makes up a row.

    """
    warehouse = run.warehouse
    fingerprint = run.fingerprint(
        feed.core, {feed.raw: warehouse.fingerprint(feed.raw), **reference_states(feed.law, run)}
    )
    if warehouse.fingerprint(feed.core) == fingerprint:
        return Outcome(feed.core, "unchanged")

    if feed.on_schema_drift == "block" and (broken := breaking(feed.raw, feed.core, warehouse)):
        words = "; ".join(one.words for one in broken)
        hint = f"mend the reader, or take the new fields as they are: dq drift {feed.raw} --accept"
        return Outcome(feed.core, "blocked", why=f"the source's fields changed: {words}. To go on, {hint}")

    raw = warehouse.read(feed.raw)
    with Scratch("refine") as scratch:
        return _refined(feed, run, raw, fingerprint, scratch)


def _refined(feed: Feed, run: Run, raw: pl.LazyFrame, fingerprint: str, scratch: Path) -> Outcome:
    """Do the work in files under `scratch`, so that a table may be larger than memory."""
    cleaned = scratch / "cleaned"
    feed.cleaned(raw).sink_parquet(cleaned, engine="streaming", compression="lz4")
    rows_in = assert_each_once(raw, pl.scan_parquet(cleaned), step="clean", where=feed.core)
    distinct, duplicates = (
        without_repeats(cleaned, feed.distinct, scratch / "distinct") if feed.distinct else (cleaned, None)
    )
    accepted, rejected = scratch / "accepted", scratch / "rejected"
    report = feed.law.judge_streaming(
        pl.scan_parquet(distinct),
        accepted=accepted,
        rejected=rejected,
        references=references(feed.law, run),
        now=run.now(),
    )
    ledger = LedgerEntry(
        feed.core,
        rows_in=rows_in,
        accepted=report.accepted,
        quarantined=report.rejected,
        deduplicated=0 if duplicates is None else duplicates.height,
    )
    read = as_read(raw, pl.scan_parquet(rejected), report, scratch / "as_read")
    quarantined = stamped(read, report, run.run_id)
    if report.blocked:
        return publish_refusal(report, quarantined, run)

    freed = without_near_repeats(accepted, feed.near_duplicates, feed.law, run, scratch / "freed")
    ledger = ledger.also_deduplicated(freed.dropped)
    changes = [
        *freed.changes,
        Change(feed.core, pl.scan_parquet(freed.rows), comment=feed.description),
        Change(quarantine_table(feed.core), quarantined),
        Change(
            "quality.repairs",
            per_run(repairs_frame(pl.scan_parquet(cleaned), feed.core), run.run_id, run.now()),
            mode="append",
        ),
    ]
    if duplicates is None and run.warehouse.ask(REPEATED, (feed.core,)):
        # `distinct` is no longer declared: what it dropped is forgotten.
        duplicates = run.warehouse.read("quality.duplicates").head(0).collect()
    if duplicates is not None:
        changes.append(
            Change(
                "quality.duplicates",
                duplicates.select(
                    pl.lit(feed.core).alias("table_name"), *KEYS, "_kept_landing_id", "_kept_row"
                ),
                mode="replace_where",
                key="table_name",
                values=(feed.core,),
            )
        )
    watched = watch(feed.core, pl.scan_parquet(freed.rows), run)
    run.warehouse.publish(
        Publication(
            run_id=run.run_id,
            changes=tuple(changes),
            ledger=(ledger,),
            reports=(report,),
            cursors=freed.cursors,
            fingerprints={feed.core: fingerprint},
            profiles=watched.profiles,
            drift=watched.findings,
        ),
        now=run.now(),
    )
    counts = {"drift": len(alarms(watched.findings)), **freed.counts}
    return Outcome(feed.core, "published", ledger=ledger, report=report, counts=counts)


def as_read(raw: pl.LazyFrame, rejected: pl.LazyFrame, report: Report, to: Path) -> pl.LazyFrame:
    """Give the rejected rows as they were read, with every reason, by way of the file `to`.

    Where cleaning found personal data in a row, its text is masked: the quarantine is read by more people than may
    read the landed bytes, which keep it. Where it is of a kind of the project's own, no text of the row is shown.

    Raises:
        PromiseError: where a rejected row is not among the rows that were read.

    """
    known = pl.element().struct.field("rule").str.extract(r"^pii_(.*?):").is_in(PERSONAL)
    ours = pl.element().struct.field("rule").str.starts_with("pii_")
    reasons = rejected.select(
        *KEYS, "_reasons", _personal=_any(rejected, ours), _own=_any(rejected, ours & ~known)
    )
    joined = raw.join(reasons, on=list(KEYS), how="inner", nulls_equal=True, maintain_order="left")
    schema = raw.collect_schema()
    texts = [name for name, dtype in schema.items() if dtype == pl.String and not name.startswith("_")]
    found = joined.with_columns(_shown(name) for name in texts).drop("_personal", "_own")
    found.sink_parquet(to, engine="streaming", compression="lz4")
    height = int(pl.scan_parquet(to).select(pl.len()).collect().item())
    if height != report.rejected:
        raise PromiseError(
            f"{height:,} of {report.rejected:,} rejected rows were found again among the rows read",
            where=report.table,
            hint="nothing was published; do `_landing_id` and `_row` name each row once?",
        )
    return pl.scan_parquet(to)


def _any(rejected: pl.LazyFrame, found: pl.Expr) -> pl.Expr:
    """Say of each row whether any of its reasons and repairs is such a one."""
    ledgers = [name for name in ("_reasons", "_repairs") if name in rejected.collect_schema()]
    return pl.any_horizontal(
        pl.col(name).list.eval(found).list.any().fill_null(value=False) for name in ledgers
    )


def _shown(name: str) -> pl.Expr:
    """Give a cell as it was read, masked, or withheld."""
    personal = pl.col("_personal")
    masked = pl.when(personal).then(masked_text(pl.when(personal).then(name))).otherwise(name)
    withheld = pl.col("_own") & pl.col(name).is_not_null()
    return pl.when(withheld).then(pl.lit(WITHHELD)).otherwise(masked).alias(name)


def per_run(frame: pl.DataFrame, run_id: str, at: datetime) -> pl.DataFrame:
    """Stamp rows of a quality table with the run and the time."""
    return frame.select(pl.lit(run_id).alias("run_id"), pl.all(), pl.lit(at).alias("at"))
