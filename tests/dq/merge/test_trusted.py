import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.merge import Survivorship, Trusted, merge
from dq.merge.trust import learn
from tests.dq.merge.boards import board


def right(told, truth, rule, **more):
    """The merge by `rule`, and the share of entities that it got right."""
    merged = merge(told, entity="id", survivorship=Survivorship(rule, **more), table="core.t")
    kept = dict(merged.frame.select("id", "at").iter_rows())
    return merged, sum(kept[entity] == truth[entity] for entity in kept) / len(kept)


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_learned_trust_beats_the_majority_and_finds_the_copies(seed):
    """On 20 sources of which 12 copy, trust gets five points more right, ranks them by skill, names all
    copies."""
    truth, told, skill = board(seed)
    _, plain = right(told, truth, "majority")
    merged, learned = right(told, truth, "trusted")
    assert learned >= plain + 0.05
    assert merged.findings.height == 0
    known = pl.DataFrame({"source": list(skill), "skill": list(skill.values())})
    rank = merged.trust.join(known, on="source")
    assert rank.select(pl.corr("accuracy", "skill", method="spearman")).item() > 0.85
    group = pl.col("source").str.extract(r"^(g\d)-")
    copying = merged.trust.filter(group.is_not_null())
    assert (copying["repeats"].str.extract(r"^(g\d)-") == copying["source"].str.extract(r"^(g\d)-")).all()
    assert merged.trust.filter(group.is_null())["repeats"].null_count() == 8


def test_an_anchor_is_the_truth_where_it_speaks():
    """What a declared source says is kept, with the words for it, and the others are measured by it."""
    truth, told, _ = board(14)
    official = pl.DataFrame({"id": list(truth)[::3], "at": list(truth.values())[::3]})
    told["official"] = official.with_row_index("_row", offset=1).with_columns(_landing_id=pl.lit("official"))
    merged, anchored = right(told, truth, Trusted("official"))
    _, learned = right(told, truth, "trusted")
    assert anchored > learned
    kept = merged.frame.join(official, on="id", suffix="_official")
    assert (kept["at"] == kept["at_official"]).all()
    won = merged.conflicts.filter(source="official")
    assert won["won"].all()
    assert won["rule"].str.starts_with("trusted: declared, official (").all()
    assert (won["confidence"] == 1.0).all()


def test_the_rule_names_who_was_believed_and_how_often_they_are_right():
    """The words of a decision name each source behind it with its learned accuracy; confidence is a
    chance."""
    truth, told, _ = board(15, entities=200)
    merged, _ = right(told, truth, "trusted")
    assert merged.conflicts["rule"].str.contains(r"^trusted: \S+ \(\d+ % right\)").mean() > 0.99
    assert merged.conflicts["confidence"].is_between(0, 1).all()
    assert merged.conflicts.filter("won")["source"].is_in(list(told)).all()


def test_a_declared_copy_and_a_suspect_have_no_vote():
    """Four copies of a bad source change nothing once they are declared."""
    truth, told, _ = board(16)
    copies = {f"g0-{i}": "g0-0" for i in range(1, 5)}
    merged, _ = right(told, truth, "trusted", copies=copies)
    without, _ = right({name: rows for name, rows in told.items() if name not in copies}, truth, "trusted")
    both = merged.frame.join(without.frame, on="id", suffix="_without").drop_nulls()
    assert (both["at"] == both["at_without"]).mean() > 0.99


CODES = st.lists(st.lists(st.integers(-1, 2), min_size=4, max_size=4), min_size=1, max_size=20).map(np.array)


@settings(max_examples=60, deadline=None)
@given(codes=CODES, data=st.data())
def test_the_order_of_items_makes_no_difference(codes, data):
    """Shuffled items give the same winners and the same accuracies."""
    order = data.draw(st.permutations(range(len(codes))))
    one, two = learn(codes), learn(codes[order])
    assert np.array_equal(one.winner[order], two.winner)
    assert np.array_equal(one.accuracy, two.accuracy)


@settings(max_examples=60, deadline=None)
@given(codes=CODES)
def test_the_winner_is_a_value_that_someone_with_a_vote_said(codes):
    """No winner out of thin air: it stands in the item, and a barred source alone gives none."""
    told = learn(codes, barred=[0])
    for item, winner in zip(codes, told.winner, strict=True):
        assert winner in item[1:] if (item[1:] >= 0).any() else winner == -1
    assert np.isfinite(told.votes).all()
    assert ((told.accuracy > 0) & (told.accuracy < 1)).all()
