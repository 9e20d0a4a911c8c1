"""A drafted contract compiles, is formatted, accepts its own sample, and is not fitted to it."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.profile import profile
from dq.profile.draft import MOST_BROKEN, compiled, draft

NAMES = st.text(min_size=1, max_size=8).filter(lambda name: not name.startswith("_"))
CELLS: list[st.SearchStrategy[Any]] = [
    st.integers(-(2**40), 2**40),
    st.integers(0, 3),
    st.floats(allow_infinity=False, width=32),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.text(max_size=6),
    st.sampled_from(["yes", "no", 'a "b"', "it's", "\\", "N/A", "long " * 30]),
    st.sampled_from(["1", "2", "3.5", "?", "x"]),
    st.from_regex(r"^[A-Z]{2}-[0-9]{3}\Z"),
    st.dates(date(1950, 1, 1), date(2030, 1, 1)).map(str),
    st.lists(st.integers(0, 3), max_size=2),
]


@st.composite
def frames(draw: st.DrawFn) -> pl.DataFrame:
    rows = draw(st.integers(0, 60))
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    return pl.DataFrame(
        {name: _cells(draw, rows) for name in names},
        strict=False,
    )


def _cells(draw: st.DrawFn, rows: int) -> list[Any]:
    some = draw(st.sampled_from(CELLS))
    cells = st.one_of(st.none(), some) if draw(st.booleans()) else some
    return draw(st.lists(cells, min_size=rows, max_size=rows))


@settings(max_examples=60)
@given(frames())
def test_any_table_gets_a_contract_that_its_rows_keep(rows: pl.DataFrame) -> None:
    """Whatever names and cells a table has, the draft compiles and no rule rejects more than 3 % of the rows."""
    found = profile(rows, "core.any")
    if all(column.is_opaque for column in found.columns):
        return
    made = draft(rows, found)
    assert compiled(made.source).version == made.report.contract_version
    for rule in made.report.rules:
        assert rule.on_fail == "warn" or rule.failed <= MOST_BROKEN * rule.checked


def orders(rows: int, seed: int) -> pl.DataFrame:
    """Give clean orders as text, as a CSV has them; another seed, other orders of the same kind."""
    random = np.random.default_rng(seed)
    day = [date(2024, 1, 1) + timedelta(int(n)) for n in random.integers(0, 300, rows)]
    shop = random.integers(0, 12, rows)
    return pl.DataFrame(
        {
            "orderId": [f"ord-{n + seed * 100_000}" for n in range(rows)],
            "class": random.choice(["new", "used", "B-stock"], rows),
            "shop no": shop.astype(str),
            "town": np.array(["York", "Bath", "Ely"])[shop % 3],
            "amount": random.lognormal(3, 1, rows).round(2).astype(str),
            "weight": [None if one > 0.93 else f"{70 + 9 * one:.1f}" for one in random.random(rows)],
            "ordered": [f"{one:%d.%m.%Y}" for one in day],
            "sent": [f"{one + timedelta(int(more)):%d.%m.%Y}" for one, more in zip(day, shop, strict=True)],
            "note": [f"customer {n} asked for the blue one in the shop window" for n in range(rows)],
        }
    )


def test_the_next_rows_of_the_same_kind_pass_too() -> None:
    """A draft of 600 rows accepts at least 99 % of 3,000 others: it is not fitted to the sample."""
    rows = orders(600, 0)
    made = draft(rows, profile(rows, "core.orders"))
    assert made.report.rejected == 0
    again = compiled(made.source).judge(orders(3000, 1)).report
    assert again.accepted >= 0.99 * again.rows_in


def test_what_is_wrong_fails() -> None:
    """Drafted from rows of which some are wrong in every way, the contract rejects those and no other."""
    rows = orders(600, 0)
    wrong = pl.DataFrame(
        {
            "orderId": ["ord_1", "ord-700000", "ord-700001", "ord-700002", "ord-700003", "ord-700004"],
            "class": ["new", "nwe", "new", "new", "used", "used"],
            "shop no": ["1"] * 6,
            "town": ["Bath"] * 6,
            "amount": ["10", "10", "1000000000", "ten", "10", "10"],
            "weight": ["70.1"] * 6,
            "ordered": ["01.02.2024", "01.02.2024", "01.02.2024", "01.02.2024", "2024-02-01", "01.02.1924"],
            "sent": ["01.02.2024"] * 5 + ["01.02.2024"],
            "note": ["no note"] * 6,
        }
    )
    made = draft(pl.concat([rows, wrong]), profile(pl.concat([rows, wrong]), "core.orders"))
    assert made.report.rejected == wrong.height
    assert made.report.accepted == rows.height


def test_what_stands_for_nothing_is_not_out_of_order() -> None:
    """A day that means "not yet" keeps no row out: it is counted by `known`, and comes neither before nor after."""
    started = [date(2024, 1, 1) + timedelta(days=n) for n in range(200)]
    ended = [day + timedelta(days=n % 9) for n, day in enumerate(started)]
    ended[10:13] = [date(1970, 1, 1)] * 3
    rows = pl.DataFrame({"started": started, "ended": ended})
    for frame in (rows, rows.cast(pl.String)):
        made = draft(frame, profile(frame, "core.orders"))
        assert made.report.rejected == 0
        told = {rule.rule: rule.failed for rule in made.report.rules}
        assert told["ended:known"] == 3
        assert told["started_up_to_ended"] == 0
        wrong = pl.concat([frame, frame.select(started=pl.col("ended"), ended=pl.col("started")).tail(1)])
        assert compiled(made.source).judge(wrong).report.rejected == 1


def test_who_differs_from_its_group_is_blamed_alone() -> None:
    """Where a column gives another, the few rows that say otherwise are warned of, not all that share the key."""
    rows = pl.DataFrame({"zip": ["A1", "B2", "C3", "D4"] * 50, "town": ["York", "Bath", "Ely", "Ryde"] * 50})
    rows = rows.with_columns(town=pl.when(pl.int_range(200) == 8).then(pl.lit("Bath")).otherwise("town"))
    made = draft(rows, profile(rows, "core.towns"))
    told = {rule.rule: rule.failed for rule in made.report.rules}
    assert told["zip_determines_town"] == 1
    torn = pl.DataFrame({"zip": ["E5", "E5", None, "F6"], "town": ["Hull", "Deal", "Cork", None]})
    told = {rule.rule: rule.failed for rule in compiled(made.source).judge(torn).report.rules}
    assert (
        told["zip_determines_town"] == 2
    )  # nobody is usual where two differ; what is not known differs from nothing


def test_types_of_polars_are_written() -> None:
    """Dates, moments with and without a zone, small integers, lists: each is declared or said to be unjudged."""
    rows = pl.DataFrame(
        {
            "date": [date(2024, 1, 1), date(2024, 5, 1)] * 20,
            "other": [date(2024, 1, 1), date(2024, 5, 1)] * 20,
            "utc": [datetime(2024, 1, 1, tzinfo=UTC)] * 40,
            "naive": [datetime(2024, 1, 1)] * 40,  # noqa: DTZ001 - without a zone is meant
            "small": pl.Series([1, 2] * 20, dtype=pl.Int8),
            "list": [[1]] * 40,
        }
    )
    made = draft(rows, profile(rows, "core.types"))
    assert made.report.accepted == rows.height
    assert "Not judged: list (List(Int64))" in made.source


def test_the_source_is_formatted(tmp_path: Path) -> None:
    """The formatter and the linter that the house uses leave a draft as it is."""
    rows = orders(600, 0).with_columns(weight=pl.col("weight").fill_null("?"))
    made = draft(rows, profile(rows, "core.orders"))
    path = tmp_path / "orders.py"
    path.write_text(made.source)
    (tmp_path / "__init__.py").touch()
    ruff = [sys.executable, "-m", "ruff"]
    for words in (["format", "--check"], ["check"]):
        ran = subprocess.run(  # noqa: S603
            [*ruff, *words, "--config", "pyproject.toml", str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, made.source + ran.stdout + ran.stderr


def test_whole_numbers_with_a_few_halves_are_drafted_and_judged() -> None:
    """`0, 1 … 5.5` as text: fractions that return are meant, strays are not, and either way the draft runs."""
    for halves in (0.01, 0.04, 0.2):
        rows = 1_000
        children = ["5.5" if at < halves * rows else str(at % 5) for at in range(rows)]
        table = pl.DataFrame({"children": children})
        drafted = draft(table, profile(table, "core.family"))
        assert compiled(drafted.source).judge(table).accepted.height >= (1 - halves) * rows


def test_one_usual_word_makes_a_list_of_one() -> None:
    """A column of one word and its slips is drafted as a vocabulary of that word, not of its letters."""
    rows = pl.DataFrame({"state": ["alabama"] * 997 + ["alabamx", "alxbama", "xlabama"], "n": range(1000)})
    made = draft(rows, profile(rows, "core.hospitals"))
    assert 'isin=["alabama"]' in made.source
    assert made.report.rejected == 3


DAYS_AND_MONTHS = [(1 + n % 12, 1 + n // 12 % 12) for n in range(100)]


def dated(*more: tuple[int, int], mark: str = "/") -> pl.DataFrame:
    """Give a hundred dates that are two different days each, but for eight, and `more`."""
    return pl.DataFrame(
        {"at": [mark.join((f"{a:02}", f"{b:02}", "2024")) for a, b in [*DAYS_AND_MONTHS, *more]]}
    )


def test_an_undecided_order_of_day_and_month_is_said() -> None:
    """Where no cell tells, the draft says so in a comment with both formats, and how many cells that leaves open."""
    for mark in "/-":
        rows = dated(mark=mark)
        found = profile(rows, "core.any")
        day, month = (f"%{one}{mark}%{two}{mark}%Y" for one, two in ("dm", "md"))
        assert str(found.column("at").reading) == f"date {day} or {month}"
        made = draft(rows, found)
        unclear = sum(a != b for a, b in DAYS_AND_MONTHS)
        assert made.undecided == (
            f"at: {unclear} of 100 cells are two different days; {day} is a guess, {month} fits as well",
        )
        assert f"UNDECIDED: no cell tells day from month; {unclear} of 100 cells are two days." in made.source
        assert f"{day} is a guess, {month} fits them as well" in made.source


def test_a_few_clear_cells_decide_the_order() -> None:
    """Three cells with a day above 12 decide for their order, also where the other one reads nearly all cells."""
    for more, form in (((25, 3), "%d/%m/%Y"), ((3, 25), "%m/%d/%Y")):
        rows = dated(*[more] * 3)
        found = profile(rows, "core.any")
        assert str(found.column("at").reading) == f"date {form}"
        made = draft(rows, found)
        assert made.undecided == ()
        assert made.report.rejected == 0
        assert "UNDECIDED" not in made.source


def test_a_mixed_order_is_undecided() -> None:
    """As many cells for one order as for the other decide nothing."""
    rows = dated((25, 3), (3, 25))
    assert draft(rows, profile(rows, "core.any")).undecided
