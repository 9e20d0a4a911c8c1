import io
from pathlib import Path

import pytest
from rich.console import Console

from dq.cli.quarantine import print_quarantine
from dq.errors import ConfigError
from dq.run import Run
from dq.stage.collect import collect
from dq.stage.refine import refine
from dq.warehouse import Warehouse
from tests.dq.stage.shop import FEED, a_run, deliver

LINES = ["1,1,open", "2,2,open", "3,3,open", "4,4,open", "5,5,open", "6,-1,lost", "7,-7,open", "8"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("shop")
    deliver(folder, "week [bold] 1", LINES)
    run = a_run(folder)
    collect(FEED, run)
    refine(FEED, run)
    return run


def printed(warehouse: Warehouse, table: str | None = None, rule: str | None = None, limit: int = 20) -> str:
    out = io.StringIO()
    print_quarantine(warehouse, Console(file=out, width=200), table, rule=rule, limit=limit)
    return out.getvalue()


def test_the_list_counts_rows_by_table_and_rule(run: Run) -> None:
    """Each table of the quarantine with each rule that was broken there, and how many rows broke it."""
    lines = {tuple(line.replace("│", " ").split()) for line in printed(run.warehouse).splitlines()}
    assert ("core__shop__orders", "amount:ge(0)", "2") in lines
    assert ("raw__shop__orders", "csv:field_count", "1") in lines


@pytest.mark.parametrize("name", ["core.shop__orders", "quarantine.core__shop__orders", "core__shop__orders"])
def test_a_table_shows_rows_with_every_reason_and_their_place(run: Run, name: str) -> None:
    """File and line of each row, every rule it broke with the value, and its cells; under any of its names."""
    text = printed(run.warehouse, name)
    assert "file:week [bold] 1.csv row 7" in text
    assert "amount:ge(0) (accuracy): -1" in text
    assert "lost" in text
    assert "2 of 2 rows of quarantine.core__shop__orders" in text


def test_a_rule_narrows_and_a_limit_cuts(run: Run) -> None:
    """Only rows that broke the rule; and the last line says how many there are beside those shown."""
    status = next(rule.name for rule in FEED.law.rules if rule.name.startswith("status:isin"))
    narrowed = printed(run.warehouse, "core.shop__orders", rule=status)
    assert "row 7" in narrowed
    assert "row 8" not in narrowed
    assert "1 of 2 rows" in printed(run.warehouse, "core.shop__orders", limit=1)


def test_a_table_that_is_not_there_is_named(run: Run) -> None:
    """The message has the name and says how to find the right one."""
    with pytest.raises(ConfigError, match="core__nowhere") as error:
        printed(run.warehouse, "core.nowhere")
    assert "dq quarantine lists" in str(error.value)


def test_an_empty_quarantine_says_so(tmp_path: Path) -> None:
    """Not an empty table, but words."""
    deliver(tmp_path, "a", ["1,1,open"])
    run = a_run(tmp_path)
    collect(FEED, run)
    assert printed(run.warehouse).strip() == "Nothing is in quarantine."


def test_a_cell_cannot_command_the_terminal(tmp_path: Path) -> None:
    """Escape sequences in fetched data are shown as signs, in reasons and in cells."""
    deliver(tmp_path, "week", ["1,1,open", "2,2,open", "3,3,\x1b[2Jgone"])
    run = a_run(tmp_path)
    collect(FEED, run)
    refine(FEED, run)
    text = printed(run.warehouse, "core.shop__orders")
    assert "\x1b" not in text
    assert "�[2Jgone" in text
