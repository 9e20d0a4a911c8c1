"""Merging by way of files: however the entities are cut into parts, the result is that of merging them at once."""

from datetime import date, datetime, time, timedelta
from itertools import count

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.errors import DataError, PromiseError
from dq.merge import Latest, Precedence, Survivorship, Trusted, merge, merge_streaming
from tests.dq.merge.boards import board
from tests.dq.merge.sources import source, worlds

RULES = ["majority", "precedence", Precedence("c", "a"), Latest("at"), "trusted", Trusted("b")]


def equal(told, survivorship, parts, folder, entity="id"):
    """Merge at once and in `parts`; all that either gives must be the same. Gives the former."""
    how = {"entity": entity, "survivorship": survivorship, "table": "core.t"}
    one, many = merge(told, **how), merge_streaming(told, **how, scratch=folder, parts=parts)
    for name in ("agreement", "findings", "trust"):
        assert getattr(many, name).equals(getattr(one, name)), name
    for name in ("frame", "conflicts"):
        got, wanted = getattr(many, name).collect(), getattr(one, name)
        assert got.schema == wanted.schema
        assert got.equals(wanted), name
    assert (many.rows_in, many.entities, many.superseded) == (one.rows_in, one.entities, one.superseded)
    return one


@settings(max_examples=60)
@given(told=worlds(), data=st.data(), parts=st.integers(1, 5))
def test_parts_make_no_difference(told, data, parts, tmp_path_factory):
    """Small worlds with every rule, copies, repeats and nulls, in any number of parts and in any order."""
    copies = {"d": "c"} if {"c", "d"} <= set(told) else {}
    rules = {"text": data.draw(st.sampled_from([*RULES, "longest", "union"]))}
    rules["number"] = data.draw(st.sampled_from([*RULES, "mean", "min", "max", "union"]))
    rules = {c: rule for c, rule in rules.items() if any(c in frame.columns for frame in told.values())}
    survivorship = Survivorship(data.draw(st.sampled_from(RULES)), rules, ("b", "a"), copies)
    if any(isinstance(r, Latest) for r in (survivorship.default, *rules.values())):
        told = {name: frame for name, frame in told.items() if "at" in frame.columns}
    told = {n: f[data.draw(st.permutations(range(f.height)))].lazy() for n, f in reversed(told.items())}
    equal(told, survivorship, parts, tmp_path_factory.mktemp("scratch"))


KINDS = {
    "inverted": {"flag": ~pl.col("flag")},
    "scaled": {"amount": pl.col("amount") * 100},
    "off_by_one": {"day": pl.col("day") + timedelta(days=1)},
    "shifted": {"amount": pl.col("amount").shift(3)},
    "sorted": {"amount": pl.col("amount").sort()},
    "swapped": {"low": pl.col("high"), "high": pl.col("low")},
}


