import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.dedupe import deduplicate
from dq.errors import SchemaError

ROWS = st.lists(
    st.tuples(st.sampled_from(["a", "b", None]), st.sampled_from([1, 2, None]), st.integers(0, 3)),
    max_size=12,
)


def frame(rows, origins=None):
    """Rows of (key text, key number, time), with origins that need not be in order."""
    origins = origins or range(len(rows))
    return pl.DataFrame(
        [(f"l{o % 2}", o, *row) for o, row in zip(origins, rows, strict=True)],
        schema={"_landing_id": pl.String, "_row": pl.Int64, "k": pl.String, "n": pl.Int64, "at": pl.Int64},
        orient="row",
    )


@settings(max_examples=60)
@given(rows=ROWS, data=st.data(), nulls_equal=st.booleans())
def test_the_same_rows_win_in_any_order(rows, data, nulls_equal):
    """Shuffling the rows changes nothing, and nothing is lost: kept and dropped are the rows that came in."""
    whole = frame(rows)
    shuffled = whole[data.draw(st.permutations(range(len(rows))))] if rows else whole
    one = deduplicate(whole, ["k", "n"], ("at",), nulls_equal=nulls_equal)
    other = deduplicate(shuffled.lazy(), ["k", "n"], ("at",), nulls_equal=nulls_equal)
    assert one.kept.equals(other.kept)
    assert one.dropped.equals(other.dropped)
    origins = [
        *one.kept.select("_landing_id", "_row").rows(),
        *one.dropped.select("_landing_id", "_row").rows(),
    ]
    assert sorted(origins) == sorted(whole.select("_landing_id", "_row").rows())


@settings(max_examples=60)
@given(rows=ROWS, nulls_equal=st.booleans())
def test_one_row_a_key_stays_and_it_is_the_first(rows, nulls_equal):
    """No key is left twice, each dropped row points to the kept row of its key, and again drops nothing."""
    told = deduplicate(frame(rows), ["k", "n"], ("at",), nulls_equal=nulls_equal)
    keys = told.kept if nulls_equal else told.kept.drop_nulls(["k", "n"])
    assert keys.select("k", "n").is_unique().all()
    winners = told.dropped.join(
        told.kept,
        left_on=["_kept_landing_id", "_kept_row"],
        right_on=["_landing_id", "_row"],
        suffix="_kept",
    )
    assert winners.height == told.dropped.height
    assert (winners["k"].eq_missing(winners["k_kept"]) & winners["n"].eq_missing(winners["n_kept"])).all()
    again = deduplicate(told.kept, ["k", "n"], ("at",), nulls_equal=nulls_equal)
    assert again.kept.equals(told.kept)
    assert again.dropped.height == 0


def test_nulls_repeat_nothing_unless_said():
    """Two rows with an unknown key are two rows; with nulls_equal they are one."""
    rows = frame([(None, 1, 0), (None, 1, 0)])
    assert deduplicate(rows, ["k", "n"]).kept.height == 2
    assert deduplicate(rows, ["k", "n"], nulls_equal=True).kept.height == 1


@pytest.mark.parametrize(
    "key",
    [
        pl.Series([float("nan"), -0.0, -float("nan"), 0.0, 1.0]),
        pl.Series([[1, None], [2], [1, None], [2], []]),
        pl.Series([{"a": 1}, {"a": None}, {"a": 1}, {"a": None}, {"a": 2}]),
        pl.Series(["x", "", "x", "", "y"], dtype=pl.Categorical),
        pl.Series(["1.0", "2.5", "1.00", "2.50", "3"]).cast(pl.Decimal(10, 2)),
        pl.Series([b"x", b"", b"x", b"", b"y"]),
        pl.Series([2**64 - 1, 0, 2**64 - 1, 0, 1], dtype=pl.UInt64),
    ],
)
def test_keys_of_every_type_are_compared(key):
    """What Polars takes for one key is one: the third row repeats the first, the fourth the second."""
    rows = pl.DataFrame({"k": key}).with_row_index("_row").with_columns(_landing_id=pl.lit("l"))
    told = deduplicate(rows, ["k"])
    assert told.kept["_row"].to_list() == [0, 1, 4]
    assert told.dropped.select("_row", "_kept_row").rows() == [(2, 0), (3, 1)]


def test_a_missing_key_is_refused():
    """A key that is not there, and no key at all, are errors and not "all rows are the same"."""
    with pytest.raises(SchemaError, match="no column z"):
        deduplicate(frame([]), ["z"])
    with pytest.raises(SchemaError, match="no key"):
        deduplicate(frame([]), [])


def test_the_real_patients_are_302(sample_root):
    """1,025 rows of the internal copy hold 302 distinct patients; each of the 723 others names the row it
    repeats."""
    raw = pl.read_csv(sample_root / "files/medical/cardiac_arrest.csv", infer_schema=False)
    rows = raw.with_row_index("_row", offset=2).with_columns(_landing_id=pl.lit("aa"))
    told = deduplicate(rows, raw.columns)
    assert (told.kept.height, told.dropped.height) == (302, 723)
    assert (told.dropped["_kept_row"] < told.dropped["_row"]).all()
