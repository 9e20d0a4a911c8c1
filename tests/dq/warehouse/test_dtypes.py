from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dq.errors import SchemaError
from dq.publication import Change, Publication
from dq.warehouse import Warehouse

AT = datetime(2024, 1, 2, 3, 4, 5, 678901)  # noqa: DTZ001
NOW = datetime(2026, 1, 2, tzinfo=UTC)

REASONS = pl.List(pl.Struct({"a": pl.String, "b": pl.Int64}))
HELD = {
    "bool": pl.Series([True, None]),
    "i8": pl.Series([-128, None], dtype=pl.Int8),
    "i16": pl.Series([-(2**15), None], dtype=pl.Int16),
    "i32": pl.Series([-(2**31), None], dtype=pl.Int32),
    "i64": pl.Series([-(2**63), None], dtype=pl.Int64),
    "u8": pl.Series([255, None], dtype=pl.UInt8),
    "u16": pl.Series([2**16 - 1, None], dtype=pl.UInt16),
    "u32": pl.Series([2**32 - 1, None], dtype=pl.UInt32),
    "u64": pl.Series([2**64 - 1, None], dtype=pl.UInt64),
    "f32": pl.Series([0.1, float("inf")], dtype=pl.Float32),
    "f64": pl.Series([float("nan"), None]),
    "dec": pl.Series([Decimal("-1.23"), None], dtype=pl.Decimal(38, 2)),
    "text": pl.Series(["é\n\x00'\"😀", None]),
    "bytes": pl.Series([b"\x00\xff", None]),
    "date": pl.Series([date(1, 1, 1), None]),
    "us": pl.Series([AT, None], dtype=pl.Datetime("us")),
    "ns": pl.Series([AT, None], dtype=pl.Datetime("ns")),
    "utc": pl.Series([AT, None], dtype=pl.Datetime("us", "UTC")),
    "list": pl.Series([[1, None], []], dtype=pl.List(pl.Int16)),
    "struct": pl.Series([{"a": 1, "b": ["x"]}, {"a": None, "b": None}]),
    "reasons": pl.Series([[{"a": "x", "b": None}], None], dtype=REASONS),
    'od"d name; --': pl.Series([1, None]),
    "select": pl.Series([1, None]),
}  # fmt: skip

WIDENED = {
    "cat": (pl.Series(["a", None], dtype=pl.Categorical), pl.String()),
    "enum": (pl.Series(["a", None], dtype=pl.Enum(["b", "a"])), pl.String()),
    "f16": (pl.Series([1.5, None], dtype=pl.Float16), pl.Float32()),
    "ms": (pl.Series([AT, None], dtype=pl.Datetime("ms")), pl.Datetime("us")),
    "utc_ms": (pl.Series([AT, None], dtype=pl.Datetime("ms", "UTC")), pl.Datetime("us", "UTC")),
    "zone": (pl.Series([AT, None], dtype=pl.Datetime("us", "Asia/Shanghai")), pl.Datetime("us", "UTC")),
    "array": (pl.Series([[1.0, 2.0], None], dtype=pl.Array(pl.Float64, 2)), pl.List(pl.Float64)),
    "array2": (
        pl.Series([[[1, 2]], None], dtype=pl.Array(pl.Int64, (1, 2))),
        pl.List(pl.List(pl.Int64)),
    ),
    "deep": (
        pl.Series([[{"a": "x"}], None], dtype=pl.List(pl.Struct({"a": pl.Enum(["x"])}))),
        pl.List(pl.Struct({"a": pl.String})),
    ),
}

REFUSED = {
    "null": pl.Series([None, None]),
    "i128": pl.Series([2**100, None], dtype=pl.Int128),
    "u128": pl.Series([2**100, None], dtype=pl.UInt128),
    "time": pl.Series([AT.time(), None]),
    "duration": pl.Series([1, None], dtype=pl.Duration("us")),
    "utc_ns": pl.Series([AT, None], dtype=pl.Datetime("ns", "UTC")),
    "object": pl.Series([object(), None], dtype=pl.Object),
    "nothing": pl.Series([{}, None], dtype=pl.Struct([])),
    "deep": pl.Series([[None], []], dtype=pl.List(pl.Null)),
    "deeper": pl.Series([{"a": None}], dtype=pl.Struct({"a": pl.Null})),
}


def put(wh: Warehouse, table: str, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Publish a frame and give it back twice: read from its files, and through SQL."""
    wh.publish(Publication("r", (Change(table, frame),)), now=NOW)
    with wh.connect() as lake:
        by_sql = lake.execute(f"from {table}").to_arrow_table()
    return wh.read(table).collect(), pl.DataFrame(pl.from_arrow(by_sql))


@pytest.mark.parametrize("height", [2, 0])
def test_held_types_come_back_as_they_were(wh: Warehouse, height: int) -> None:
    """Values, nulls and types survive, through the files and through SQL, also of an empty frame."""
    frame = pl.DataFrame(HELD).head(height)
    for back in put(wh, "core.held", frame):
        assert_frame_equal(back, frame)


@pytest.mark.parametrize("height", [2, 0])
def test_widened_types_keep_every_value(wh: Warehouse, height: int) -> None:
    """A type without a like in the lake comes back as the wider one that the module names."""
    frame = pl.DataFrame({name: series for name, (series, _) in WIDENED.items()}).head(height)
    expected = frame.cast({name: dtype for name, (_, dtype) in WIDENED.items()})  # type: ignore[arg-type]
    for back in put(wh, "core.widened", frame):
        assert_frame_equal(back, expected)
    if height:
        assert frame["zone"].dt.epoch("us").to_list() == expected["zone"].dt.epoch("us").to_list()


@pytest.mark.parametrize("name", REFUSED)
def test_types_that_would_lose_values_are_refused(wh: Warehouse, name: str) -> None:
    """The column is named, and what to do."""
    frame = pl.DataFrame({"fine": pl.Series([1, 2][: len(REFUSED[name])]), name: REFUSED[name]})
    with pytest.raises(SchemaError, match=rf"'{name}'(.|\n)*where: core.refused.{name}(.|\n)*hint:"):
        put(wh, "core.refused", frame)
    assert not wh.exists("core.refused")


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pl.DataFrame({"a": [1], "A": [2]}), "differ only in case"),
        (pl.DataFrame({"": [1]}), "has no name"),
        (pl.DataFrame(), "has no columns"),
    ],
)
def test_names_that_sql_cannot_hold_are_refused(wh: Warehouse, frame: pl.DataFrame, message: str) -> None:
    """SQL names columns without regard to case, and needs a name."""
    with pytest.raises(SchemaError, match=message):
        put(wh, "core.refused", frame)