def entities(rows, ids):
    """A table of numbers that repeat themselves nowhere near."""
    of = [(i * 7919) % 1009 for i in range(rows)]
    return pl.DataFrame(
        {
            "id": [ids(i) for i in range(rows)],
            "flag": [n % 3 == 0 for n in of],
            "amount": [n * 1.25 for n in of],
            "day": [date(2020, 1, 1) + timedelta(days=n) for n in of],
            "low": of,
            "high": [n * 31 % 997 for n in of],
        }
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ids", [int, str])
def test_systematic_findings_span_parts(kind, ids, tmp_path):
    """A pattern that is seen only over all rows, in their source's own order, is found whatever part they are in."""
    good = entities(300, ids)
    frames = {
        "a": good,
        "b": good.with_columns(**KINDS[kind]),
        "c": good,
        "m": good.with_columns(**KINDS[kind]),
    }
    told = {
        name: (frame if name == "b" else frame.sample(fraction=1, shuffle=True, seed=n))
        .with_row_index("_row")
        .with_columns(_landing_id=pl.lit(name))
        for n, (name, frame) in enumerate(frames.items())
    }
    # Three rows in a hundred are told twice, and not always the same.
    again = told["a"].head(9).with_columns(pl.col("amount") + 1, _row=pl.col("_row") + 1000)
    told["a"] = pl.concat([told["a"], again])
    rules = Survivorship("precedence", precedence=("b",), copies={"m": "b"})
    merged = equal(told, rules, 5, tmp_path)
    assert kind in merged.findings["kind"].to_list()
    assert merged.findings["action"].str.contains("set aside").any()


NUMBERS = range(12)


@pytest.mark.parametrize(
    "names",
    [
        pl.Series([2**64 - 1 - n for n in NUMBERS], dtype=pl.UInt64),
        pl.Series([-(2**63), 2**63 - 1] * 6),
        pl.Series(NUMBERS, dtype=pl.Int128),
        pl.Series([n / 2 - 1 for n in NUMBERS]),
        pl.Series([n % 2 == 0 for n in NUMBERS]),
        pl.Series([f"{n}.5" for n in NUMBERS]).cast(pl.Decimal(10, 2)),
        pl.Series([date(2020, 1, 1 + n) for n in NUMBERS]),
        pl.Series([datetime(2020, 1, 1 + n) for n in NUMBERS]),  # noqa: DTZ001 - without a zone
        pl.Series([time(n) for n in NUMBERS]),
        pl.Series([f"name {n}" for n in NUMBERS], dtype=pl.Categorical),
        pl.Series([bytes([n]) for n in NUMBERS]),
    ],
    ids=lambda names: str(names.dtype),
)
def test_an_entity_of_any_type(names, tmp_path):
    """Whatever type names the entity: its rows find each other, in one part or in four."""
    rows = (
        pl.DataFrame({"id": names, "x": NUMBERS}).with_row_index("_row").with_columns(_landing_id=pl.lit("l"))
    )
    merged = equal({"a": rows, "b": rows.with_columns(pl.col("x") + 1)}, Survivorship(), 4, tmp_path)
    assert merged.frame["id"].to_list() == sorted(set(names))
    assert merged.frame["_members"].list.len().to_list() == [24 // merged.entities] * merged.entities


def test_a_source_that_changes_while_it_is_read_is_refused(tmp_path):
    """What was counted and what was merged must be the same rows, or some would be lost."""
    rows, times = source([("1", "x", 1.0, True, n) for n in range(9)]), count()
    fickle = rows.lazy().map_batches(
        lambda read: read.head(9 - min(4, next(times))), projection_pushdown=False, slice_pushdown=False
    )
    with pytest.raises(PromiseError, match="when they were counted"):
        merge_streaming(
            {"a": fickle}, entity="id", survivorship=Survivorship(), table="core.t", scratch=tmp_path
        )


def test_trust_is_learned_over_all_parts(tmp_path):
    """What sources are worth is learned from all entities together: 20 sources, groups of which copy."""
    _, told, _ = board(11, entities=200)
    merged = equal(told, Survivorship("trusted"), 7, tmp_path)
    assert merged.trust.height == len(told)


def test_more_than_64_sources(tmp_path):
    """Who speaks together is counted right beyond the bits of one number."""
    told = {
        f"s{n:02}": source([("1", "x", 1.0, None, n % 5), ("2", None, 2.0, n % 2 == 0, 1)]) for n in range(70)
    }
    merged = equal(told, Survivorship(), 2, tmp_path)
    pair = merged.agreement.filter(source_a="s03", source_b="s69")
    assert dict(pair.select("column_name", "both").iter_rows()) == {
        "text": 1,
        "number": 2,
        "flag": 1,
        "at": 2,
    }
    assert dict(pair.select("column_name", "agree").iter_rows()) == {
        "text": 1,
        "number": 2,
        "flag": 1,
        "at": 1,
    }


@pytest.mark.parametrize("height", [0, 1])
def test_hardly_any_rows_in_many_parts(height, tmp_path):
    """More parts than entities, and no rows at all."""
    rows = source([("1", "x", 1.0, True, 1)] * height)
    assert equal({"a": rows, "b": rows}, Survivorship(), 9, tmp_path).rows_in == 2 * height


def test_an_entity_that_is_missing_is_refused(tmp_path):
    """Rows without an entity are counted over the whole source, before anything is written."""
    rows = source([("1", "x", 1.0, True, 1), ("2", "x", 1.0, True, 1)])
    nameless = rows.with_columns(id=pl.lit(None, dtype=pl.String)).lazy()
    with pytest.raises(DataError, match=r"rows of a have no id \(2 of 2\)"):
        merge_streaming(
            {"a": nameless}, entity="id", survivorship=Survivorship(), table="core.t", scratch=tmp_path
        )
    assert not list(tmp_path.iterdir())
