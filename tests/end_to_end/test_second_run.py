"""A run with nothing new asks every source, and changes nothing."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from tests.end_to_end.deployment import Deployment, Ended

TABLES = """
select table_schema || '.' || table_name from information_schema.tables
where table_catalog = 'lake' and table_schema in ('raw', 'core', 'quarantine', 'quality', 'training')
"""


@dataclass(frozen=True)
class State:
    """All that a run could change: rows of every table, fingerprints, releases, landed files, snapshots."""

    rows: dict[str, int]
    fingerprints: pl.DataFrame
    files: dict[Path, int]
    snapshot: int


def state_of(deployment: Deployment) -> State:
    tables = sorted(deployment.ask(TABLES).to_series())
    return State(
        rows={table: deployment.one(f"select count(*) from {table}") for table in tables},  # type: ignore[misc]
        fingerprints=deployment.ask("from quality.tables order by table_name"),
        files={
            path: path.stat().st_mtime_ns
            for folder in ("landing", "releases", "lake/files")
            for path in (deployment.home / folder).rglob("*")
            if path.is_file()
        },
        snapshot=deployment.one("select max(snapshot_id) from lake.snapshots()"),  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def again(whole: Deployment) -> tuple[State, Ended, State]:
    before = state_of(whole)
    ended = whole.run()
    return before, ended, state_of(whole)


def test_every_step_says_unchanged(again: tuple[State, Ended, State]) -> None:
    """All 38 steps succeed and say so."""
    _, ended, _ = again
    assert ended.code == 0, ended.out + ended.err
    assert ended.err.count("✓") == ended.err.count("· unchanged") == 38


def test_no_table_gains_or_loses_a_row(again: tuple[State, Ended, State]) -> None:
    """Every table has as many rows as before, but quality.runs, which has one more."""
    before, _, after = again
    assert after.rows == before.rows | {"quality.runs": before.rows["quality.runs"] + 1}


def test_fingerprints_stay(again: tuple[State, Ended, State]) -> None:
    """Each table's fingerprint, size, and the run and time that made it are as they were."""
    before, _, after = again
    assert after.fingerprints.equals(before.fingerprints)


def test_nothing_is_written_beside_the_catalog(again: tuple[State, Ended, State]) -> None:
    """No landed body, release or data file is new, gone or touched."""
    before, _, after = again
    assert after.files == before.files


def test_new_snapshots_are_of_the_list_of_runs_alone(
    whole: Deployment, again: tuple[State, Ended, State]
) -> None:
    """The snapshots that the second run made touch quality.runs and no other table."""
    before, _, after = again
    assert after.snapshot > before.snapshot
    ours = whole.one("select table_id from ducklake_table_info('lake') where table_name = 'runs'")
    touched = whole.ask(f"""
        select distinct unnest(flatten(map_values(changes))) as table_id
        from lake.snapshots() where snapshot_id > {before.snapshot}""")
    assert touched["table_id"].to_list() == [str(ours)]
