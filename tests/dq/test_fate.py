"""What became of a row: every row that was read has an answer, and it is the right one."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from dq.cli.why import print_fates
from dq.console import Console
from dq.dedupe import NearDuplicates
from dq.errors import ConfigError, UserError
from dq.fate import fates
from dq.merge import Survivorship
from dq.run import Run
from dq.stage.collect import collect
from dq.stage.unify import unify
from dq.unified import Unified
from tests.dq.stage.shop import a_run
from tests.dq.stage.test_near_repeats import CAT, DOG, FEED, Shop, deliver, refined

LINES = [
    f"1,{CAT},5",
    f"1,{CAT},5",
    f"2,{CAT}!,5",
    f"3,{DOG},1",
    f"4,{DOG}s,2",
    "5,,5",
    f"6,{CAT} or {DOG},9",
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    feed = replace(FEED, distinct=("note", "text", "stars"))
    _, run = refined(tmp_path_factory.mktemp("fate"), {"a": LINES}, feed)
    unified = Unified(
        sources=(feed.name,),
        entity="note",
        survivorship=Survivorship(precedence=(feed.name,)),
        contract=Shop,
        near_duplicates=NearDuplicates("text"),
    )
    unify(unified, run)
    return run


def test_every_row_has_an_answer(run: Run) -> None:
    """Repeats lead to the row that stays, rejected rows to their rules, accepted ones to the merged table."""
    told = {fate.row: fate for fate in fates(run.warehouse, FEED.name, "true", limit=100)}
    assert {row: [(step.table, step.state) for step in fate.steps] for row, fate in told.items()} == {
        2: [(FEED.core, "accepted"), ("core.shop", "merged")],
        3: [(FEED.core, "deduplicated"), (FEED.core, "accepted"), ("core.shop", "merged")],
        4: [(FEED.core, "deduplicated"), (FEED.core, "accepted"), ("core.shop", "merged")],
        5: [(FEED.core, "accepted"), ("core.shop", "merged")],
        6: [(FEED.core, "accepted"), ("core.shop", "deduplicated")],
        7: [(FEED.core, "quarantined")],
        8: [(FEED.core, "quarantined")],
    }
    assert told[4].steps[0].words == "row 4 nearly repeats row 2 of file:a.csv, which stays (similarity 1.00)"
    assert told[6].steps[1].words.startswith("4 nearly repeats 3, which stays (similarity 0.9")
    assert told[7].steps[0].words == "text:not_null (completeness)"
    assert told[2].steps[1].words == "into note 1"


def test_the_condition_chooses_by_what_was_read(run: Run) -> None:
    """It is asked of the columns as text, before cleaning; what cannot be asked is refused with the columns' names."""
    (found,) = fates(run.warehouse, f"core.{FEED.name}", "stars = '9'", limit=5)
    assert found.as_read["note"] == "6"
    assert len(fates(run.warehouse, FEED.name, "true", limit=2)) == 2
    with pytest.raises(UserError, match=r"cannot be asked.*\n.*\n.*note, text, stars"):
        fates(run.warehouse, FEED.name, "star = 9", limit=5)
    with pytest.raises(ConfigError, match=r"there is no raw\.shop__bills"):
        fates(run.warehouse, "shop__bills", "true", limit=5)


def test_it_is_shown_in_lines_or_as_json(run: Run) -> None:
    """A line for each table; JSON has the same; where no row is meant, that is said."""
    found = fates(run.warehouse, FEED.name, "note = '2'", limit=5)
    out = io.StringIO()
    print_fates(found, Console(file=out, width=200))
    assert "file:a.csv row 4" in out.getvalue()
    assert "core.shop  merged  into note 1" in out.getvalue()
    out = io.StringIO()
    print_fates(found, Console(file=out), as_json=True)
    assert json.loads(out.getvalue())[0]["steps"][0]["state"] == "deduplicated"
    out = io.StringIO()
    print_fates((), Console(file=out))
    assert "No row" in out.getvalue()


def test_a_row_that_was_not_judged_yet_waits(tmp_path: Path) -> None:
    """After a fetch without refining there is a raw row and nothing else."""

    deliver(tmp_path, {"a": LINES[:1]})
    run = a_run(tmp_path)
    collect(FEED, run)
    (found,) = fates(run.warehouse, FEED.name, "true", limit=5)
    assert [step.state for step in found.steps] == ["waiting"]
