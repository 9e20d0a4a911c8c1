import random
from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.merge import Offset, Survivorship, merge
from dq.merge.findings import FINDINGS

N = 200
SCHEMA = {
    "id": pl.String,
    "flag": pl.Boolean,
    "word": pl.String,
    "amount": pl.Float64,
    "year": pl.Int64,
    "low": pl.Int64,
    "high": pl.Int64,
}


def truth(seed, rows=N):
    """A table of the usual kinds of column, drawn with a fixed seed."""
    rng = random.Random(seed)
    return pl.DataFrame(
        {
            "id": [f"e{i}" for i in range(rows)],
            "flag": [rng.random() < 0.4 for _ in range(rows)],
            "word": [rng.choice(["red", "green", "blue", "grey"]) for _ in range(rows)],
            "amount": [round(rng.uniform(1, 500), 2) for _ in range(rows)],
            "year": [rng.randint(1950, 2020) for _ in range(rows)],
            "low": [rng.randint(0, 90) for _ in range(rows)],
            "high": [rng.randint(10, 100) for _ in range(rows)],
        },
        schema=SCHEMA,
    )


def source(frame, name, seed=0):
    """The table as a source gives it: its own row order, unless the seed is null."""
    rows = frame if seed is None else frame.sample(fraction=1, shuffle=True, seed=seed)
    return rows.with_row_index("_row", offset=1).with_columns(_landing_id=pl.lit(name))


def findings(told, **survivorship):
    """The merge, and its findings as (column, source, kind, proposal, action)."""
    merged = merge(told, entity="id", survivorship=Survivorship(**survivorship), table="core.t")
    assert merged.findings.schema == pl.Schema(FINDINGS)
    return merged, merged.findings.select("column_name", "source", "kind", "proposal", "action").rows()


