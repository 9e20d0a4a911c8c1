"""A row of a release leads back to the rows, files and lines it was made of, also in an old version."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from dq.errors import ConfigError
from dq.release import open_release
from dq.release.lineage import trace
from dq.run import Run
from dq.stage.serve import serve
from dq.stage.unify import unify
from tests.dq.stage.shop import a_run
from tests.dq.stage.test_unify_and_serve import TILL, TRAINING, UNIFIED, WEB, publish


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Version 1 with order 1 in dispute, version 2 after the web shop had mended it, version 3 refused.

    The clock of these runs is an hour ahead of the warehouse's: which snapshot made a release is no matter of time.
    """
    run = replace(a_run(tmp_path_factory.mktemp("shop")), now=lambda: datetime.now(UTC) + timedelta(hours=1))
    publish(run, "shop__till", TILL)
    for number, web in enumerate(([*WEB, (1, 2.5, "open")], [(2, 2.0, "paid"), *WEB]), 1):
        publish(run, "shop__web", web)
        unify(UNIFIED, replace(run, run_id=f"r{number}"))
        serve(TRAINING, replace(run, run_id=f"r{number}"), consents={"shop__till": "terms, 4"}, force=True)
    wrong = replace(
        TRAINING, shape=lambda merged: merged.drop("_source_count").with_columns(-pl.col("amount"))
    )
    serve(wrong, replace(run, run_id="r3", code_version="v2"))
    return run


def test_a_row_leads_to_its_members_and_their_disputes(run: Run) -> None:
    """Order 1 is line 1 of the till and line 61 of the web shop, under their terms; two cells were disputed."""
    found = trace(run.warehouse, open_release("shop@1", run.settings.releases), "1")
    assert found.row["amount"] == 1.0
    assert [(one.source, one.url, one.row, one.licence, one.consent) for one in found.members] == [
        ("shop__till", "file:shop__till", 1, "own", "terms, 4"),
        ("shop__web", "file:shop__web", 61, "own", None),
    ]
    assert {
        one.column: [(v["source"], v["value"], v["won"]) for v in one.values] for one in found.disputed
    } == {
        "amount": [("shop__till", "1.0", True), ("shop__web", "2.5", False)],
        "status": [("shop__till", "paid", True), ("shop__web", "open", False)],
    }


def test_a_version_is_traced_through_the_tables_it_was_made_of(run: Run) -> None:
    """In version 2 order 1 is the till's alone; version 1, asked for afterwards, still shows the dispute."""
    new, old = (
        trace(run.warehouse, open_release(f"shop@{version}", run.settings.releases), "1")
        for version in (2, 1)
    )
    assert [one.source for one in new.members] == ["shop__till"]
    assert new.disputed == ()
    assert new.snapshot > old.snapshot
    assert len(old.members) == len(old.disputed) == 2


def test_what_cannot_be_traced_is_told(run: Run, tmp_path: Path) -> None:
    """An unknown row, a release that failed its gate, and another warehouse each have their own words."""
    made = open_release("shop@1", run.settings.releases)
    with pytest.raises(ConfigError, match="no row whose order is '1000'"):
        trace(run.warehouse, made, "1000")
    with pytest.raises(ConfigError, match="did not pass its gate is never shown"):
        trace(run.warehouse, open_release("shop@3", run.settings.releases), "1")
    other = a_run(tmp_path)
    publish(other, "shop__till", TILL)
    with pytest.raises(ConfigError, match="not in this warehouse"):
        trace(other.warehouse, made, "1")
