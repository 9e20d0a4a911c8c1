"""Random Pandera models with random frames: types, nulls, NaN, built-in and custom checks, uniqueness."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

import pandera.polars as pa
import polars as pl
import polars.selectors as cs
from hypothesis import strategies as st

from dq.contract import Contract

TABLE = "core.random"
TEXTS = [
    "",
    "a",
    "b",
    "ab",
    "xb",
    "A b",
    "é",
    "5",
    "-3",
    "1.5",
    "2020-01-01",
    "nan",
    "日本",
    "a\nb",
    "a=1, b",
]
POOLS: dict[str, tuple[Any, list[Any]]] = {
    "int": (int, [0, 1, 2, -1, 5, 2**62]),
    "int8": (pl.Int8, [0, 1, -1, 127, -128]),
    "uint8": (pl.UInt8, [0, 1, 2, 255]),
    "float": (float, [0.0, -0.0, 1.0, 1.5, -1.0, 1e300, math.nan, math.inf, -math.inf]),
    "float32": (pl.Float32, [0.0, 0.5, 1.0, -1.0, math.nan, math.inf]),
    "text": (str, TEXTS),
    "flag": (bool, [True, False]),
    "day": (date, [date(2020, 1, 1), date(1970, 1, 1), date(2024, 2, 29)]),
    "moment": (Annotated[pl.Datetime, "us", None], [datetime(2020, 1, 1, 12), datetime(1970, 1, 1)]),  # noqa: DTZ001
    "moment_utc": (
        Annotated[pl.Datetime, "us", "UTC"],
        [datetime(2020, 1, 1, 12, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)],
    ),
    "money": (Annotated[pl.Decimal, 12, 2], [Decimal("0.00"), Decimal("1.50"), Decimal("-1.00")]),
    "kind": (pl.Categorical, ["a", "b", "xb"]),
    "choice": (Annotated[pl.Enum, ["a", "b", "c"]], ["a", "b", "c"]),
    "ints": (Annotated[pl.List, pl.Int64], [[], [1], [1, 2], [None]]),
    "pair": (
        Annotated[pl.Struct, {"x": pl.Int64, "y": pl.String}],
        [{"x": 1, "y": "a"}, {"x": None, "y": None}],
    ),
}
COMPARABLE = {"int", "int8", "uint8", "float", "float32", "day", "moment", "moment_utc", "money", "text"}
COERCIBLE = {"int", "int8", "uint8", "float"}
DEFAULTED = {"int", "float", "text", "flag"}


def usable(kind: str) -> list[Any]:
    return [value for value in POOLS[kind][1] if not (isinstance(value, float) and math.isnan(value))]


@st.composite
def field_checks(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """Some of Pandera's built-in checks that make sense for the type."""
    checks: dict[str, Any] = {}
    pool = st.sampled_from(usable(kind))
    if kind in COMPARABLE:
        for name in draw(
            st.lists(st.sampled_from(["gt", "ge", "lt", "le", "eq", "ne"]), max_size=2, unique=True)
        ):
            checks[name] = draw(pool)
        if draw(st.booleans()) and kind != "text":
            low, high = sorted([draw(pool), draw(pool)])
            checks["in_range"] = {
                "min_value": low,
                "max_value": high,
                "include_min": low == high or draw(st.booleans()),
                "include_max": low == high or draw(st.booleans()),
            }
    if kind in COMPARABLE | {"flag", "kind", "choice"} and draw(st.booleans()):
        checks[draw(st.sampled_from(["isin", "notin"]))] = draw(
            st.lists(pool, min_size=1, max_size=3, unique=True)
        )
    if kind == "text":
        some = st.sampled_from(["a", "b", "^a", "a|b", "[0-9]+", "^$", "."])
        for name in draw(
            st.lists(
                st.sampled_from(["str_matches", "str_contains", "str_startswith", "str_endswith"]),
                max_size=2,
                unique=True,
            )
        ):
            checks[name] = draw(some)
        if draw(st.booleans()):
            checks["str_length"] = draw(
                st.sampled_from(
                    [{"min_value": 1}, {"max_value": 1}, {"min_value": 1, "max_value": 2}, {"exact_value": 1}]
                )
            )
    return checks


