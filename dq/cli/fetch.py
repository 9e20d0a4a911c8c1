"""`dq fetch`: one source alone, as a dry run that writes nothing or for good, and what came of it in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import duckdb
import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dq.cli.sql_output import print_table
from dq.errors import SourceError
from dq.feed import Feed
from dq.outcome import Outcome
from dq.quarantine import quarantine_table
from dq.run import Run
from dq.sample import Looked, Sample, take_sample
from dq.warehouse.names import qualified

LISTED = 20
"""So many addresses are listed of each state; the rest is a number."""


def dry_run(feed: Feed, run: Run, out: Console, *, bodies: int, rows: int) -> None:
    """Show what a fetch of now would land, and the first rows of it; nothing is written.

    Raises:
        FetchError: where the source failed; what came before that is shown first.

    """
    source = feed.source
    known = _known(feed, run)
    sample = take_sample(
        source,
        run.warehouse.cursor(source.name),
        files=run.settings.files,
        now=run.now,
        environment=run.settings.environment,
        bodies=bodies,
        rows=rows,
        progress=run.progress,
    )
    out.print(Text.assemble((feed.name, "bold"), f" · {type(source).__name__} · licence: {source.licence}"))
    out.print("Dry run: nothing is written.\n", style="dim")
    _print_bodies(sample, known, out)
    _print_rows(sample, out, rows)
    if sample.failure is not None:
        raise sample.failure
    unreadable = [looked.found for looked in sample.bodies if isinstance(looked.found, SourceError)]
    if unreadable and len(unreadable) == len(sample.bodies):
        raise unreadable[0]


def print_outcome(feed: Feed, run: Run, outcome: Outcome, out: Console, seconds: float) -> None:
    """Say what a fetch cost, what became of every record, and why records were rejected."""
    rows = run.warehouse.ask(f"select count(*) from {qualified(feed.raw)}")
    total = rows[0][0] if rows else 0
    head = Text.assemble((feed.raw, "bold"), f": {total:,} rows")
    head.append(" · nothing new" if outcome.state == "unchanged" else " · published", style="green")
    out.print(head)
    out.print(f"  {counted(outcome.counts)} · {seconds:.1f} s", highlight=False)
    if outcome.ledger is not None:
        entry = outcome.ledger
        out.print(
            f"  records read {entry.rows_in:,} = accepted {entry.accepted:,} + rejected {entry.quarantined:,}",
            highlight=False,
        )
    reasons = run.warehouse.ask(
        "select reason.rule, count(*), any_value(reason.value) from "
        f"(select unnest(_reasons) as reason from {qualified(quarantine_table(feed.raw))}) "
        "group by all order by 2 desc, 1"
    )
    for rule, count, example in reasons:
        out.print(f"  rejected by {rule}: {count:,}, such as {example}", markup=False, highlight=False)
    if reasons:
        out.print(f"  all of them: dq quarantine {feed.raw}", style="dim")


def counted(counts: Mapping[str, Any]) -> str:
    """Give counts in words, those that are not zero.

    >>> counted({"requests": 1200, "not_modified": 3, "retries": 0, "landings_new": 2})
    '1,200 requests · 3 not modified · 2 landings new'
    >>> counted({"requests": 1, "bytes": 135, "landings": 1})
    '1 request · 135 bytes · 1 landing'
    """
    shown = [
        f"{value:,} {_words(name, value)}"
        for name, value in counts.items()
        if isinstance(value, int | float) and value
    ]
    return " · ".join(shown) or "nothing was asked for"


def _words(name: str, value: float) -> str:
    """Give a count's name in words; of one the noun stands in the singular."""
    first, *others = name.split("_")
    noun = first.removesuffix("s") if value == 1 and first in {"requests", "landings", "bytes"} else first
    return " ".join([noun, *others])


def _known(feed: Feed, run: Run) -> dict[str, str]:
    """Give the address of each landing that the raw table is made of now, by its id."""
    ids: set[str] = set()
    for table in (feed.raw, quarantine_table(feed.raw)):
        ids |= {row[0] for row in run.warehouse.ask(f"select distinct _landing_id from {qualified(table)}")}
    rows = run.warehouse.ask("select landing_id, url from raw.landings where source = ?", [feed.name])
    return {landing: url for landing, url in rows if landing in ids}


def _print_bodies(sample: Sample, known: Mapping[str, str], out: Console) -> None:
    urls = set(known.values())
    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    table.add_column("state")
    for name in ("status", "bytes", "rows", "rejects"):
        table.add_column(name, justify="right")
    table.add_column("address", overflow="fold")
    for looked in sample.bodies[:LISTED]:
        state = "changed" if looked.landing.origin.url in urls else "new"
        table.add_row(state, *_described(looked))
    fresh = {looked.landing.landing_id for looked in sample.bodies}
    same: list[Any] = []
    if sample.fetched is not None:
        same = [landing for landing in sample.fetched.current if landing.landing_id not in fresh]
    for landing in same[:LISTED]:
        status = "·" if landing.origin.status is None else str(landing.origin.status)
        size = f"{landing.origin.size_bytes:,}"
        table.add_row("unchanged", status, size, "·", "·", Text(landing.origin.url), style="dim")
    out.print(table)
    changed = sum(looked.landing.origin.url in urls for looked in sample.bodies)
    words = [f"{len(sample.bodies) - changed:,} new", f"{changed:,} changed"]
    if sample.fetched is not None:
        current = {landing.landing_id for landing in sample.fetched.current}
        words.append(f"{len(same):,} unchanged since the last time")
        replaced = {looked.landing.origin.url for looked in sample.bodies}
        if gone := [key for key, url in known.items() if key not in current and url not in replaced]:
            words.append(f"{len(gone):,} no longer there")
        out.print(f"\n{' · '.join(words)}\n{counted(sample.fetched.counts)}", highlight=False)
    else:
        words.append(f"{len(known):,} are there from before" if known else "none are there from before")
        why = "the source failed" if sample.failure else "--bodies says where to stop: there is more"
        out.print(f"\n{' · '.join(words)} · stopped early: {why}", highlight=False)


def _described(looked: Looked) -> tuple[str, str, str, str, Text]:
    origin, found = looked.landing.origin, looked.found
    status = "·" if origin.status is None else str(origin.status)
    if isinstance(found, SourceError):
        counts = ("0", "all")
    else:
        counts = (f"{found.height:,}", f"{found.rejected:,}" if found.rejected else "·")
    return status, f"{origin.size_bytes:,}", *counts, Text(origin.url)


def _print_rows(sample: Sample, out: Console, rows: int) -> None:
    read = [looked.found for looked in sample.bodies if not isinstance(looked.found, SourceError)]
    frames = [glance.rows for glance in read if glance.rows.height]
    if frames and rows:
        first = pl.concat(frames, how="diagonal").head(rows)
        total = sum(glance.height for glance in read)
        out.print(f"\nFirst rows of {total:,}, as text:", style="bold", highlight=False)
        with duckdb.connect() as connection:
            print_table(connection.from_arrow(first.to_arrow()), out)
    reasons: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for glance in read:
        reasons.update(glance.refused)
        examples = {**glance.examples, **examples}
    for looked in sample.bodies:
        if isinstance(looked.found, SourceError):
            reasons["decode"] += 1
            examples.setdefault("decode", f"{looked.landing.origin.url}: {looked.found.what}")
    for rule, count in reasons.most_common():
        out.print(f"rejected by {rule}: {count:,}, such as {examples[rule]}", markup=False, highlight=False)
