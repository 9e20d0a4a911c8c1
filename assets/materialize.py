"""Runs a selection of assets in this process, with progress, and ends with what became of every row."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime

import dagster as dg
from dagster import DagsterEventType

from assets.definitions import defs
from assets.history import relax_history
from assets.progress import progress_logger
from dq.cli.status import print_status, wide
from dq.console import Console
from dq.settings import Settings
from dq.warehouse import Warehouse

SUCCEEDED, WRONG_CALL, REFUSED = 0, 2, 4


def location(err: Console) -> dg.Definitions:
    """Give the code location with a logger that people read."""
    with err.status("reading the assets"):
        return dg.Definitions.merge(defs(), dg.Definitions(loggers={"console": progress_logger(err)}))


def materialize(
    place: dg.Definitions,
    keys: AbstractSet[dg.AssetKey],
    settings: Settings,
    *,
    domains: Sequence[str] = (),
    tags: Mapping[str, str] | None = None,
) -> int:
    """Materialize `keys`, print the table of rows of `domains`, and give the exit code: 0, or 4 if a step failed."""
    out, started = wide(Console()), time.monotonic()
    home = settings.home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("DAGSTER_HOME", str(home))
    relax_history()
    with dg.DagsterInstance.get() as instance:
        result = place.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance,
            asset_selection=sorted(keys),
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"steps": len(keys)}}}},
            tags=tags,
        )
    warehouse = Warehouse(settings.warehouse)
    warehouse.finish_run(result.run_id, "succeeded" if result.success else "failed", datetime.now(UTC))
    print_status(warehouse, out, domains)
    out.print(f"\n{len(keys)} tables in {time.monotonic() - started:.0f} s; run {result.run_id}")
    failures = [event for event in result.all_events if event.event_type == DagsterEventType.STEP_FAILURE]
    if not failures:
        return SUCCEEDED
    out.print(
        f"[red]{len(failures)} of {len(keys)} steps failed; "
        "their tables and what hangs on them stay as they were:[/red]"
    )
    for event in failures:
        out.print(f"  [bold]{(event.step_key or '').replace('__', '.', 1)}[/bold]")
    out.print("Run it again when the cause is mended: what has landed is not asked for again.")
    return REFUSED