def custom_column_checks(kind: str) -> dict[str, Any]:  # noqa: C901 - nine small functions, no branches
    """Custom checks on one column, of every kind that the compiler tells apart."""

    def local(cls: Any, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col(data.key).is_not_null())

    def chained(cls: Any, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.with_columns(seen=pl.col(data.key).is_null()).select(~pl.col("seen"))

    def window(cls: Any, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.len().over(data.key) < 3)

    def shifted(cls: Any, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col(data.key).is_null() == pl.col(data.key).shift(1).is_null())

    def scalar(cls: Any, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col(data.key).null_count() < 2)

    def reads(cls: Any, data: pa.PolarsData) -> pl.LazyFrame:
        most = data.lazyframe.collect().height // 2
        return data.lazyframe.select(pl.len().over(data.key) <= most + 1)

    def says(cls: Any, data: pa.PolarsData) -> bool:
        return bool(data.lazyframe.collect()[data.key].null_count() < 3)

    def joins(cls: Any, data: pa.PolarsData) -> pl.LazyFrame:
        counted = data.lazyframe.group_by(data.key).agg(how_many=pl.len())
        joined = data.lazyframe.join(
            counted, on=data.key, how="left", nulls_equal=True, maintain_order="left"
        )
        return joined.select(pl.col("how_many") < 3)

    def numbered(cls: Any, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.int_range(pl.len()) < 6)

    found = {f.__name__: f for f in (local, chained, window, shifted, scalar, reads, says, joins, numbered)}
    if kind in {"ints", "pair"}:
        for unhashed in ("window", "joins", "reads"):
            found.pop(unhashed)
    return found


def frame_checks(names: list[str]) -> dict[str, Any]:
    """Custom checks over the whole frame."""
    first, last = names[0], names[-1]

    def both(cls: Any, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col(first).is_null() == pl.col(last).is_null())

    def conditional(cls: Any, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.when(pl.col(first).is_not_null()).then(pl.col(last).is_not_null()))

    def every(cls: Any, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.all().is_not_null())

    def several(cls: Any, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col(name).is_not_null().alias(name) for name in names)

    def filled(cls: Any, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.len() > 1)

    def falsehood(cls: Any, data: pa.PolarsData) -> bool:
        return False

    def some(cls: Any, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.any_horizontal(pl.all().is_not_null()))

    def by_selector(cls: Any, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col(first).is_null() | pl.all_horizontal(cs.numeric().is_null()))

    def running(cls: Any, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.sum_horizontal(pl.all().is_null()).cum_sum() < 4)

    checks = (both, conditional, every, several, filled, falsehood, some, by_selector, running)
    return {f.__name__: f for f in checks}


@st.composite
def models(draw: st.DrawFn) -> tuple[type[Any], dict[str, str]]:
    """A random model, and the kind of each of its columns."""
    kinds = draw(st.lists(st.sampled_from(sorted(POOLS)), min_size=1, max_size=4))
    columns = {f"c{number}_{kind}": kind for number, kind in enumerate(kinds)}
    namespace: dict[str, Any] = {"__annotations__": {}, "__module__": __name__}
    for name, kind in columns.items():
        namespace["__annotations__"][name] = POOLS[kind][0]
        namespace[name] = pa.Field(
            nullable=draw(st.booleans()),
            unique=kind not in {"ints", "pair"} and draw(st.integers(0, 3)) == 0,
            ignore_na=draw(st.booleans()),
            coerce=kind in COERCIBLE and draw(st.integers(0, 3)) == 0,
            default=draw(st.sampled_from(usable(kind)))
            if kind in DEFAULTED and draw(st.integers(0, 5)) == 0
            else None,
            **draw(field_checks(kind)),
        )
        for check in draw(
            st.lists(st.sampled_from(sorted(custom_column_checks(kind))), max_size=2, unique=True)
        ):
            function = custom_column_checks(kind)[check]
            function.__name__ = f"{check}_{name}"
            namespace[f"{check}_{name}"] = pa.check(name, ignore_na=draw(st.booleans()))(function)
    for check in draw(
        st.lists(st.sampled_from(sorted(frame_checks(list(columns)))), max_size=2, unique=True)
    ):
        function = frame_checks(list(columns))[check]
        namespace[check] = pa.dataframe_check(ignore_na=draw(st.booleans()))(function)
    config: dict[str, Any] = {"name": TABLE, "metadata": {"dq": {"max_rejected_share": 1.0}}}
    joint = [name for name, kind in columns.items() if kind not in {"ints", "pair"}]
    if len(joint) > 1 and draw(st.booleans()):
        config["unique"] = joint[:2]
    namespace["Config"] = type("Config", (), config)
    return type("Random", (pa.DataFrameModel,), namespace), columns


@st.composite
def cases(draw: st.DrawFn) -> tuple[type[Any], pl.DataFrame]:
    """A random model with a frame of its columns: any cells, of its types or as text that can be read."""
    model, columns = draw(models())
    height = draw(st.integers(0, 9))
    dtypes = Contract(model).columns
    cells = {
        name: pl.Series(
            name,
            draw(
                st.lists(
                    st.one_of(st.none(), st.sampled_from(POOLS[kind][1])), min_size=height, max_size=height
                )
            ),
            dtype=dtypes[name],
        )
        for name, kind in columns.items()
    }
    frame = pl.DataFrame(cells)
    return model, frame.with_columns(
        pl.col(name).cast(pl.String) for name, column in model.to_schema().columns.items() if column.coerce
    )
