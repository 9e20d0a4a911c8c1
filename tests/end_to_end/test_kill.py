"""`kill -9` at any moment: run again, and nothing is lost and nothing doubled."""

from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from tests.end_to_end.deployment import Deployment
from tests.end_to_end.killing import KILLS

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


def test_kills_hit_a_running_run(killed: tuple[Deployment, int]) -> None:
    """At least three of four did, so the other tests speak of something; each run that was killed is noted as lost."""
    deployment, hits = killed
    assert hits >= KILLS - 1
    runs = Counter(deployment.ask("select status from quality.runs")["status"])
    assert runs["succeeded"] == 1
    assert runs["lost"] >= 2
    assert not runs["running"]


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
