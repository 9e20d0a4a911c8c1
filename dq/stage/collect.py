"""World → landing → raw: bytes kept as fetched, rows as text, lines that cannot be read in quarantine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from dq import abandoned, scratch
from dq.drift.finding import alarms
from dq.drift.watch import watch
from dq.errors import FetchError, IntegrityError, PromiseError, SourceError
from dq.feed import Feed
from dq.landing import LandingStore, landing_from_row, landings_frame
from dq.ledger import LedgerEntry
from dq.origin import Landing
from dq.outcome import Outcome
from dq.publication import Change, Publication
from dq.quarantine import quarantine_table
from dq.raw import decode_to, spelling
from dq.run import Run
from dq.scratch import Scratch
from dq.source import Derived, Fetched, Surroundings
from dq.unfinished import Unfinished
from dq.visits import visits_frame

SILENT = "without_rows"


def collect(feed: Feed, run: Run) -> Outcome:
    """Fetch what is new, land it, decode it, and publish rows, rejects, landings and cursor in one snapshot.

    Landings that have not changed are not read again. Rows of landings that the source no longer has are replaced.
    Where a run was killed, or a source failed for now, what had landed by then is not asked for again.

    Raises:
        FetchError: where the source could not be had in full; the table stays as it was.

    """
    source, warehouse, store = feed.source, run.warehouse, run.store
    if isinstance(source, Derived):
        return _published(feed, run, store, _landed_by(source.reads, run))
    abandoned.sweep(store.root, run.now())
    scratch.sweep()
    journal = Unfinished(store, source.name, run.now)
    around = Surroundings(
        land=store.land_for(source.name, source.licence, run.now),
        files=run.settings.files,
        now=run.now,
        environment=run.settings.environment,
        progress=run.progress,
        journal=journal,
        partial=run.settings.home / "partial",
    )
    try:
        fetched = source.fetch(warehouse.cursor(source.name), around)
        outcome = _published(feed, run, store, fetched)
    except (SourceError, PromiseError) as error:
        if not (isinstance(error, FetchError) and error.retry):
            journal.doubt()  # else the next run would go on from the same bytes, and end in the same way
        raise
    journal.discard()
    return outcome


def redecode(feed: Feed, run: Run) -> Outcome:
    """Read what has landed once more, and ask the source nothing: a reader that was mended replays old bytes."""
    current = _landings(_known(feed.raw, run), run)
    return _published(feed, run, run.store, Fetched(current, run.warehouse.cursor(feed.source.name)))


def _landed_by(other: str, run: Run) -> Fetched:
    """Give what another source has landed and is made of now."""
    if not run.warehouse.exists(f"raw.{other}"):
        raise FetchError(
            f"{other}, whose landings are read here, has not been fetched", hint=f"first: dq fetch {other}"
        ).for_good()
    return Fetched(_landings(_known(f"raw.{other}", run), run), {})


def _landings(ids: set[str], run: Run) -> tuple[Landing, ...]:
    """Give these landings, the oldest first.

    Raises:
        IntegrityError: where one of them is not on record.

    """
    if not ids:
        return ()
    rows = run.warehouse.read("raw.landings").filter(pl.col("landing_id").is_in(sorted(ids))).collect()
    if missing := sorted(ids - set(rows["landing_id"])):
        raise IntegrityError(
            f"raw rows are of landings that raw.landings does not have, such as {missing[0]}",
            where="raw.landings",
            failed=len(missing),
            of=len(ids),
            hint="nothing was published: reading the rest anew would drop their rows",
        )
    return tuple(landing_from_row(row) for row in rows.sort("fetched_at", maintain_order=True).to_dicts())


def _published(feed: Feed, run: Run, store: LandingStore, fetched: Fetched) -> Outcome:
    """Publish what of `fetched` is new; rows go by way of files, so that they may be more than memory holds."""
    with Scratch("collect") as folder:
        return _decoded(feed, run, store, fetched, folder)


def _decoded(feed: Feed, run: Run, store: LandingStore, fetched: Fetched, folder: Path) -> Outcome:
    source, warehouse = feed.source, run.warehouse
    known = _known(feed.raw, run)
    if fetched.adds:
        every = (*_landings(known, run), *fetched.current)
        fetched = replace(fetched, current=tuple({one.landing_id: one for one in every}.values()))
    current = {landing.landing_id for landing in fetched.current}
    fingerprint = run.fingerprint(feed.raw, dict.fromkeys(sorted(current), ""))
    counts = {**fetched.counts, "landings": len(current)}
    if warehouse.fingerprint(feed.raw) == fingerprint:
        if warehouse.cursor(source.name) != fetched.cursor:
            # The same bodies under new ETags: without this the source would be asked for them on every run.
            warehouse.publish(
                Publication(run_id=run.run_id, changes=(), cursors={source.name: fetched.cursor}),
                now=run.now(),
            )
        return Outcome(feed.raw, "unchanged", counts=counts)

    replay = warehouse.cursor(feed.raw).get("decoded_by") != run.code_version
    fresh = tuple(landing for landing in fetched.current if replay or landing.landing_id not in known)
    run.progress(f"{feed.raw}: {len(fresh):,} of {len(current):,} landings to decode")
    batch = decode_to(source, fresh, store, fetched.decoded, folder=folder)
    stale = known - current
    silent = (_silent(feed.raw, run) & current) - {landing.landing_id for landing in fresh}
    silent |= {landing.landing_id for landing in fresh} - _landings_of(batch.rows, batch.rejects)
    ledger = LedgerEntry(
        feed.raw,
        rows_in=batch.records,
        accepted=batch.accepted,
        quarantined=batch.records - batch.accepted,
    )
    watched = watch(feed.raw, batch.rows, run, as_text=True)
    there = {} if replay else {name.lower(): name for name in _columns(feed.raw, run)}
    rows = batch.rows.rename(spelling(batch.rows.lazy().collect_schema().names(), there))
    warehouse.publish(
        Publication(
            run_id=run.run_id,
            changes=(
                _replace(feed.raw, rows, fresh, stale, whole=replay, comment=feed.description),
                _replace(quarantine_table(feed.raw), batch.rejects, fresh, stale, whole=replay),
                Change(
                    "raw.landings",
                    landings_frame(fresh),
                    mode="replace_where",
                    key="landing_id",
                    values=tuple(landing.landing_id for landing in fresh),
                    comment="Every body ever landed: where it came from, when, under which licence",
                ),
                *_visits(source.name, fetched, run),
            ),
            ledger=(ledger,),
            cursors={
                source.name: fetched.cursor,
                feed.raw: {"decoded_by": run.code_version, SILENT: sorted(silent)},
            },
            fingerprints={feed.raw: fingerprint},
            profiles=watched.profiles,
            drift=watched.findings,
        ),
        now=run.now(),
    )
    counts["drift"] = len(alarms(watched.findings))
    return Outcome(feed.raw, "published", ledger=ledger, counts=counts)


def _visits(source: str, fetched: Fetched, run: Run) -> tuple[Change, ...]:
    """Say why each address was or was not fetched; what the source said before is replaced."""
    if not fetched.visits:
        return ()
    frame = visits_frame(fetched.visits, source, run.run_id, run.now())
    comment = "Of each address that a crawl knew of: why it was or was not fetched"
    return (Change("quality.visits", frame, "replace_where", "source", (source,), comment),)


def _known(raw: str, run: Run) -> set[str]:
    """Give the landings that were decoded: those with rows or rejects in the warehouse, and those that gave neither."""
    there = (
        run.warehouse.read(table) for table in (raw, quarantine_table(raw)) if run.warehouse.exists(table)
    )
    return _landings_of(*there) | _silent(raw, run)


def _silent(raw: str, run: Run) -> set[str]:
    """Give the landings that gave neither row nor reject: a reader that is mended may find rows in them."""
    return set(run.warehouse.cursor(raw).get(SILENT, ()))


def _landings_of(*tables: pl.DataFrame | pl.LazyFrame) -> set[str]:
    ids = (table.lazy().select("_landing_id").unique().collect()["_landing_id"] for table in tables)
    return {landing_id for one in ids for landing_id in one}


def _columns(table: str, run: Run) -> tuple[str, ...]:
    """Give the columns that the table has by now; none before the first publication."""
    return tuple(run.warehouse.read(table).collect_schema()) if run.warehouse.exists(table) else ()


def _replace(
    table: str,
    frame: pl.DataFrame | pl.LazyFrame,
    fresh: tuple[Landing, ...],
    stale: set[str],
    *,
    whole: bool,
    comment: str = "",
) -> Change:
    if whole:
        return Change(table, frame, comment=comment)
    gone = stale | {landing.landing_id for landing in fresh}
    return Change(
        table, frame, mode="replace_where", key="_landing_id", values=tuple(sorted(gone)), comment=comment
    )
