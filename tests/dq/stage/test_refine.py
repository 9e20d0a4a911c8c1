import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings

from dq.errors import DecodeError
from dq.outcome import Outcome
from dq.run import Run
from dq.stage.collect import collect
from dq.stage.last import last
from dq.stage.refine import refine
from tests.dq.stage.shop import FEED, a_run, deliver, rows_of
from tests.strategies.orders import deliveries

CORE, QUARANTINE, REFUSED = (
    "core.shop__orders",
    "quarantine.core__shop__orders",
    "quarantine.core__shop__orders__refused",
)
LINES = ["1,10,open", "1,10,open", "2,20,paid", "3,-1,open", "4,much,lost", "5,50,open"]


def refined(folder: Path, lines: list[str], code: str = "v1", run_id: str = "r1") -> tuple[Outcome, Run]:
    deliver(folder, "a", lines)
    run = a_run(folder, code, run_id)
    collect(FEED, run)
    return refine(FEED, run), run


def test_each_row_goes_to_one_place(tmp_path: Path) -> None:
    """Three are accepted, one repeats, two are rejected with every reason; the ledger says the same."""
    outcome, run = refined(tmp_path, LINES)
    assert outcome.ledger is not None
    assert outcome.ledger.rows_in == 6
    assert rows_of(run, CORE, "order", "amount", "_row") == [(1, 10, 2), (2, 20, 4), (5, 50, 7)]
    assert rows_of(run, "quality.duplicates", "_row", "_kept_row", "table_name") == [(3, 2, CORE)]
    rejected = run.warehouse.read(QUARANTINE).collect().sort("_row").to_dicts()
    assert [(row["_row"], row["amount"]) for row in rejected] == [(5, "-1"), (6, "much")]
    assert [{reason["rule"].partition(":")[0] for reason in row["_reasons"]} for row in rejected] == [
        {"amount"},
        {"parse", "status"},
    ]
    assert {row["_contract"] for row in rejected} == {FEED.law.version}
    assert {row["_run_id"] for row in rejected} == {"r1"}


@settings(max_examples=8)
@given(deliveries)
def test_no_row_is_lost_or_doubled_whatever_is_delivered(files: list[list[str]]) -> None:
    """Raw rows = accepted + rejected + repeats, by landing and row, each once; and the ledgers say so."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, lines in enumerate(files):
            deliver(folder, str(number), lines)
        run = a_run(folder)
        try:
            collected = collect(FEED, run)
        except DecodeError:
            return
        outcome = refine(FEED, run)
        key = ("_landing_id", "_row")
        raw = Counter(rows_of(run, FEED.raw, *key))
        assert set(raw.values()) <= {1}
        assert collected.ledger is not None
        assert collected.ledger.accepted == len(raw)
        if outcome.state == "blocked":
            assert not run.warehouse.exists(CORE)
            assert set(rows_of(run, REFUSED, *key)) <= set(raw)
            return
        found = Counter(rows_of(run, CORE, *key) + rows_of(run, QUARANTINE, *key))
        found += Counter(rows_of(run, "quality.duplicates", *key))
        assert found == raw
        assert outcome.ledger is not None
        assert outcome.ledger.rows_in == sum(raw.values())


def test_nothing_new_is_nothing_done(tmp_path: Path) -> None:
    """Refined again, the outcome says unchanged, and quality has not a row more."""
    _, run = refined(tmp_path, LINES)
    before = run.warehouse.ask(
        "select count(*) from quality.repairs union all select count(*) from quality.rules"
    )
    outcome, _ = refined(tmp_path, LINES, run_id="r2")
    assert outcome.state == "unchanged"
    after = run.warehouse.ask(
        "select count(*) from quality.repairs union all select count(*) from quality.rules"
    )
    assert after == before


def test_a_blocked_delivery_leaves_the_last_good_table(tmp_path: Path) -> None:
    """Most rows wrong: the table, its ledger and fingerprint stay, the evidence is kept, the words say how many."""
    _, run = refined(tmp_path, LINES)
    good, ledger, mark = rows_of(run, CORE, "order"), last(CORE, run).ledger, run.warehouse.fingerprint(CORE)
    outcome, _ = refined(tmp_path, ["1,-1,open", "2,-2,open", "3,3,open"], run_id="r2")
    assert outcome.state == "blocked"
    assert "2 of 3 rows were rejected" in (outcome.why or "")
    assert rows_of(run, CORE, "order") == good
    assert last(CORE, run).ledger == ledger
    assert run.warehouse.fingerprint(CORE) == mark
    assert rows_of(run, REFUSED, "amount", "_run_id") == [("-1", "r2"), ("-2", "r2")]


def test_after_a_refusal_a_good_delivery_is_published(tmp_path: Path) -> None:
    """The refused one does not stand in its way."""
    refined(tmp_path, ["1,-1,open"])
    outcome, run = refined(tmp_path, ["1,1,open"], run_id="r2")
    assert outcome.state == "published"
    assert rows_of(run, CORE, "order", "amount") == [(1, 1)]


def test_what_is_remembered_of_a_table(tmp_path: Path) -> None:
    """`last` gives the rows, ledger, rules and scores of the newest run that judged it; nothing before the first."""
    run = a_run(tmp_path)
    assert last(CORE, run).rows is None
    assert last(CORE, run).rules == ()
    outcome, _ = refined(tmp_path, LINES)
    remembered = last(CORE, run)
    assert remembered.rows == 3
    assert remembered.ledger == outcome.ledger
    assert outcome.report is not None
    assert set(remembered.rules) == set(outcome.report.rules)
    assert dict(remembered.scores).keys() >= {"accuracy", "completeness"}


@pytest.mark.parametrize("code", ["v1", "v2"])
def test_changed_code_makes_the_table_anew(tmp_path: Path, code: str) -> None:
    """Only where the code's version differs is the table published again, with the same rows."""
    refined(tmp_path, LINES)
    outcome, run = refined(tmp_path, LINES, code=code, run_id="r2")
    assert outcome.state == ("unchanged" if code == "v1" else "published")
    assert len(rows_of(run, CORE, "order")) == 3


def test_examples_are_remembered_with_their_rule(tmp_path: Path) -> None:
    """`quality.examples` has the first broken cells with landing and row; what is remembered has them, too."""
    outcome, run = refined(tmp_path, LINES)
    rows = run.warehouse.ask("select rule, value, row from quality.examples where table_name = ?", (CORE,))
    assert ("amount:ge(0)", "-1", 5) in rows
    assert any(rule.startswith("parse:amount") and (value, row) == ("much", 6) for rule, value, row in rows)
    assert outcome.report is not None
    assert set(last(CORE, run).rules) == set(outcome.report.rules)
    assert any(rule.examples for rule in last(CORE, run).rules)
