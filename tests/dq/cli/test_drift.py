import io
import json
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from dq.cli.drift import accept_drift, print_drift
from dq.cli.status import wide
from dq.drift.history import history
from dq.errors import ConfigError, UserError
from dq.publication import Change, Publication
from dq.run import Run
from dq.stage.collect import collect
from dq.stage.refine import refine
from dq.warehouse import Warehouse
from tests.dq.stage.shop import FEED, a_run, deliver


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Orders of two days; on the second all of them are a thousand times as dear."""
    folder = tmp_path_factory.mktemp("shop")
    for run_id, factor in (("r1", 1), ("r2", 1000)):
        deliver(folder, "a", [f"{i},{(i * 7 % 90 + 1) * factor},open" for i in range(1, 501)])
        latest = a_run(folder, run_id=run_id)
        collect(FEED, latest)
        refine(FEED, latest)
    return latest


def printed(warehouse: Warehouse, table: str | None = None, *, as_json: bool = False) -> str:
    out = io.StringIO()
    print_drift(warehouse, wide(Console(file=out)), table, as_json=as_json)
    return out.getvalue()


def test_all_findings_of_now_and_how_much_was_measured(run: Run) -> None:
    """One line per finding with its severity and words, then how many tables were measured."""
    page = printed(run.warehouse)
    assert [cell.strip() for cell in page.splitlines()[2].split("│")][:4] == [
        "core.shop__orders",
        "amount",
        "shifted",
        "error",
    ]
    assert "PSI" in page
    assert "2 tables measured: 1 drift, 0 only noted." in page


def test_a_table_s_columns_over_its_last_times(run: Run) -> None:
    """Each column with its type, and what is missing, distinct and typical, time by time."""
    page = printed(run.warehouse, "core.shop__orders")
    assert "2 times, the newest last" in page
    assert "45 → 45,000" in page
    assert "open 100%" in page
    assert "rows: 500" in page


def test_json_holds_findings_and_profiles(run: Run) -> None:
    """Programs get the same numbers: all findings, or one table's with its profiles, the newest first."""
    (finding,) = json.loads(printed(run.warehouse, as_json=True))
    assert (finding["column_name"], finding["change"]) == ("amount", "shifted")
    whole = json.loads(printed(run.warehouse, "core.shop__orders", as_json=True))
    assert whole["findings"] == [finding]
    assert [[column["rows"] for column in time] for time in whole["newest_first"]] == [[500] * 3] * 2


def test_what_was_never_measured_says_so(run: Run, tmp_path: Path) -> None:
    """An unknown table is an error with a hint; an empty warehouse says what to do."""
    with pytest.raises(ConfigError, match="never measured"):
        printed(run.warehouse, "core.nothing")
    empty = a_run(tmp_path).warehouse
    empty.publish(Publication("r", (Change("raw.x", pl.DataFrame({"a": [1]})),)), now=run.now())
    assert "No table has been measured yet" in printed(empty)


def test_only_a_source_s_fields_can_be_accepted(run: Run) -> None:
    """Any other table is a wrong call; accepting adds to the history and takes nothing from it."""
    for table in (None, "core.shop__orders"):
        with pytest.raises(UserError, match="--accept"):
            accept_drift(run.warehouse, Console(file=io.StringIO()), table, run.now())
    with pytest.raises(ConfigError, match="never measured"):
        accept_drift(run.warehouse, Console(file=io.StringIO()), "raw.nothing", run.now())
    before = history("raw.shop__orders", run.warehouse)
    accept_drift(run.warehouse, Console(file=io.StringIO()), "raw.shop__orders", run.now())
    assert history("raw.shop__orders", run.warehouse) == before
    accepted = run.warehouse.ask("select run_id, severity from quality.drift where change = 'accepted'")
    assert accepted == [("by hand", "info")]
