import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.errors import ContractError, SchemaError
from dq.split import assign_split, leakage
from tests.dq.split.rows import ROWS, frame


def test_shares_are_held_over_entities():
    """Of 20,000 entities each split holds its share within one percentage point, and all are assigned."""
    rows = pl.DataFrame({"id": [f"p-{i}" for i in range(20_000)]})
    told = assign_split(rows, "id", salt="demo")["split"].value_counts()
    counts = dict(told.iter_rows())
    assert set(counts) == {"train", "validation", "test"}
    assert abs(counts["train"] - 16_000) < 200
    assert abs(counts["test"] - 2_000) < 200


def test_splits_never_change():
    """The split of an entity is pinned: a release that anyone trained on can be made again."""
    rows = pl.DataFrame({"id": [str(i) for i in range(40)]})
    told = "".join(name[1] for name in assign_split(rows, "id", salt="demo")["split"])
    assert told == "aarrrrrerarrrrrrrrrrrerererrrrerrraaerer"


@settings(max_examples=50)
@given(rows=ROWS, data=st.data())
def test_other_rows_do_not_move_an_entity(rows, data):
    """Without clusters, an entity's split is the same alone, in any company, in any order, as text or
    number."""
    whole = assign_split(frame(rows), "id", salt="s")
    some = frame(rows)[data.draw(st.permutations(range(len(rows))))].head(3)
    of = dict(whole.select("id", "split").iter_rows())
    assert assign_split(some, "id", salt="s")["split"].to_list() == [of[i] for i in some["id"]]
    numbers = assign_split(some.cast({"id": pl.Int64}), "id", salt="s")
    assert numbers["split"].to_list() == [of[i] for i in some["id"]]


@settings(max_examples=80)
@given(rows=ROWS, data=st.data())
def test_clusters_never_leak(rows, data):
    """Whatever texts entities share, no pair crosses, and the order of the rows does not matter."""
    whole = assign_split(frame(rows), "id", salt="s", cluster_by="text", shares={"a": 0.5, "b": 0.5})
    assert leakage(whole, "id", "text").height == 0
    order = data.draw(st.permutations(range(len(rows))))
    again = assign_split(frame(rows)[order], "id", salt="s", cluster_by="text", shares={"a": 0.5, "b": 0.5})
    assert again.equals(whole[order])


@settings(max_examples=40)
@given(
    rows=ROWS, pairs=st.lists(st.tuples(st.integers(0, 6).map(str), st.integers(0, 6).map(str)), max_size=5)
)
def test_tied_entities_never_part(rows, pairs):
    """Whatever pairs are tied, none crosses; without the ties, leakage gives exactly the pairs that do."""
    tied = pl.DataFrame(pairs, schema={"id_a": pl.String, "id_b": pl.String}, orient="row")
    halves = {"a": 0.5, "b": 0.5}
    whole = assign_split(frame(rows), "id", salt="s", cluster_by="text", tied=tied, shares=halves)
    assert leakage(whole, "id", "text", tied=tied).height == 0
    alone = assign_split(frame(rows), "id", salt="s", shares=halves)
    of = dict(alone.select("id", "split").iter_rows())
    crossing = {(a, b) for a, b in pairs if a in of and b in of and of[a] != of[b]}
    assert set(leakage(alone, "id", tied=tied).select("entity_a", "entity_b").iter_rows()) == crossing


def test_what_cannot_be_split_is_refused():
    """Shares that don't add up and rows without an entity are errors, not a guess."""
    with pytest.raises(ContractError, match="add up to 1"):
        assign_split(frame([("1", None)]), "id", salt="s", shares={"train": 0.5})
    with pytest.raises(SchemaError, match="no id to be split by"):
        assign_split(pl.DataFrame({"id": [None]}, schema={"id": pl.String}), "id", salt="s")
    with pytest.raises(SchemaError, match="no column split"):
        leakage(frame([("1", None)]), "id")


def test_real_duplicate_tweets_stay_together(sample_root):
    """The 4,200 real tweets hold repeated texts: split by id alone some leak, split with clusters none
    does."""
    tweets = pl.read_csv(
        sample_root / "site/tweets_GroundTruth.txt",
        separator="\t",
        has_header=False,
        quote_char=None,
        new_columns=["id", "score", "text"],
        infer_schema=False,
    )
    alone = assign_split(tweets, "id", salt="demo")
    together = assign_split(tweets, "id", salt="demo", cluster_by="text")
    assert leakage(alone, "id", "text").height > 0
    assert leakage(together, "id", "text").height == 0
