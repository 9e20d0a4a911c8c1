import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.split import leakage
from tests.dq.split.rows import ROWS, frame


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