WRONG = {
    "inverted": ("flag", ~pl.col("flag"), "fixes={('b', 'flag'): 'invert'}"),
    "scaled": ("amount", pl.col("amount") * 100, "fixes={('b', 'amount'): Scale(factor=0.01, add=0.0)}"),
    "off_by_one": ("year", pl.col("year") + 1, "fixes={('b', 'year'): Offset(by=-1.0)}"),
    "offset": ("year", pl.col("year") + 543, "fixes={('b', 'year'): Offset(by=-543.0)}"),
    "shifted": ("amount", pl.col("amount").shift(3), None),
    "recoded": (
        "word",
        pl.col("word").replace({"red": "green", "green": "blue", "blue": "red"}),
        "fixes={('b', 'word'): {'blue': 'green', 'green': 'red', 'red': 'blue'}}",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_witness_names_the_wrong_source(kind, seed):
    """With a third source that agrees with one side, the other is the suspect and has no vote, against
    both."""
    column, wrong, proposal = WRONG[kind]
    good = truth(seed)
    told = {
        "a": source(good, "a", 1),
        "b": source(good.with_columns(wrong), "b", None),
        "c": source(good, "c", 2),
    }
    # Though b comes first by precedence, it loses.
    merged, found = findings(told, default="precedence", precedence=("b",))
    assert {(c, s, k, a) for c, s, k, _, a in found} == {(column, "b", kind, "vote set aside")}
    assert len(found) == 2
    assert proposal is None or {p for *_, p, _ in found} == {proposal}
    assert merged.frame.sort("id")[column].equals(good.sort("id")[column])
    assert not merged.conflicts.filter(source="b")["won"].any()
    assert (
        merged.conflicts.filter(source="b")["rule"].str.contains(f"vote of b set aside: {kind} against").all()
    )


@pytest.mark.parametrize("kind", WRONG)
def test_without_a_witness_it_is_reported_and_nobody_loses_a_vote(kind):
    """Two sources, a systematic disagreement: the finding says that nothing names the wrong side."""
    column, wrong, _ = WRONG[kind]
    good = truth(3)
    told = {"a": source(good, "a", 1), "b": source(good.with_columns(wrong), "b", None)}
    merged, found = findings(told, precedence=("a",))
    ((said, _, seen, _, action),) = found
    assert (said, seen) == (column, kind)
    assert action.startswith("reported: ")
    assert merged.frame.sort("id")[column].equals(good.sort("id")[column])


@pytest.mark.parametrize("by", [1, -2])
def test_a_shift_that_starts_anew_on_every_page(by):
    """Values that slipped within each of ten pages are found, whatever order the pages have."""
    good = truth(8)
    pages = pl.int_range(pl.len()) // 20
    names = [f"{number * 7 % 10} of ten" for number in range(10)]
    slipped = good.with_columns(pl.col("amount").shift(by).over(pages))
    paged = source(slipped, "b", None).with_columns(
        _landing_id=pages.replace_strict(list(range(10)), names, return_dtype=pl.String),
        _row=pl.int_range(pl.len()) % 20,
    )
    told = {"a": source(good, "a", 1), "b": paged, "c": source(good, "c", 2)}
    merged, found = findings(told)
    assert {(c, s, k, a) for c, s, k, _, a in found} == {("amount", "b", "shifted", "vote set aside")}
    assert merged.findings["evidence"].str.contains("within each of 10 pages").all()
    assert merged.frame.sort("id")["amount"].equals(good.sort("id")["amount"])


def test_a_copy_is_no_witness():
    """Two sources that repeat each other don't outvote a third: the copy's agreement says nothing new."""
    good = truth(4)
    bad = good.with_columns(~pl.col("flag"))
    told = {"a": source(good, "a"), "b": source(bad, "b"), "c": source(bad, "c")}
    _, found = findings(told, copies={"c": "b"})
    assert {(c, k) for c, _, k, _, _ in found} == {("flag", "inverted")}
    assert all(action.startswith("reported") for *_, action in found)
    _, found = findings(told)
    assert {(c, s, a) for c, s, _, _, a in found} == {("flag", "a", "vote set aside")}


def test_a_copy_of_a_suspect_has_no_vote_either():
    """The copy of a source that was set aside is set aside with it, and says so."""
    good = truth(4)
    bad = good.with_columns(~pl.col("flag"))
    told = {
        "a": source(good, "a"),
        "b": source(bad, "b"),
        "c": source(good, "c"),
        "d": source(bad.head(10), "d"),
    }
    merged, _ = findings(told, copies={"d": "b"}, precedence=("d",))
    rules = merged.conflicts.filter(source="d")["rule"]
    assert rules.str.contains("vote of d set aside: it repeats b").all()
    assert merged.frame.sort("id")["flag"].equals(good.sort("id")["flag"])


@pytest.mark.parametrize("column", ["word", "amount", "year", "flag"])
@pytest.mark.parametrize("by", ["rows", "entity"])
def test_a_sorted_column_shows_itself(column, by):
    """A column sorted apart from its rows is the suspect even without a third source, whatever order the rows
    have."""
    good = truth(5).with_columns(id=pl.int_range(N).cast(pl.String))
    bad = good.with_columns(pl.col(column).sort())
    told = {"a": source(good, "a"), "b": source(bad, "b", None if by == "rows" else 9)}
    merged, found = findings(told, precedence=("b",))
    assert [(c, s, k, a) for c, s, k, _, a in found] == [(column, "b", "sorted", "vote set aside")]
    assert merged.frame.sort("id")[column].equals(good.sort("id")[column])


def test_values_that_only_a_suspect_knows_are_withheld():
    """What only a systematically wrong source says is not kept: null, and the value stands in the
    conflicts."""
    good = truth(6)
    bad = good.with_columns(~pl.col("flag"))
    told = {"a": source(good.head(100), "a"), "b": source(bad, "b"), "c": source(good.head(100), "c")}
    merged, _ = findings(told)
    unknown = merged.frame.filter(pl.col("_source_count") == 1)
    assert unknown.height == unknown["flag"].null_count() == 100
    assert unknown["word"].null_count() == 0
    withheld = merged.conflicts.filter(
        pl.col("rule").str.starts_with("withheld: no source with a vote has a value")
    )
    assert withheld.height == 100
    assert not withheld["won"].any()
    fixed, found = findings(told, fixes={("b", "flag"): "invert"})
    assert found == []
    assert fixed.frame.sort("id")["flag"].equals(good.sort("id")["flag"])


def test_another_spelling_keeps_its_vote():
    """Two vocabularies for the same are reported with the map, and nothing is withheld."""
    good = truth(7)
    codes = {"red": "R", "green": "G", "blue": "B", "grey": "grey"}
    told = {
        "a": source(good.head(100), "a"),
        "b": source(good.with_columns(pl.col("word").replace(codes)), "b"),
        "c": source(good.head(100), "c"),
    }
    merged, found = findings(told)
    assert {(c, s, k) for c, s, k, *_ in found} == {("word", "b", "recoded")}
    assert {p for *_, p, _ in found} == {"fixes={('b', 'word'): {'B': 'blue', 'G': 'green', 'R': 'red'}}"}
    assert all(action.startswith("reported: the same in other words") for *_, action in found)
    assert merged.frame["word"].null_count() == 0


def test_swapped_columns_are_named_both():
    """Two columns that stand for each other are found as such, not as noise."""
    good = truth(8)
    bad = good.rename({"low": "high", "high": "low"})
    told = {"a": source(good, "a"), "b": source(bad, "b"), "c": source(good, "c")}
    merged, found = findings(told, precedence=("b",))
    assert {(c, s, k) for c, s, k, *_ in found} == {("low", "b", "swapped"), ("high", "b", "swapped")}
    assert merged.frame.sort("id").select("low", "high").equals(good.sort("id").select("low", "high"))


def test_a_year_that_is_often_one_too_late():
    """An offset in a third of the rows is found too; a fix for all rows is not proposed, as it would harm the
    rest."""
    good = truth(9)
    late = pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.col("year") + 1).otherwise("year")
    told = {"a": source(good, "a"), "b": source(good.with_columns(year=late), "b")}
    _, found = findings(told)
    ((column, _, kind, proposal, _),) = found
    assert (column, kind) == ("year", "off_by_one")
    assert "Offset" not in proposal


@pytest.mark.parametrize(("column", "kind", "by"), [("day", "off_by_one", 1), ("time", "offset", 3600)])
def test_times_may_be_off_too(column, kind, by):
    """A day too late, and a clock in another zone, are found; the proposed fix mends them."""
    start = datetime(2020, 1, 1)  # noqa: DTZ001 - zones are what is at stake
    good = pl.DataFrame({"id": [str(i) for i in range(60)]}).with_columns(
        day=pl.lit(start).dt.date() + pl.duration(days=pl.int_range(60) * 3),
        time=pl.lit(start) + pl.duration(minutes=pl.int_range(60) * 7),
    )
    late = pl.col(column) + (timedelta(days=by) if column == "day" else timedelta(seconds=by))
    told = {"a": source(good, "a"), "b": source(good.with_columns(late), "b")}
    _, found = findings(told)
    assert [(c, s, k) for c, s, k, *_ in found] == [(column, "b", kind)]
    assert found[0][3] == f"fixes={{('b', {column!r}): Offset(by=-{by}.0)}}"
    mended, found = findings(told, fixes={("b", column): Offset(-by)})
    assert found == []
    assert mended.conflicts.height == 0


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), share=st.sampled_from([0.0, 0.02, 0.1, 0.4]))
def test_accidents_are_no_findings(seed, share):
    """Random disagreement, however much, in any kind of column, is conflicts and never a finding."""
    rng = random.Random(seed)
    good, other = truth(seed), truth(seed + 1)
    noise = pl.Series([rng.random() < share for _ in range(N)])
    columns = [c for c in good.columns if c != "id"]
    bad = good.with_columns(pl.when(noise).then(other[c]).otherwise(good[c]).alias(c) for c in columns)
    told = {"a": source(good, "a", None), "b": source(bad, "b", seed), "c": source(good, "c", 1)}
    _, found = findings(told)
    assert found == []


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), rows=st.integers(0, 19))
def test_too_few_rows_prove_nothing(seed, rows):
    """Below 20 shared entities nothing is a pattern, even where all of them are opposite."""
    good = truth(seed, rows)
    told = {"a": source(good, "a"), "b": source(good.with_columns(~pl.col("flag")), "b")}
    assert findings(told)[1] == []


