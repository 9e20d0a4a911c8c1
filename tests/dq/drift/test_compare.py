"""What is drift and what is not: no alarm at a source that does not change, one at each of the usual faults."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from dq.drift.compare import Past, compare
from dq.drift.fields import Columns
from dq.drift.finding import Finding, alarms
from dq.drift.history import RUNS
from dq.drift.profile import profile
from tests.strategies.deliveries_of_one_source import delivery


def measured(frame: pl.DataFrame) -> Columns:
    return {one.column_name: one for one in profile("core.x", frame)}


def told(findings: tuple[Finding, ...]) -> set[tuple[str | None, str, str]]:
    return {(one.column_name, one.change, one.severity) for one in findings}


@pytest.mark.parametrize(
    ("rows", "sources"),
    [(20, 15), (35, 15), (60, 10), (120, 10), (500, 8), (2_000, 4), (10_000, 2), (100_000, 1)],
)
def test_fresh_samples_of_one_source_give_no_alarm(rows: int, sources: int) -> None:
    """Of 2,600 comparisons of a column in all, none alarms; at 1e-6 each that is so 997 times of 1,000."""
    for seed in range(sources):
        random = np.random.default_rng((rows, seed))
        history: list[Past] = []
        for run in range(3):
            size = int(rows * random.uniform(0.8, 1.25))
            now = measured(delivery(random, size, start=run * rows * 2))
            assert alarms(compare(now, history)) == ()
            history = [Past(now), *history]


def test_a_table_that_only_grows_gives_no_alarm() -> None:
    """Whole tables measured again after each day's rows, from 20 to some 20,000 rows."""
    random = np.random.default_rng(5)
    whole, history = delivery(random, 20), list[Past]()
    while whole.height < 20_000:
        now = measured(whole)
        assert alarms(compare(now, history)) == ()
        history = [Past(now), *history][:8]
        whole = pl.concat([whole, delivery(random, whole.height // 2 + 5, start=whole.height)])


def test_the_same_rows_again_give_nothing() -> None:
    """A table made anew of the same rows has no finding at all, not even one that is only noted."""
    now = measured(delivery(np.random.default_rng(2), 500))
    assert compare(now, [Past(now)]) == ()


def test_the_first_time_has_nothing_to_compare_with() -> None:
    """Without history there is no finding."""
    assert compare(measured(delivery(np.random.default_rng(2), 500)), ()) == ()


def test_an_empty_table_before_or_now_is_told_by_its_rows_alone() -> None:
    """Rows that come after none are growth; none after many are a loss."""
    full = measured(delivery(np.random.default_rng(2), 500))
    none = measured(delivery(np.random.default_rng(2), 500).clear())
    assert alarms(compare(full, [Past(none)])) == ()
    assert told(compare(none, [Past(full)])) == {(None, "fewer_rows", "error")}


COLUMN = pl.col("amount")
FAULTS: dict[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], tuple[str | None, str, str]]] = {
    "a column turns null": (
        lambda frame: frame.with_columns(amount=pl.lit(None, pl.Float64)),
        ("amount", "more_nulls", "error"),
    ),
    "some values are missing": (
        lambda frame: frame.with_columns(amount=pl.when(pl.int_range(pl.len()) % 10 > 0).then("amount")),
        ("amount", "more_nulls", "warn"),
    ),
    "text turns empty": (
        lambda frame: frame.with_columns(key=pl.lit("")),
        ("key", "more_nulls", "error"),
    ),
    "another unit": (
        lambda frame: frame.with_columns(COLUMN * 1000),
        ("amount", "shifted", "error"),
    ),
    "a smaller unit": (
        lambda frame: frame.with_columns(COLUMN / 1000),
        ("amount", "shifted", "error"),
    ),
    "the sign turned": (
        lambda frame: frame.with_columns(-COLUMN),
        ("amount", "shifted", "error"),
    ),
    "one value for all": (
        lambda frame: frame.with_columns(amount=pl.lit(1.0)),
        ("amount", "shifted", "error"),
    ),
    "a category has vanished": (
        lambda frame: frame.filter(pl.col("code") != "b"),
        ("code", "vanished_value", "warn"),
    ),
    "a category is new": (
        lambda frame: frame.with_columns(
            code=pl.when(pl.col("code") == "c").then(pl.lit("C")).otherwise("code")
        ),
        ("code", "new_value", "warn"),
    ),
    "labels are swapped": (
        lambda frame: frame.with_columns(pl.col("flag").not_()),
        ("flag", "shifted", "error"),
    ),
    "garbage in place of categories": (
        lambda frame: frame.with_columns(code=pl.format("{}-{}", "code", "id")),
        ("code", "shifted", "error"),
    ),
    "texts are cut": (
        lambda frame: frame.with_columns(pl.col("text").str.head(12)),
        ("text", "shifted", "error"),
    ),
    "half the rows": (lambda frame: frame.head(1000), (None, "fewer_rows", "warn")),
    "hardly any rows": (lambda frame: frame.head(100), (None, "fewer_rows", "error")),
    "a column has gone": (lambda frame: frame.drop("normal"), ("normal", "removed", "error")),
    "a column is renamed": (
        lambda frame: frame.rename({"rating": "stars"}),
        ("rating", "renamed", "error"),
    ),
    "a column has another type": (
        lambda frame: frame.with_columns(pl.col("id").cast(pl.String)),
        ("id", "retyped", "error"),
    ),
    "a column is new": (
        lambda frame: frame.with_columns(note=pl.lit("x")),
        ("note", "added", "info"),
    ),
}


@pytest.fixture(scope="module")
def history() -> list[Past]:
    """Five good deliveries of 2,000 rows."""
    random = np.random.default_rng(11)
    return [Past(measured(delivery(random, 2000, start=2000 * run))) for run in range(5)]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told(fault: str, history: list[Past]) -> None:
    """Each is found, against five good times as against one, with numbers and words that differ."""
    spoil, expected = FAULTS[fault]
    now = measured(spoil(delivery(np.random.default_rng(99), 2000, start=20_000)))
    for past in (history, history[:1]):
        findings = compare(now, past)
        (found,) = [one for one in findings if (one.column_name, one.change, one.severity) == expected]
        assert found.words
        assert found.change in {"retyped", "renamed"} or found.before != found.now
        others = {one.column_name for one in alarms(findings)} - {found.column_name}
        assert others <= ({None} if fault == "a category has vanished" else set())


@pytest.mark.parametrize("rows", [20, 50, 200])
def test_few_rows_show_what_is_certain(rows: int) -> None:
    """In as few as 20 rows a thousandfold and a column that turned null are told."""
    random = np.random.default_rng(rows)
    before, fresh = delivery(random, rows), delivery(random, rows)
    now = fresh.with_columns(
        pl.lit(None, pl.Int64).alias("rating"), pl.lit(None, pl.String).alias("code"), pl.col("normal") + 1e6
    )
    found = told(compare(measured(now), [Past(measured(before))]))
    assert found == {
        ("rating", "more_nulls", "error"),
        ("code", "more_nulls", "error"),
        ("normal", "shifted", "error"),
    }


def weekend(random: np.random.Generator) -> pl.DataFrame:
    return delivery(random, 200).with_columns(pl.col("normal") + 5)


def test_a_day_like_one_of_the_last_is_no_drift() -> None:
    """A quiet Sunday alarms twice, since once could be a fault; then it is known, and no weekday ever alarms."""
    random = np.random.default_rng(3)
    history: list[Past] = []
    told_by_day = []
    for day in range(42):
        now = measured(weekend(random) if day % 7 == 6 else delivery(random, 1000))
        ringing = alarms(compare(now, history))
        told_by_day.append(told(ringing))
        history = [Past(now, frozenset(one.column_name for one in ringing)), *history][:RUNS]
    alarm = {("normal", "shifted", "error"), (None, "fewer_rows", "warn")}
    assert {day: found for day, found in enumerate(told_by_day) if found} == {6: alarm, 13: alarm}


def test_a_fault_alarms_once_its_end_never_and_the_next_again() -> None:
    """Good, bad, good, bad: the second and the fourth time alarm. Bad again right after bad is the new state."""
    random = np.random.default_rng(4)
    history: list[Past] = []
    heard = []
    for bad in (False, True, False, True, True, True):
        frame = delivery(random, 1000)
        now = measured(frame.with_columns(COLUMN * 1000) if bad else frame)
        ringing = alarms(compare(now, history))
        heard.append(told(ringing))
        history = [Past(now, frozenset(one.column_name for one in ringing)), *history]
    alarm = {("amount", "shifted", "error")}
    assert heard == [set(), alarm, set(), alarm, set(), set()]


def test_a_column_that_moves_each_time_is_only_noted() -> None:
    """The number of the delivery in every row: after it moved twice, that it moves is no news."""
    random = np.random.default_rng(6)
    history: list[Past] = []
    severities = []
    for run in range(5):
        now = measured(delivery(random, 300).with_columns(batch=pl.lit(run)))
        findings = compare(now, history)
        severities.append({one.severity for one in findings if one.column_name == "batch"})
        history = [Past(now, frozenset(one.column_name for one in alarms(findings))), *history]
    assert severities[-2:] == [{"info"}, {"info"}]


def test_the_gravest_comes_first() -> None:
    """Errors, then warnings, then what is noted; within, in the order of the columns."""
    random = np.random.default_rng(8)
    before, after = delivery(random, 1000), delivery(random, 900)
    now = after.drop("normal").with_columns(new=1, rare=pl.lit(None, pl.Float64), amount=pl.lit(-1.0))
    order = [one.severity for one in compare(measured(now), [Past(measured(before))])]
    assert order == sorted(order, key=["error", "warn", "info"].index)
    assert set(order) == {"error", "warn", "info"}
