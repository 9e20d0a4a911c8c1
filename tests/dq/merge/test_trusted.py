import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.merge import Survivorship, Trusted, merge
from dq.merge.column_votes import Statements
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
    assert learned >= 0.9
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


def column(rows, **more):
    """Statements of one column: a row an item, a value a source, None where it says nothing."""
    codes, values = [], []
    for row in rows:
        known = sorted({value for value in row if value is not None})
        codes.append([known.index(value) if value is not None else -1 for value in row])
        values.append(known)
    wide = max(map(len, values))
    numbers = np.array([[*known, *[np.nan] * (wide - len(known))] for known in values], dtype=float)
    return Statements(np.array(codes), np.arange(len(rows)), numbers, **more)


def test_numbers_near_by_support_each_other():
    """Three sources within two minutes beat three that agree on a time hours away."""
    rows = [[100 + 7 * i] * 6 for i in range(30)] + [[600, 601, 602, 200, 200, 900]]
    (told,) = learn([column(rows)])
    assert told.winner[-1] != 0
    words = column(rows)
    (alone,) = learn([Statements(words.codes, words.entity)])
    assert alone.winner[-1] == 0


def test_what_a_source_is_worth_in_one_column_counts_in_the_others():
    """Of a column with one item, the winner is who was right in the other column, not the first named."""
    plenty = [[i + 1000 * (i % 3), i, i, i] for i in range(60)]
    scarce = [[5, 9, None, None]]
    _, told = learn([column(plenty), column(scarce)])
    assert told.winner.tolist() == [1]
    _, unknown = learn([column([[1, 1, 1, 1]]), column(scarce)])
    assert unknown.winner.tolist() == [0]


def test_which_of_two_camps_is_right_is_learned_in_a_clearer_column():
    """Nine copies that show another meaning of a column lose to five, who were right where it is plain who is."""
    rng = np.random.default_rng(1)
    clear, torn = [], []
    for item in range(120):
        true, other = 100 + 10 * item, 105 + 10 * item
        # In the clear column the nine are wrong, each group of three in its own way; in the other one all alike.
        wrong = [true + k if rng.random() < 0.7 else true for k in (3, 4, 7)]
        clear.append([true] * 5 + [value for value in wrong for _ in range(3)])
        torn.append([true if rng.random() < 0.97 else other for _ in range(5)] + [other] * 9)
    plain, learned = learn([column(torn), column(clear)])
    told = column(torn)
    right = [told.values[i, w] == 100 + 10 * i for i, w in enumerate(plain.winner)]
    assert np.mean(right) > 0.95
    assert (learned.accuracy[:5] > 0.9).all()
    (alone,) = learn([column(torn)])
    assert np.mean([told.values[i, w] == 105 + 10 * i for i, w in enumerate(alone.winner)]) > 0.5


@settings(max_examples=3)
@given(data=st.data())
def test_the_order_of_sources_and_rows_makes_no_difference_among_copies(data):
    """Shuffled sources and rows, most of them copies of one another, give the same table, conflicts and trust."""
    _, told, _ = board(17, entities=40)
    names = data.draw(st.permutations(list(told)))
    shuffled = {name: told[name].sample(fraction=1, shuffle=True, seed=len(name)) for name in names}
    one, two = (
        merge(rows, entity="id", survivorship=Survivorship("trusted"), table="core.t")
        for rows in (told, shuffled)
    )
    assert one.frame.equals(two.frame)
    assert one.conflicts.equals(two.conflicts)
    assert one.trust.equals(two.trust)


def test_a_stale_value_that_half_of_the_sources_show_does_not_win_by_number():
    """Four sources that are often stale, each in its own items, lose to three that are hardly ever wrong."""
    rng = np.random.default_rng(3)
    rows = []
    for item in range(120):
        true, stale = 1000 + 50 * item, 1020 + 50 * item
        rows.append([true] * 3 + [stale if rng.random() < 0.5 else true for _ in range(4)])
    told = column(rows)
    (learned,) = learn([told])
    right = [told.values[i, w] == 1000 + 50 * i for i, w in enumerate(learned.winner)]
    plain = [np.median(row) == 1000 + 50 * i for i, row in enumerate(rows)]
    assert np.mean(right) == 1.0 > np.mean(plain)


CODES = st.lists(st.lists(st.integers(-1, 2), min_size=4, max_size=4), min_size=1, max_size=20).map(np.array)


@settings(max_examples=60)
@given(codes=CODES, data=st.data())
def test_the_order_of_items_makes_no_difference(codes, data):
    """Shuffled items give the same accuracies, to the last digits that sums have."""
    order = np.array(data.draw(st.permutations(range(len(codes)))))
    places = np.arange(len(codes))
    (one,), (two,) = learn([Statements(codes, places)]), learn([Statements(codes[order], places[order])])
    assert np.allclose(one.accuracy, two.accuracy)
    assert np.allclose(one.chance[order], two.chance)


@settings(max_examples=60)
@given(codes=CODES)
def test_the_winner_is_a_value_that_someone_with_a_vote_said(codes):
    """No winner out of thin air: it stands in the item, and a barred source alone gives none."""
    (told,) = learn([Statements(codes, np.arange(len(codes)), barred=[0])])
    for item, winner in zip(codes, told.winner, strict=True):
        assert winner in item[1:] if (item[1:] >= 0).any() else winner == -1
    assert np.isfinite(told.chance).all()
    assert ((told.accuracy > 0) & (told.accuracy < 1)).all()
