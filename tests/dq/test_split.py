import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.errors import ContractError, SchemaError
from dq.split import assign_split, leakage

TEXTS = st.one_of(
    st.none(), st.sampled_from(["", "!", "Good day!", "good  day", "bad", "Bad.", "ｂａｄ", "other"])
)
ROWS = st.lists(st.tuples(st.integers(0, 6).map(str), TEXTS), min_size=1, max_size=12)


def frame(rows):
    """Rows of (entity, text)."""
    return pl.DataFrame(rows, schema={"id": pl.String, "text": pl.String}, orient="row")


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


@settings(max_examples=80)
@given(rows=ROWS, data=st.data())
def test_leakage_finds_every_crossing_group(rows, data):
    """A text or entity stands in the pairs if and only if its rows are in more than one split."""
    splits = data.draw(st.lists(st.sampled_from(["train", "test"]), min_size=len(rows), max_size=len(rows)))
    told = leakage(frame(rows).with_columns(pl.Series("split", splits)), "id", "text")
    normal = {None: None, "": None, "!": None, "Good day!": "good day", "good  day": "good day"}
    normal |= {"bad": "bad", "Bad.": "bad", "ｂａｄ": "bad", "other": "other"}
    for kind, keys in (("entity", [i for i, _ in rows]), ("text", [normal[t] for _, t in rows])):
        seen: dict[str | None, set[str]] = {}
        for key, split in zip(keys, splits, strict=True):
            seen.setdefault(key, set()).add(split)
        crossing = {key for key, where in seen.items() if key is not None and len(where) > 1}
        assert set(told.filter(pl.col("kind") == kind)["shared"]) == crossing
    assert (told["split_a"] != told["split_b"]).all()


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


@settings(max_examples=200)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from("abc"), st.sampled_from(["x", "y", None]), st.sampled_from(["train", "test"])
        ),
        max_size=8,
    )
)
def test_leakage_is_what_pairs_say(rows: list[tuple[str, str | None, str]]) -> None:
    """A key or a text leaks exactly where two rows have it in two splits, and each such group is named."""
    frame = pl.DataFrame(rows, schema={"id": pl.String, "t": pl.String, "split": pl.String}, orient="row")
    found = leakage(frame, "id", "t")
    for kind, at in (("entity", 0), ("text", 1)):
        told = set(found.filter(pl.col("kind") == kind)["shared"])
        crossing = {a[at] for a in rows for b in rows if a[at] == b[at] and a[at] and a[2] != b[2]}
        assert told == crossing
