from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.clean import Date, Datetime, parse
from dq.errors import ContractError, SchemaError
from tests.dq.clean.texts import CELLS, frame, holds_cleaning_laws

KINDS = [
    pl.Int64,
    pl.UInt8,
    pl.Float64,
    pl.Boolean,
    pl.Date,
    Date("%Y%m%d", "%d/%m/%Y"),
    Datetime(),
    pl.String,
]


@settings(max_examples=25)
@given(cells=st.lists(CELLS, max_size=8), kind=st.sampled_from(KINDS))
def test_every_cell_is_read_or_empty_or_a_problem(cells, kind):
    """A cell with text in it either has a value afterwards or is kept as a problem: nothing vanishes."""
    told = holds_cleaning_laws(frame(cells), lambda f: parse(f, {"x": kind}))
    text = pl.Series(cells, dtype=pl.String).str.strip_chars().fill_null("") != ""
    lost = told["x"].is_null() & text
    assert told["_problems"].list.len().to_list() == lost.cast(pl.Int64).to_list()
    kept = told.filter(lost)["_problems"].list.first()
    assert kept.struct.field("value").to_list() == [c for c, gone in zip(cells, lost, strict=True) if gone]


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        (pl.Int64, "7.0", 7),
        (pl.Int64, "+7", 7),
        (pl.Int64, "7.5", None),
        (pl.Int64, "1e3", None),
        (pl.Int64, "9" * 30, None),
        (pl.UInt8, "256", None),
        (pl.Float64, "1e3", 1000.0),
        (pl.Float64, ".5", 0.5),
        (pl.Float64, "nan", None),
        (pl.Float64, "inf", None),
        (pl.Float64, "1e999", None),
        (pl.Float64, "1,5", None),
        (pl.Boolean, "Yes", True),
        (pl.Boolean, "0", False),
        (pl.Boolean, "maybe", None),
        (pl.Date, "2020-02-29", date(2020, 2, 29)),
        (pl.Date, "2021-02-29", None),
        (pl.Date, "97-01-01", None),
        (Date("%Y%m%d"), "19970101", date(1997, 1, 1)),
        (Date("%Y%m%d"), "1997011", None),
        (Date("%d.%m.%Y", "%Y-%m-%d"), "1.2.1997", date(1997, 2, 1)),
        (Datetime("%Y-%m-%dT%H:%M:%S%z"), "2020-01-01T01:00:00+01:00", datetime(2020, 1, 1, tzinfo=UTC)),
        (Datetime("%Y-%m-%d %H:%M", zone="Europe/Berlin"), "2020-03-29 02:30", None),
        (pl.Enum(["a", "b"]), "c", None),
    ],
)
def test_what_counts_as_readable(kind, cell, value):
    """The vocabulary of each type is the one that the promise of parse names."""
    told = parse(frame([f" {cell} "]), {"x": kind}).collect()
    assert told["x"].to_list() == [value]
    problem = told["_problems"].to_list()[0]
    expected = {"rule": "parse:x", "dimension": "accuracy", "column": "x", "value": f" {cell} "}
    assert problem == ([] if value is not None else [expected])


def test_problems_of_earlier_steps_stay():
    """Two parses in a row keep the problems of both, in their order."""
    rows = frame(["old"]).with_columns(y=pl.lit("never"))
    told = parse(parse(rows, {"x": pl.Int64}), {"y": pl.Date}).collect()
    assert [p["rule"] for p in told["_problems"].to_list()[0]] == ["parse:x", "parse:y"]


def test_what_cannot_work_is_refused_by_name():
    """A missing column and a type that text cannot become are errors of the call, not nulls."""
    with pytest.raises(SchemaError, match="no column z"):
        parse(frame(["1"]), {"z": pl.Int64})
    with pytest.raises(ContractError, match="cannot be read as Duration"):
        parse(frame(["1"]), {"x": pl.Duration})
    with pytest.raises(ContractError, match="cannot be mixed"):
        parse(frame(["1"]), {"x": Datetime("%Y", "%Y%z")})
