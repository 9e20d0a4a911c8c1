"""The log of a run, as a few lines that a person reads while it runs."""

from __future__ import annotations

import logging
import time
from typing import Any

import dagster as dg
from dagster import DagsterEventType
from rich.markup import escape
from rich.status import Status

from dq.console import Console

SHOWN = {
    "requests": ("request", "requests"),
    "not_modified": ("not modified", "not modified"),
    "resumed": ("resumed", "resumed"),
    "retries": ("retry", "retries"),
    "refused": ("refused by robots.txt", "refused by robots.txt"),
    "quarantined": ("quarantined", "quarantined"),
    "deduplicated": ("repeat dropped", "repeats dropped"),
    "conflicting_cells": ("conflicting cell", "conflicting cells"),
    "rows_in_too_common_blocks": ("row in a too common block", "rows in too common blocks"),
    "findings": ("finding", "findings"),
    "drift": ("drift", "drifts"),
}
"""What a line says of a step, by the name in its metadata: the word for one, and for more."""


def progress_logger(console: Console) -> dg.LoggerDefinition:
    """Give a logger that shows the running step, and a line for each that has ended."""
    console = console.outlasting()

    @dg.logger(config_schema={"steps": dg.Field(int, description="How many steps the run has.")})
    def progress(context: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger("dq.progress", level=logging.DEBUG)  # noqa: LOG001 - not shared, so never doubled
        logger.addHandler(_Progress(console, context.logger_config["steps"]))
        return logger

    return progress


class _Progress(logging.Handler):
    """Turns Dagster's log of a run into a few lines that a person reads."""

    def __init__(self, console: Console, steps: int) -> None:
        super().__init__()
        self.console, self.status = console, Status("", console=console)
        self.steps, self.step = steps, 0
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
                self._show(step)
            return
        kind = event.event_type
        if kind == DagsterEventType.STEP_START:
            self.began, self.metadata, self.words = time.monotonic(), {}, ""
            self.step += 1
            self._show(step)
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

    def _show(self, step: str) -> None:
        self.status.update(f"{self.step}/{self.steps} {step}  [dim]{escape(self.words)}[/dim]")

    def _line(self, step: str, kind: DagsterEventType, event: dg.DagsterEvent) -> None:
        took = f"[dim]{time.monotonic() - self.began:5.1f} s[/dim]"
        if kind == DagsterEventType.STEP_SUCCESS:
            rows = self.metadata.get("dagster/row_count")
            words = f"{rows:>8,} rows" if isinstance(rows, int) else ""
            if self.metadata.get("state") == "unchanged":
                words += " · unchanged"
            words += "".join(
                f" · {self.metadata[name]:,} {one if self.metadata[name] == 1 else more}"
                for name, (one, more) in SHOWN.items()
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
