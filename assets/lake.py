"""The one resource: this deployment's settings, from which each step gets its run."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import dagster as dg

from dq.code_version import code_version
from dq.run import Run
from dq.settings import Settings
from dq.warehouse import Warehouse

CHECKOUT = Path(__file__).resolve().parent.parent


class Lake(dg.ConfigurableResource[None]):
    """Where the deployment keeps its data: read from the environment when a step starts."""

    def settings(self) -> Settings:
        """Read the settings."""
        return Settings.of(os.environ, CHECKOUT)

    def run(self, context: dg.AssetExecutionContext) -> Run:
        """Give a step its run, and note in the warehouse that the run has begun."""
        run = Run(
            run_id=context.run_id,
            settings=self.settings(),
            code_version=code_version(CHECKOUT),
            now=lambda: datetime.now(UTC),
            progress=context.log.info,
        )
        _begin(run.run_id, run.settings.warehouse, run.code_version)
        return run


@cache
def _begin(run_id: str, warehouse: Path | str, code: str) -> None:
    """Note once a process that the run has begun: every step asks for it, and each note is a snapshot."""
    Warehouse(warehouse).start_run(run_id, code, datetime.now(UTC))
