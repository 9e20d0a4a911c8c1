"""Runs domains through Dagster in this process, with progress, and ends with the table of what became of every row."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import dagster as dg
from dagster import DagsterEventType
from rich.console import Console
from rich.status import Status

from assets.definitions import defs
from assets.lake import CHECKOUT
from dq.cli.status import print_status, wide
from dq.settings import Settings
from dq.warehouse import Warehouse

SUCCEEDED, REFUSED = 0, 4
SHOWN = {
    "requests": "requests",
    "not_modified": "not modified",
    "retries": "retries",
    "quarantined": "quarantined",
    "deduplicated": "repeats dropped",
    "conflicting_cells": "conflicting cells",
    "findings": "findings",
}


def main(domains: Sequence[str]) -> int:
    """Materialize `domains` (all, if none is named) and give the exit code: 0, or 4 where any step failed."""
    settings = Settings.of(os.environ, CHECKOUT)
    out, err = wide(Console()), Console(stderr=True)
    location = dg.Definitions.merge(defs(), dg.Definitions(loggers={"console": _progress(err)}))
    groups = dg.AssetSelection.groups(*domains) if domains else dg.AssetSelection.all()
    job = location.resolve_implicit_global_asset_job_def()
    keys = groups.resolve(location.resolve_asset_graph())
    if not keys:
        err.print(f"[red]no such domain: {' '.join(domains)}[/red]")
        return 2
    started = time.monotonic()
    home = settings.home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("DAGSTER_HOME", str(home))
    with dg.DagsterInstance.get() as instance:
        result = job.execute_in_process(
            instance=instance,
            asset_selection=sorted(keys),
            raise_on_error=False,
            run_config={"loggers": {"console": {}}},
        )
        failures = [event for event in result.all_events if event.event_type == DagsterEventType.STEP_FAILURE]
    warehouse = Warehouse(settings.warehouse)
    warehouse.finish_run(result.run_id, "succeeded" if result.success else "failed", datetime.now(UTC))
    print_status(warehouse, out, domains)
    out.print(f"\n{len(keys)} tables in {time.monotonic() - started:.0f} s; run {result.run_id}")
    if failures:
        out.print(
            f"[red]{len(failures)} of {len(keys)} steps failed; "
            "their tables and what hangs on them stay as they were:[/red]"
        )
        for event in failures:
            out.print(f"  [bold]{(event.step_key or '').replace('__', '.', 1)}[/bold]")
        out.print("Run it again when the cause is mended: what has landed is not asked for again.")
        return REFUSED
    out.print(NEXT)
    return SUCCEEDED


NEXT = """
[bold]What to do next[/bold]
  make ui                                            the graph, the checks, the schedules, in a browser
  .venv/bin/dq sql "from training.social limit 5"    ask the warehouse
  .venv/bin/dq sql "select * from quality.findings"  what the sources do not agree on
  .venv/bin/python examples/sentiment.py             train on what came out
"""


def _progress(console: Console) -> dg.LoggerDefinition:
    """Give a logger that shows the running step, and a line for each that has ended."""

    @dg.logger
    def progress(_: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger("dq.progress", level=logging.DEBUG)  # noqa: LOG001 - not shared, so never doubled
        logger.addHandler(_Progress(console))
        return logger

    return progress


class _Progress(logging.Handler):
    """Turns Dagster's log of a run into a few lines that a person reads."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self.console, self.status = console, Status("", console=console)
        self.began = time.monotonic()
        self.metadata: dict[str, Any] = {}
        self.words = ""

    def emit(self, record: logging.LogRecord) -> None:
        meta = getattr(record, "dagster_meta", {})
        event = meta.get("dagster_event")
        step = (meta.get("step_key") or "").replace("__", ".", 1)
        if event is None:
            if step:
                self.words = str(meta.get("orig_message", record.getMessage()))
                self.status.update(f"{step}  [dim]{self.words}[/dim]")
            return
        kind = event.event_type
        if kind == DagsterEventType.STEP_START:
            self.began, self.metadata = time.monotonic(), {}
            self.status.update(step)
            self.status.start()
        elif kind == DagsterEventType.ASSET_MATERIALIZATION:
            entries = event.event_specific_data.materialization.metadata
            self.metadata = {name: value.value for name, value in entries.items()}
        elif kind in {
            DagsterEventType.STEP_SUCCESS,
            DagsterEventType.STEP_FAILURE,
            DagsterEventType.STEP_SKIPPED,
        }:
            self.status.stop()
            self._line(step, kind, event)
        elif kind == DagsterEventType.STEP_UP_FOR_RETRY:
            self.status.stop()
            self.console.print(f"[yellow]↻[/yellow] {step:30} trying again")

    def _line(self, step: str, kind: DagsterEventType, event: dg.DagsterEvent) -> None:
        took = f"[dim]{time.monotonic() - self.began:5.1f} s[/dim]"
        if kind == DagsterEventType.STEP_SUCCESS:
            rows = self.metadata.get("dagster/row_count")
            words = f"{rows:>8,} rows" if isinstance(rows, int) else ""
            if self.metadata.get("state") == "unchanged":
                words += " · unchanged"
            words += "".join(
                f" · {self.metadata[name]:,} {word}"
                for name, word in SHOWN.items()
                if self.metadata.get(name)
            )
            words += f" · {self.metadata['release']}" if "release" in self.metadata else ""
            self.console.print(f"[green]✓[/green] {step:30} {took} {words}", highlight=False, soft_wrap=True)
        elif kind == DagsterEventType.STEP_FAILURE:
            self.console.print(f"[red]✗[/red] {step:30} {took}", highlight=False)
            data = event.step_failure_data
            failure = data.user_failure_data if data else None
            words = (
                failure.description if failure and failure.description else str(data.error if data else "")
            )
            self.console.print(words, style="red", markup=False, highlight=False)
        else:
            self.console.print(f"[yellow]−[/yellow] {step:30} skipped: what it needs failed", highlight=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
