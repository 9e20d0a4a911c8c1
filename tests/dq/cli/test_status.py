import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from dq.cli.status import print_status, status_rows, wide
from dq.errors import ConfigError
from dq.ledger import LedgerEntry
from dq.publication import Change, Publication
from dq.run import Run
from dq.stage.collect import collect
from dq.stage.refine import refine
from dq.verdict import Report, RuleResult
from dq.warehouse import Warehouse
from tests.dq.stage.shop import FEED, a_run, deliver


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Orders that were collected and refined twice: the second time there was one row more."""
    folder = tmp_path_factory.mktemp("shop")
    lines = ["1,10,open", "1,10,open", "2,20,paid", "3,-1,open"]
    for run_id, more in (("r1", []), ("r2", ["4,40,open"])):
        deliver(folder, "a", [*lines, *more])
        latest = a_run(folder, run_id=run_id)
        collect(FEED, latest)
        refine(FEED, latest)
    return latest


def printed(warehouse: Warehouse, *domains: str, width: int = 200, as_json: bool = False) -> str:
    out = io.StringIO()
    print_status(warehouse, Console(file=out, width=width), domains, as_json=as_json)
    return out.getvalue()


def test_one_row_a_table_as_of_now(run: Run) -> None:
    """Each table once, raw before core, with its newest ledger, which balances, and scores between 0 and 1."""
    rows = status_rows(run.warehouse)
    assert [row["table_name"] for row in rows] == ["raw.shop__orders", "core.shop__orders"]
    core = rows[1]
    counts = [core[name] for name in ("rows_in", "accepted", "quarantined", "deduplicated", "superseded")]
    assert counts == [5, 3, 1, 1, 0]
    assert core["rows_in"] == sum(counts[1:])
    assert 0 < core["accuracy"] < 1
    assert core["consistency"] is None


def test_json_is_what_programs_read(run: Run) -> None:
    """The same rows, as JSON, also on a narrow terminal."""
    assert json.loads(printed(run.warehouse, as_json=True, width=20)) == status_rows(run.warehouse)


def test_a_domain_is_shown_alone(run: Run) -> None:
    """A domain is the first part of the name, not any part of it."""
    assert "core.shop__orders" in printed(run.warehouse, "shop")
    assert "core.shop__orders" not in printed(run.warehouse, "orders")
    assert json.loads(printed(run.warehouse, "other", as_json=True)) == []


def test_the_table_has_every_count(run: Run) -> None:
    """Counts stand in their line; what is zero or without a rule is a dot."""
    line = next(line for line in printed(run.warehouse).splitlines() if "core.shop__orders" in line)
    cells = [cell.strip() for cell in line.strip("│").split("│")]
    assert cells[1:6] == ["5", "3", "1", "1", "·"]
    assert cells[8] == "·"


def test_a_log_keeps_every_digit(run: Run) -> None:
    """Where nobody watches, the table is printed as wide as it needs to be."""
    out = io.StringIO()
    print_status(run.warehouse, wide(Console(file=out, width=40)))
    assert "core.shop__orders" in out.getvalue()
    assert "…" not in out.getvalue()


def test_without_a_warehouse_the_hint_is_to_make_one(tmp_path: Path) -> None:
    """The error says what to run."""
    with pytest.raises(ConfigError, match="make run"):
        status_rows(Warehouse(tmp_path))


def test_a_clock_that_was_set_back_shows_nothing_old(tmp_path: Path) -> None:
    """The newest entry is the one that was written last, whatever time it bears."""
    wh = Warehouse(tmp_path / "lake")
    rule = RuleResult("a:ge(0)", "accuracy", "warn", "a", 4, 1, passed=False, description="at least 0")
    for year, rows in ((2026, 4), (2020, 5)):
        report = Report("core.t", "1", rows, rows, 0, (replace(rule, checked=rows),))
        change = Change("core.t", pl.DataFrame({"a": range(rows)}))
        ledger = (LedgerEntry("core.t", rows, rows),)
        now = datetime(year, 1, 1, tzinfo=UTC)
        wh.publish(Publication("r", (change,), ledger=ledger, reports=(report,)), now=now)
    (row,) = status_rows(wh)
    assert (row["accepted"], row["accuracy"]) == (5, 0.8)
