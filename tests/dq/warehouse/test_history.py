"""Whatever is published in whatever order, frames, SQL and a plain list of rows agree, now and in the past."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from dq.publication import Change, Publication
from dq.warehouse import Warehouse

NOW = datetime(2026, 1, 2, tzinfo=UTC)
KEYS = ("a", "b", "c")
SCHEMA = {"key": pl.String, "number": pl.Float64, "text": pl.String, "when": pl.Datetime("us", "UTC")}
ROWS = st.lists(
    st.tuples(
        st.sampled_from(KEYS),
        st.none() | st.floats(),
        st.none() | st.text(max_size=6),
        st.none() | st.datetimes(datetime(1600, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    ),
    max_size=6,
)
STEP = st.tuples(
    st.sampled_from(("replace", "append", "replace_where")), ROWS, st.sets(st.sampled_from(KEYS))
)

Row = tuple[object, ...]


def frame(rows: Sequence[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def after(rows: list[Row], mode: str, new: list[Row], values: set[str]) -> list[Row]:
    """Say what a change means, on a plain list."""
    if mode == "replace":
        return new
    if mode == "replace_where":
        return [row for row in rows if row[0] not in values] + [row for row in new if row[0] in values]
    return rows + new


@pytest.fixture(scope="module")
def wh(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Give a warehouse in a folder whose name would be a pattern to some."""
    return Warehouse(tmp_path_factory.mktemp("lake") / "k=v [x]* it's")


@settings(max_examples=8)
@given(steps=st.lists(STEP, min_size=1, max_size=4))
def test_frames_sql_and_a_plain_list_agree(
    wh: Warehouse, steps: list[tuple[str, list[Row], set[str]]]
) -> None:
    """The law of the three modes, by values with nulls, NaN, infinities, any text and old dates."""
    table = f"core.t{uuid4().hex}"
    rows, past = list[Row](), dict[int, list[Row]]()
    for mode, new, values in steps:
        given_rows = [row for row in new if mode != "replace_where" or row[0] in values]
        change = Change(table, frame(given_rows), mode, "key", tuple(values))  # type: ignore[arg-type]
        rows = after(rows, mode, new, values)
        past[wh.publish(Publication("r", (change,)), now=NOW).snapshot] = rows
    with wh.connect() as lake:
        for version, expected in past.items():
            agree(wh, lake, table, version, frame(expected))


def agree(
    wh: Warehouse, lake: duckdb.DuckDBPyConnection, table: str, version: int, expected: pl.DataFrame
) -> None:
    """Hold one snapshot of the table against its rows, whole and by filters."""
    read = wh.read(table, at=version).collect()
    found = pl.DataFrame(
        pl.from_arrow(lake.execute(f"from {table} at (version => {version})").to_arrow_table())
    )
    assert_frame_equal(read, expected, check_row_order=False)
    assert_frame_equal(found, expected, check_row_order=False)
    # DuckLake cannot ask its catalog for a text with a NUL in it, and says so.
    plain = (
        expected["text"]
        .drop_nulls()
        .filter(~expected["text"].drop_nulls().str.contains("\x00", literal=True))
    )
    # Files are skipped by the statistics in them: a wrong one would hide rows from a filter.
    some = [(pl.col("text") == text, "text = ?", text) for text in plain.unique().head(3)]
    # SQL and Polars both hold NaN for greater than every number. DuckLake 1.5 skips a file whose greatest number is
    # less than a NaN that is asked for, though the file has one: NaN is looked for by isnan(), as the documents say.
    numbers = expected["number"].drop_nulls().drop_nans().unique().head(3)
    some += [(pl.col("number") >= x, "number >= ?", x) for x in numbers]
    for by_frame, by_sql, value in some:
        height = expected.filter(by_frame).height
        query = f"select count(*) from {table} at (version => {version}) where {by_sql}"
        assert lake.execute(query, [value]).fetchone() == (height,)
        assert wh.read(table, at=version).filter(by_frame).collect().height == height
