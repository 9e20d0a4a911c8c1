from datetime import date, datetime
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.drift.profile import SAMPLE_ROWS, TOP, ColumnProfile, profile, profile_of, row_of
from tests.strategies.deliveries_of_one_source import delivery


def of(values: pl.Series | list[object]) -> ColumnProfile:
    (one,) = profile("core.x", pl.DataFrame({"a": values}))
    return one


cells = st.one_of(
    st.lists(st.one_of(st.none(), st.integers(-5, 5)), max_size=60),
    st.lists(st.one_of(st.none(), st.floats(width=32)), max_size=60),
    st.lists(st.one_of(st.none(), st.text(max_size=3)), max_size=60),
    st.lists(st.one_of(st.none(), st.booleans()), max_size=60),
    st.lists(st.one_of(st.none(), st.dates()), max_size=60),
)


@settings(max_examples=60)
@given(cells)
def test_counts_are_those_of_plain_python(values: list[object]) -> None:
    """Rows, missing cells (null, NaN, empty text) and distinct values, whatever the column holds; and it is a row."""
    one = of(values)
    there = [value for value in values if value is not None and value == value and value != ""]  # noqa: PLR0124
    assert (one.rows, one.nulls, one.present) == (len(values), len(values) - len(there), len(there))
    assert one.sampled == len(there)
    if one.distinct_about is not None and one.kind != "other":
        assert one.distinct_about == len(set(there))
    assert profile_of(row_of(one)) == one


def test_lazy_and_eager_are_measured_alike() -> None:
    """A scan and a frame give the same profiles, and so does the same frame again."""
    frame = delivery(np.random.default_rng(1), 700)
    assert profile("core.x", frame.lazy()) == profile("core.x", frame) == profile("core.x", frame)


def test_the_framework_s_columns_are_no_data() -> None:
    """Columns with an underscore in front are not measured; a frame of nothing else gives nothing."""
    assert [one.column_name for one in profile("core.x", pl.DataFrame({"_row": [1], "a": [1]}))] == ["a"]
    assert profile("core.x", pl.DataFrame({"_row": [1]})) == ()


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["open", "paid"] * 20, "category"),
        ([True, None] * 20, "category"),
        (pl.Series(["open", "paid"] * 20, dtype=pl.Categorical), "category"),
        (list(range(100)), "key"),
        ([f"order-{i}" for i in range(100)], "key"),
        ([float(i % 7) + i / 1000 for i in range(100)], "number"),
        ([Decimal(i % 50) for i in range(100)], "number"),
        ([i / 10 for i in range(100)], "growing"),
        ([date(2026, 1, 1)] * 40, "time"),
        ([datetime(2026, 1, 1, 12)] * 40, "time"),  # noqa: DTZ001
        (["2026-01-01"] * 40, "time"),
        ([f"word {i} is here" for i in range(100)], "prose"),
        ([f"第{i}條評論" for i in range(100)], "prose"),
        ([f"w{i % 60}" for i in range(100)], "text"),
        ([[1]] * 40, "other"),
        ([{"a": 1}] * 40, "other"),
        ([b"x"] * 40, "other"),
        ([None] * 40, "other"),
        ([], "other"),
    ],
)
def test_each_column_is_compared_as_what_it_is(values: list[object], kind: str) -> None:
    """Categories, keys, numbers, growing numbers, times, prose, other text, and what has nothing to compare."""
    assert of(values).kind == kind


def test_text_says_what_it_reads_as() -> None:
    """Whole numbers are numbers, too; dates are ISO's."""
    one = of(["1", " 2 ", "2.5", "2026-01-31", "much", ""])
    assert (one.integers, one.numbers, one.dates) == (2, 3, 1)


def test_quantiles_are_values_of_the_column() -> None:
    """51 of them, from the least to the largest; of text, of its number of characters; not a number has none."""
    one = of([float(i) for i in range(1000)])
    assert one.quantiles[0] == 0
    assert one.quantiles[25] == 499
    assert one.quantiles[-1] == 999
    assert len(one.quantiles) == 51
    assert of(["aa bb"] * 30).quantiles == (5.0,) * 51
    assert of([float("inf"), 1.0, float("nan")]).quantiles == (1.0,) * 51


def test_a_row_stays_small() -> None:
    """However many values there are and however long, a few of them are kept, cut short."""
    one = of([f"{i % 400:0200d}" for i in range(2000)])
    assert len(one.top) == TOP
    assert all(len(value) == 60 for value, _ in one.top)


def test_a_large_table_is_sampled_and_its_rows_counted() -> None:
    """Rows and nulls are exact, distinct values about right, shares of a sample near the truth."""
    rows = 6 * SAMPLE_ROWS
    frame = pl.DataFrame({"phase": pl.int_range(rows, eager=True) % 6}).with_columns(
        id=pl.int_range(rows), gap=pl.when(pl.col("phase") > 0).then("phase")
    )
    phase, number, gap = profile("core.x", frame)
    assert (gap.rows, gap.nulls) == (rows, rows // 6)
    assert SAMPLE_ROWS * 0.9 < phase.sampled < SAMPLE_ROWS * 1.1
    assert number.distinct_about == pytest.approx(rows, rel=0.1)
    assert number.kind == "key"
    # A sample of every sixth row would see one phase of six.
    assert [value for value, _ in sorted(phase.top)] == [str(i) for i in range(6)]
    assert min(count for _, count in phase.top) > 0.9 * phase.sampled / 6
