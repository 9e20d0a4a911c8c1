"""Drift as a person sees it in the UI: one check per kind, its colour, its numbers, its words."""

from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets.drift_checks import FIELDS, drift_check, drift_results, drift_specs
from dq.drift.finding import KINDS
from dq.drift.watch import watch
from dq.publication import Change, Publication
from dq.run import Run
from tests.dq.stage.shop import a_run

TABLE = "core.shop__orders"


def publish(run: Run, frame: pl.DataFrame) -> None:
    watched = watch(TABLE, frame, run)
    change = Change(TABLE, frame)
    run.warehouse.publish(
        Publication(run.run_id, (change,), profiles=watched.profiles, drift=watched.findings), now=run.now()
    )


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = a_run(tmp_path)
    rows = pl.int_range(2000, eager=True)
    publish(run, pl.DataFrame({"order": rows, "amount": rows * 7 % 900, "status": ["open", "paid"] * 1000}))
    return run


def test_a_first_time_is_green(run: Run) -> None:
    """All four checks pass with no finding, and a table that never was measured passes as well."""
    for table in (TABLE, "core.nothing"):
        results = list(drift_results(table, run))
        assert [result.check_name for result in results] == [drift_check(kind) for kind in KINDS]
        assert all(result.passed for result in results)
        assert all("findings" not in result.metadata for result in results)


def test_each_kind_has_its_colour_its_counts_and_its_words(run: Run) -> None:
    """Columns red, rows yellow, nulls red, values red; the table of findings names column, numbers and words."""
    rows = pl.int_range(900, eager=True)
    frame = pl.DataFrame(
        {"order": rows, "amount": [None] * 900, "state": ["lost", "found|x"] * 450},
        schema_overrides={"amount": pl.Int64},
    )
    publish(run, frame)
    found = {str(result.check_name): result for result in drift_results(TABLE, run)}
    assert {name: (result.passed, result.severity.name) for name, result in found.items()} == {
        "no_schema_drift": (False, "ERROR"),
        "no_volume_drift": (False, "WARN"),
        "no_null_drift": (False, "ERROR"),
        "no_distribution_drift": (True, "WARN"),
    }
    schema = found["no_schema_drift"]
    assert schema.metadata["failed"] == dg.IntMetadataValue(1)
    assert schema.metadata["noted"] == dg.IntMetadataValue(1)
    assert "status has gone" in (schema.description or "")
    page = found["no_volume_drift"].metadata["findings"].value
    assert "| fewer_rows | warn | 2,000 | 900 | 900 rows, 2,000 before: 55% fewer |" in str(page)


def test_a_raw_table_has_a_check_of_its_fields_alone() -> None:
    """One spec, that of the schema; no drift check blocks by itself."""
    assert [spec.name for spec in drift_specs("raw.shop__orders", FIELDS)] == ["no_schema_drift"]
    assert not any(spec.blocking for spec in drift_specs(TABLE))
