"""`kill -9` at any moment: run again, and nothing is lost and nothing doubled."""

import contextlib
import random
import subprocess
import time
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from dq.errors import ConfigError
from tests.end_to_end.deployment import Deployment

KILLS = 4
LONGEST_SECONDS = 120
TABLES = (
    "raw.finance__applicant_api",
    "raw.finance__applicant_pages",
    "raw.finance__cdnow",
    "core.finance__applicant_api",
    "core.finance__applicant_pages",
    "core.finance__cdnow",
    "core.finance",
    "training.finance",
)
STAMPS = {
    "quality.conflicts": "* exclude (run_id)",
    "quality.findings": "* exclude (run_id)",
    "quality.agreement": "* exclude (run_id)",
    "quality.releases": "dataset, version, content_hash, rows, passed",
    "raw.landings": "landing_id, source, url, status, etag, sha256, bytes, licence",
    "quality.ledger": "table_name, rows_in, accepted, quarantined, deduplicated, superseded",
    "quality.scores": "table_name, dimension, score",
}
"""Tables that say when a run was, or where: what of them must be the same."""


def kill_during(deployment: Deployment, steps: int, wait: float) -> bool:
    """Run finance, kill it `wait` seconds after `steps` steps have ended; say whether it was still running."""
    process = deployment.start("assets.run", "finance")
    assert process.stderr is not None
    end = time.monotonic() + LONGEST_SECONDS
    try:
        seen = 0
        while seen < steps and time.monotonic() < end:
            line = process.stderr.readline()
            seen += "✓" in line
            if not line:
                break
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(wait)
        alive = process.poll() is None
    finally:
        process.kill()
        process.communicate()
    return alive


def assert_whole(deployment: Deployment) -> None:
    """What is there after a kill balances, and each table holds what its ledger says."""
    try:
        entries = deployment.ask("from quality.ledger").iter_rows(named=True)
    except ConfigError:
        return  # killed before there was a warehouse
    for entry in entries:
        assert deployment.one(f"select count(*) from {entry['table_name']}") == entry["accepted"]


@pytest.fixture(scope="module")
def killed(
    whole: Deployment, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Deployment, int]:
    """A deployment whose run was killed four times and then left alone; and how many kills hit it running."""
    deployment = Deployment(tmp_path_factory.mktemp("killed"), whole.files, whole.site)
    chance = random.Random(20_260_101)
    hits = 0
    for steps in range(KILLS):
        hits += kill_during(deployment, steps=steps + (steps > 0), wait=chance.uniform(0.0, 1.5))
        assert_whole(deployment)
    ended = deployment.run("finance")
    assert ended.code == 0, ended.out + ended.err
    return deployment, hits


def test_kills_hit_a_running_run(killed: tuple[Deployment, int]) -> None:
    """At least three of four did, so the other tests speak of something; and each left an unfinished run."""
    deployment, hits = killed
    assert hits >= KILLS - 1
    runs = Counter(deployment.ask("select status from quality.runs")["status"])
    assert runs["succeeded"] == 1
    assert runs["running"] >= 2


@pytest.mark.parametrize("table", TABLES)
def test_tables_are_as_if_nothing_had_happened(
    whole: Deployment, killed: tuple[Deployment, int], table: str
) -> None:
    """Row for row, with landings and lines, the table is that of an undisturbed run."""
    deployment, _ = killed
    assert rows(deployment, table).equals(rows(whole, table))


@pytest.mark.parametrize("table", STAMPS)
def test_what_is_said_of_them_is_the_same(
    whole: Deployment, killed: tuple[Deployment, int], table: str
) -> None:
    """Conflicts, findings, releases, landings, ledger and scores are those of an undisturbed run, each once."""
    deployment, _ = killed
    assert rows(deployment, table, STAMPS[table]).equals(finance(rows(whole, table, STAMPS[table])))


def test_no_rubbish_stays(killed: tuple[Deployment, int]) -> None:
    """No half-built release is left, and only data files that the catalog knows, but for a grace period's."""
    deployment, _ = killed
    assert not list((deployment.home / "releases").rglob(".building-*"))
    assert [path.name for path in (deployment.home / "releases" / "finance").glob("v*")] == ["v1"]
    assert not list(Path(deployment.home / "landing").rglob(".landing-*"))


def rows(deployment: Deployment, table: str, columns: str = "*") -> pl.DataFrame:
    """Give a table's rows in an order of their own."""
    return deployment.ask(f"select {columns} from {table} order by all")


def finance(frame: pl.DataFrame) -> pl.DataFrame:
    """Leave the rows that are of finance."""
    names = [name for name in ("table_name", "dataset", "source") if name in frame.columns][:1]
    return frame.filter(pl.col(names[0]).str.contains("finance"))
