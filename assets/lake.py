"""The one resource: this deployment's settings, from which each step gets its run."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from dq.code_version import code_version
from dq.run import Run
from dq.settings import Settings

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
        run.warehouse.start_run(run.run_id, run.code_version, run.now())
        return run
