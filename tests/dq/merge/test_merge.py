from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.errors import ContractError, DataError, SchemaError
from dq.merge import Latest, Precedence, Survivorship, Trusted, merge
from tests.dq.merge.sources import rows_of, source, worlds

RULES = ["majority", "precedence", Precedence("c", "a"), Latest("at"), "trusted", Trusted("b")]
COLUMNS = ("text", "number", "flag", "at")


def run(told, survivorship=None):
    """Merge by id into a table called core.t."""
    return merge(told, entity="id", survivorship=survivorship or Survivorship(), table="core.t")


def said(value):
    """The value as it is compared: numbers within 1e-9 are one."""
    return round(value, 6) + 0.0 if isinstance(value, float) else value


@settings(max_examples=60)
@given(told=worlds(), data=st.data())
def test_order_of_sources_and_rows_never_matters(told, data):
    """Shuffling the sources and the rows of each gives the same result to the last byte."""
    copies = {"d": "c"} if {"c", "d"} <= set(told) else {}
    rules = {"text": data.draw(st.sampled_from([*RULES, "longest", "union"]))}
    rules["number"] = data.draw(st.sampled_from([*RULES, "mean", "min", "max", "union"]))
    rules = {c: rule for c, rule in rules.items() if any(c in frame.columns for frame in told.values())}
    survivorship = Survivorship(data.draw(st.sampled_from(RULES)), rules, ("b", "a"), copies)
    if any(isinstance(r, Latest) for r in (survivorship.default, *rules.values())):
        told = {name: frame for name, frame in told.items() if "at" in frame.columns}
    other = {n: told[n][data.draw(st.permutations(range(told[n].height)))] for n in reversed(told)}
    one, two = run(told, survivorship), run({n: f.lazy() for n, f in other.items()}, survivorship)
    for name in ("frame", "conflicts", "agreement", "findings", "trust"):
        assert getattr(one, name).equals(getattr(two, name)), name
    assert (one.rows_in, one.entities, one.superseded) == (two.rows_in, two.entities, two.superseded)


@settings(max_examples=60)
@given(told=worlds(), rule=st.sampled_from(RULES))
def test_no_row_is_lost_or_doubled(told, rule):
    """Rows in = entities + superseded, and the members are exactly the rows that came in."""
    merged = run(told, Survivorship(rule))
    assert merged.rows_in == sum(f.height for f in told.values()) == merged.entities + merged.superseded
    members = merged.frame.select("id", m="_members").explode("m", empty_as_null=False).unnest("m")
    came = [(i, n, o, r) for n, f in told.items() for i, o, r in f.select("id", "_landing_id", "_row").rows()]
    assert sorted(members.rows()) == sorted(came)
    assert merged.frame["id"].to_list() == sorted({i for i, *_ in came})
    assert merged.frame["_source_count"].to_list() == [
        len({n for e, n, *_ in came if e == i}) for i in merged.frame["id"]
    ]


@settings(max_examples=60)
@given(told=worlds(), rule=st.sampled_from(RULES), copied=st.booleans())
def test_a_value_is_kept_wherever_there_is_one(told, rule, copied):
    """Null never beats a value, what is kept was said by somebody, and what all say is kept, copies or
    not."""
    copies = {"b": "a"} if copied and {"a", "b"} <= set(told) else {}
    merged = run(told, Survivorship(rule, copies=copies))
    for column in set(COLUMNS) & set(merged.frame.columns):
        values = rows_of(told, column)
        for entity, kept in merged.frame.select("id", column).iter_rows():
            mine = {said(v) for _, e, v, *_ in values if e == entity}
            assert (kept is None) == (not mine)
            assert kept is None or said(kept) in mine


@settings(max_examples=60)
@given(told=worlds(), rule=st.sampled_from(RULES))
def test_conflicts_are_exactly_the_disputed_cells(told, rule):
    """Each value of each entity whose values differ stands there once, with its origin; `won` marks the kept
    one."""
    merged = run(told, Survivorship(rule))
    for column in set(COLUMNS) & set(merged.frame.columns):
        values = rows_of(told, column)
        disputed = {e for _, e, *_ in values if len({said(v) for _, f, v, *_ in values if f == e}) > 1}
        conflicts = merged.conflicts.filter(pl.col("column_name") == column)
        rows = conflicts.select("source", "entity", "landing_id", "row").rows()
        assert sorted(rows) == sorted((s, e, o, r) for s, e, _, o, r in values if e in disputed)
        kept = dict(merged.frame.select("id", column).iter_rows())
        value_of = {(s, o, r): v for s, _, v, o, r in values}
        for entity, name, landing, row, won in conflicts.select(
            "entity", "source", "landing_id", "row", "won"
        ).iter_rows():
            assert won == (said(value_of[name, landing, row]) == said(kept[entity]))
    assert merged.conflicts["rule"].str.len_chars().min() is None or (merged.conflicts["rule"] != "").all()


