"""Notes in the warehouse how a run ended, for runs that the UI or a schedule started."""

from datetime import UTC, datetime

import dagster as dg

from assets.lake import Lake
from dq.warehouse import Warehouse

ENDINGS = {
    dg.DagsterRunStatus.SUCCESS: "succeeded",
    dg.DagsterRunStatus.FAILURE: "failed",
    dg.DagsterRunStatus.CANCELED: "canceled",
}


def run_sensors() -> list[dg.SensorDefinition]:
    """Give one sensor per ending, which writes it to `quality.runs`."""
    return [_sensor(status, word) for status, word in ENDINGS.items()]


def _sensor(status: dg.DagsterRunStatus, word: str) -> dg.SensorDefinition:
    @dg.run_status_sensor(
        name=f"note_{word}_runs",
        run_status=status,
        monitor_all_code_locations=True,
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=10,
        description=f"Notes in quality.runs that a run {word}.",
    )
    def note(context: dg.RunStatusSensorContext) -> None:
        warehouse = Warehouse(Lake().settings().warehouse)
        warehouse.finish_run(context.dagster_run.run_id, word, datetime.now(UTC))

    return note
