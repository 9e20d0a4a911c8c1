"""The one resource: this deployment's settings, from which each step gets its run."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import dagster as dg
from pydantic import PrivateAttr

from dq.code_version import code_version
from dq.run import Run
from dq.settings import Settings
from dq.warehouse import Warehouse

ENDS = (
    dg.DagsterEventType.STEP_SUCCESS,
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.STEP_SKIPPED,
)
CHECKOUT = Path(__file__).resolve().parent.parent


class Lake(dg.ConfigurableResource[None]):
    """Where the deployment keeps its data: read from the environment when a step starts."""

    _has_begun: bool = PrivateAttr(default=False)

    def settings(self) -> Settings:
        """Read the settings."""
        return Settings.of(os.environ, CHECKOUT)

    def run(self, context: dg.AssetExecutionContext) -> Run:
        """Give a step its run, and note in the warehouse that the run has begun."""
        run = Run(
            run_id=context.run.run_id,
            settings=self.settings(),
            code_version=code_version(CHECKOUT),
            now=lambda: datetime.now(UTC),
            progress=context.log.info,
        )
        _begin(run.run_id, run.settings.warehouse, run.code_version)
        self._has_begun = True
        return run

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Note how the run ended once all its steps are done: started from a shell, no sensor would."""
        run, instance = context.run, context.instance
        if not self._has_begun or run is None or instance is None or run.execution_plan_snapshot_id is None:
            return
        planned = instance.get_execution_plan_snapshot(run.execution_plan_snapshot_id).step_keys_to_execute
        records = instance.get_records_for_run(run.run_id, of_type=set(ENDS), limit=len(planned) * 2).records
        ends = [record.event_log_entry.get_dagster_event().event_type for record in records]
        failed = dg.DagsterEventType.STEP_FAILURE in ends
        if failed or len(ends) == len(planned):
            warehouse = Warehouse(self.settings().warehouse)
            warehouse.finish_run(run.run_id, "failed" if failed else "succeeded", datetime.now(UTC))


@cache
def _begin(run_id: str, warehouse: Path | str, code: str) -> None:
    """Note that the run has begun, once per process: every step calls this, and each note is a snapshot."""
    Warehouse(warehouse).start_run(run_id, code, datetime.now(UTC))
