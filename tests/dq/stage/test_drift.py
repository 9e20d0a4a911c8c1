"""Drift through the stages: measured with each table, found at the source, and never learnt from what was refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dq.drift.accept import accept
from dq.drift.history import history, newest_findings
from dq.feed import Feed
from dq.outcome import Outcome
from dq.run import Run
from dq.stage.collect import collect
from dq.stage.refine import refine
from tests.dq.stage import shop
from tests.dq.stage.shop import FEED, a_run, rows_of

RAW, CORE = "raw.shop__orders", "core.shop__orders"
BLOCKING = replace(FEED, on_schema_drift="block")


def good(start: int, rows: int = 60) -> list[str]:
    return [f"{i},{i * 7 % 900},{'open' if i % 3 else 'paid'}" for i in range(start, start + rows)]


@pytest.fixture
def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Outcome, Outcome, Run]]:
    """Deliver the only file anew, or beside the others, and run both stages."""
    days = iter(range(100))

    def deliver(
        lines: list[str], header: str = shop.HEADER, *, name: str = "only", feed: Feed = FEED
    ) -> tuple[Outcome, Outcome, Run]:
        number = next(days)
        monkeypatch.setattr(shop, "HEADER", header)
        shop.deliver(tmp_path, name, lines)
        run = a_run(tmp_path, run_id=f"r{number}")
        return collect(feed, run), refine(feed, run), run

    return deliver


def told(run: Run, table: str) -> list[tuple[str | None, str, str]]:
    return [(one.column_name, one.change, one.severity) for one in newest_findings(table, run.warehouse)]


def test_a_profile_comes_with_the_table_and_not_without(
    day: Callable[..., tuple[Outcome, Outcome, Run]],
) -> None:
    """One row per column, of the snapshot that made the table; a run with nothing new adds none."""
    _, core, run = day(good(1))
    assert core.counts["drift"] == 0
    measured = rows_of(run, "quality.profiles", "table_name", "column_name", "rows", "nulls", "run_id")
    assert [(table, column) for table, column, *_ in measured] == [
        (table, column) for table in (CORE, RAW) for column in ("amount", "order", "status")
    ]
    assert {tuple(rest) for _, _, *rest in measured} == {(60, 0, "r0")}
    made = run.warehouse.ask('select distinct "at" from quality.tables where table_name = ?', (CORE,))
    assert made == run.warehouse.ask(
        'select distinct "at" from quality.profiles where table_name = ?', (CORE,)
    )
    again = a_run(run.settings.home.parent, run_id="r1")
    assert (collect(FEED, again).state, refine(FEED, again).state) == ("unchanged", "unchanged")
    assert (
        rows_of(run, "quality.profiles", "table_name", "column_name", "rows", "nulls", "run_id") == measured
    )


def test_sql_recomputes_a_finding(day: Callable[..., tuple[Outcome, Outcome, Run]]) -> None:
    """Half the rows and another status: the numbers in quality.drift are those of the two profiles."""
    day(good(1, 3000))
    _, core, run = day([line.replace("paid", "open") for line in good(1, 1000)])
    assert core.state == "published"
    drift = run.warehouse.ask(
        "select change, before, now, severity from quality.drift where table_name = ? order by change",
        (CORE,),
    )
    rows = run.warehouse.ask(
        """select first("rows" order by "at"), last("rows" order by "at") from quality.profiles
        where table_name = ? and column_name = 'order'""",
        (CORE,),
    )
    assert ("fewer_rows", *map(float, rows[0]), "warn") in drift
    shares = run.warehouse.ask(
        """with share as (
            select "at", unnest(top::json::struct(value varchar, rows bigint)[]) as one, sampled
            from quality.profiles where table_name = ? and column_name = 'status')
        select sum(one."rows" / sampled) from share where one.value = 'paid' group by "at" """,
        (CORE,),
    )
    assert ("vanished_value", shares[0][0], 0.0, "warn") in drift
    assert core.counts["drift"] == len(drift) == 3


def test_a_refused_table_is_nobody_s_measure(day: Callable[..., tuple[Outcome, Outcome, Run]]) -> None:
    """A delivery that the contract refuses leaves no profile of core; the next is compared with the last good one."""
    day(good(1))
    _, refused, run = day([f"{i},-1,open" for i in range(1, 3000)])
    assert refused.state == "blocked"
    assert [past.columns["amount"].rows for past in history(CORE, run.warehouse)] == [60]
    _, core, run = day(good(100))
    assert (core.state, told(run, CORE)) == ("published", [])


@pytest.mark.parametrize(
    ("delivered", "found", "columns"),
    [
        (("only", "order,amount,status,note", "{i},{i},open,x"), ("note", "added", "warn"), {"note": "x"}),
        (("another", "order,status", "{i},open"), ("amount", "removed", "error"), {"amount": None}),
        (
            ("another", "order,amount,state", "{i},{i},open"),
            ("status", "renamed", "error"),
            {"state": "open"},
        ),
        (("another", "order,Amount,status", "{i},7,open"), ("amount", "renamed", "info"), {"amount": "7"}),
        (
            ("another", "order,amount,Amount,status", "{i},7,8,open"),
            ("Amount_2", "added", "warn"),
            {"amount": "7", "Amount_2": "8"},
        ),
        (("only", "order,amount,status", "{i},CHF {i},open"), ("amount", "retyped", "error"), {}),
    ],
)
def test_a_source_whose_fields_change_is_kept_whole_and_told(
    day: Callable[..., tuple[Outcome, Outcome, Run]],
    delivered: tuple[str, str, str],
    found: tuple[str, str, str],
    columns: dict[str, str | None],
) -> None:
    """In place of the file or beside it: raw holds every cell, the finding says which field, core stays balanced."""
    name, header, lines = delivered
    before = [f"{i},{i},open" for i in range(60)]
    day(before)
    raw, core, run = day([lines.format(i=i) for i in range(1000, 1060)], header, name=name)
    assert raw.state == "published"
    assert found in told(run, RAW)
    newest = run.warehouse.read(RAW).collect().filter(order="1000").to_dicts()
    assert [{column: row[column] for column in columns} for row in newest] == [columns]
    assert run.warehouse.read(RAW).collect().height == (60 if name == "only" else 120)
    assert core.state in {"published", "blocked"}
    if core.ledger is not None:
        assert core.ledger.rows_in == run.warehouse.read(RAW).collect().height


def test_a_feed_may_refuse_broken_fields(day: Callable[..., tuple[Outcome, Outcome, Run]]) -> None:
    """Core stays as it was, in every run, until the fields are accepted; the words name the field and what to do."""
    day(good(1), feed=BLOCKING)
    for _ in range(2):
        _, core, run = day(good(100, 40), "order,amount,state", name="another", feed=BLOCKING)
        assert core.state == "blocked"
        assert "status" in (core.why or "")
        assert "dq drift raw.shop__orders --accept" in (core.why or "")
        assert len(rows_of(run, CORE, "order")) == 60
    accept(RAW, run.warehouse, run.now())
    again = replace(run, run_id="accepted")
    assert refine(BLOCKING, again).state == "published"
    assert told(run, RAW)


def test_a_source_that_has_its_fields_again_blocks_nothing(
    day: Callable[..., tuple[Outcome, Outcome, Run]],
) -> None:
    """The file is mended: the next run publishes without a word from anyone."""
    day(good(1), feed=BLOCKING)
    _, core, _ = day([f"{i},open" for i in range(60)], "order,status", feed=BLOCKING)
    assert core.state == "blocked"
    _, core, _ = day(good(1, 70), feed=BLOCKING)
    assert core.state == "published"


def test_a_new_field_breaks_nothing(day: Callable[..., tuple[Outcome, Outcome, Run]]) -> None:
    """An added field is told and does not block."""
    day(good(1), feed=BLOCKING)
    _, core, run = day([f"{line},x" for line in good(1)], f"{shop.HEADER},note", feed=BLOCKING)
    assert core.state == "published"
    assert told(run, RAW) == [("note", "added", "warn")]


def test_the_first_delivery_blocks_nothing(day: Callable[..., tuple[Outcome, Outcome, Run]]) -> None:
    """There is nothing that its fields could differ from."""
    _, core, run = day(good(1), feed=BLOCKING)
    assert core.state == "published"
    assert told(run, RAW) == told(run, CORE) == []


def test_a_clock_that_is_set_back_hides_no_drift(tmp_path: Path) -> None:
    """What was published last is what is compared and shown, though it bears the earlier time."""
    run = a_run(tmp_path)
    shop.deliver(tmp_path, "only", good(1, rows=600))
    collect(FEED, run)
    refine(FEED, run)
    shop.deliver(tmp_path, "only", good(1, rows=30))
    back = replace(run, run_id="r2", now=lambda: datetime.now(UTC) - timedelta(hours=1))
    collect(FEED, back)
    refine(FEED, back)
    assert [past.columns["amount"].rows for past in history(CORE, run.warehouse)] == [30, 600]
    found = rows_of(run, "quality.drift", "table_name", "run_id", "kind")
    assert (CORE, "r2", "volume") in found
    assert len(told(run, CORE)) == len([table for table, *_ in found if table == CORE])