@settings(max_examples=60)
@given(told=worlds())
def test_majority_is_one_vote_a_source(told):
    """The kept text has as many sources behind it as any; a tie goes to the source that stands first."""
    order = ("c", "a", "b", "d")
    merged = run(told, Survivorship(precedence=order))
    if "text" not in merged.frame.columns:
        return
    values = rows_of(told, "text")
    for entity, kept in merged.frame.select("id", "text").drop_nulls().iter_rows():
        votes: Counter[str] = Counter()
        holders: dict[str, list[int]] = {}
        for place, name in enumerate(order):
            own = Counter(v for s, e, v, *_ in values if s == name and e == entity)
            for value in own:
                holders.setdefault(value, []).append(place)
            top = [v for v, n in own.items() if n == max(own.values())]
            votes.update(top if len(top) == 1 else [])
        assert kept == min(holders, key=lambda v: (-votes[v], min(holders[v]), v))


def test_one_source_comes_back_as_it_is():
    """Merging one source without repeats changes no value, and merging the result again changes nothing."""
    rows = source([("1", "x", 1.0, True, 1), ("2", None, 2.5, None, None)])
    merged = run({"a": rows})
    assert merged.frame.select("id", *COLUMNS).equals(rows.select("id", *COLUMNS))
    again = run({"a": merged.frame.join(rows.select("id", "_landing_id", "_row"), on="id")})
    assert again.frame.equals(merged.frame)
    assert merged.conflicts.height == merged.findings.height == merged.agreement.height == 0


def test_empty_sources_merge_to_nothing():
    """Sources without rows give an empty table with all columns, not an error."""
    merged = run({"a": source([]), "b": source([])})
    assert (merged.rows_in, merged.entities, merged.superseded) == (0, 0, 0)
    assert set(COLUMNS) <= set(merged.frame.columns)


def test_types_meet_or_are_refused():
    """Whole numbers and decimals meet; text and numbers don't, and the message names who has what."""
    a, b = source([("1", "x", 1.0, True, 1)]), source([("1", "x", 1.0, True, 1)], "bb")
    merged = run({"a": a, "b": b.cast({"number": pl.Int64})})
    assert merged.conflicts.height == 0
    with pytest.raises(SchemaError, match="number cannot be merged: a has Float64, b has String"):
        run({"a": a, "b": b.cast({"number": pl.String})})


def test_two_entities_never_become_one_float():
    """2^53 and 2^53 + 1 are one number as a float: whole numbers beside floats are refused as entities."""
    a, b = source([("9007199254740993", "x", 1.0, True, 1)]), source([("1", "x", 1.0, True, 1)], "bb")
    with pytest.raises(SchemaError, match="id is a whole number in a, and a float elsewhere"):
        run({"a": a.cast({"id": pl.Int64}), "b": b.cast({"id": pl.Float64})})


def test_bad_calls_are_refused():
    """A row without entity, a source without origin columns, an unknown copy, and no source at all."""
    rows = source([("1", "x", 1.0, True, 1)])
    with pytest.raises(DataError, match=r"rows of a have no id \(1 of 1\)"):
        run({"a": rows.with_columns(id=pl.lit(None, dtype=pl.String))})
    with pytest.raises(SchemaError, match="without _row"):
        run({"a": rows.drop("_row")})
    with pytest.raises(ContractError, match="not there: \\['z'\\]"):
        run({"a": rows}, Survivorship(copies={"z": "a"}))
    with pytest.raises(ContractError, match="rules for columns that no source has: txt"):
        run({"a": rows}, Survivorship(columns={"txt": "longest"}))
    with pytest.raises(ContractError, match="no source was given"):
        run({})


@settings(max_examples=60)
@given(told=worlds())
def test_agreement_counts_what_both_speak_of(told):
    """Per column and pair: the entities of which each says one thing, and those of which they say the same."""
    merged = run(told)
    for column, a, b, both, agree in merged.agreement.drop("share").iter_rows():
        values = rows_of(told, column)
        says = [{e: {said(v) for s, f, v, *_ in values if (s, f) == (n, e)} for e in "123"} for n in (a, b)]
        known = [e for e in "123" if all(len(of[e]) == 1 for of in says)]
        assert (both, agree) == (len(known), sum(says[0][e] == says[1][e] for e in known))
    shared = [
        {c for c in COLUMNS if c in told[a].columns and c in told[b].columns}
        for a in told
        for b in told
        if a < b
    ]
    assert merged.agreement.height == sum(map(len, shared))