def test_the_most_likely_false_alarms_are_none():
    """Constant columns, a naturally sorted column with accidents, and unrelated columns raise nothing."""
    good = truth(10).sort("year")
    rng = random.Random(10)
    other = pl.Series(rng.sample(range(N), N))
    constant = {
        "a": source(good.with_columns(flag=True), "a"),
        "b": source(good.with_columns(flag=False), "b"),
    }
    assert findings(constant)[1] == []
    typos = good.with_columns(
        year=pl.when(other < 30).then(pl.Series(rng.choices(range(1950, 2020), k=N))).otherwise("year")
    )
    assert findings({"a": source(good, "a", None), "b": source(typos, "b", None)})[1] == []
    unrelated = {
        "a": source(good, "a"),
        "b": source(good.with_columns(pl.col("word", "flag").gather(other)), "b"),
    }
    assert findings(unrelated)[1] == []


def test_degrees_of_two_scales():
    """Fahrenheit against Celsius, rounded as thermometers are, is another unit; the proposed fix mends it."""
    rng = random.Random(11)
    good = pl.DataFrame(
        {"id": [str(i) for i in range(N)], "t": [round(rng.uniform(34, 42), 1) for _ in range(N)]}
    )
    told = {"a": source(good, "a"), "b": source(good.with_columns((pl.col("t") * 1.8 + 32).round(1)), "b")}
    _, found = findings(told)
    ((column, suspect, kind, proposal, action),) = found
    assert (column, suspect, kind) == ("t", "b", "scaled")
    assert action.startswith("reported")
    factor, add = (float(part.split("=")[1]) for part in proposal.split("Scale(")[1].rstrip(")}").split(", "))
    assert (factor, add) == (pytest.approx(5 / 9, rel=0.02), pytest.approx(-160 / 9, rel=0.05))


def test_unlike_measurements_are_no_unit():
    """Two columns that only go together, as height and weight do, are not each other in another unit."""
    rng = random.Random(12)
    height = [rng.gauss(170, 10) for _ in range(N)]
    weight = [0.9 * h - 85 + rng.gauss(0, 5) for h in height]
    ids = [str(i) for i in range(N)]
    told = {"a": source(pl.DataFrame({"id": ids, "t": height}), "a")}
    told["b"] = source(pl.DataFrame({"id": ids, "t": weight}), "b")
    assert findings(told)[1] == []


@pytest.mark.parametrize(("level", "noise"), [(1000.0, 3.0), (50.0, 0.1), (0.0, 0.2)])
def test_noise_about_one_level_is_no_unit(level, noise):
    """Values that hardly vary, measured twice with noise or not related at all, are not scaled."""
    rng = random.Random(13)
    ids = [str(i) for i in range(N)]
    one = [level + rng.gauss(0, 1) for _ in range(N)]
    again = [value + rng.gauss(0, noise) for value in one]
    other = [20 * level + 20 * rng.gauss(0, 1) for _ in range(N)]
    for second in (again, other):
        told = {"a": source(pl.DataFrame({"id": ids, "t": one}), "a")}
        told["b"] = source(pl.DataFrame({"id": ids, "t": second}), "b")
        assert findings(told)[1] == []
