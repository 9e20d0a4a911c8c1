"""Moments are read with their zones, or the reason why not is told."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.clean import Datetime, parse, parse_time
from dq.errors import ContractError
from tests.dq.clean.texts import CELLS, frame, holds_cleaning_laws, trimmed

ZONES = ["Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "UTC"]


def told(cell, order=None, **how):
    """The moment as text, or the rule of its problem."""
    row = parse_time(frame([cell]), "x", order, **how).collect()
    rules = [p["rule"] for p in row["_problems"][0]]
    return rules[0] if rules else row["x"][0] and f"{row['x'][0]:%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("cell", "order", "at"),
    [
        ("2021-03-04T10:00:00Z", None, "2021-03-04 10:00:00"),
        ("2021-03-04T10:00:00+08:00", None, "2021-03-04 02:00:00"),
        ("2021-03-04 10:00 -0530", None, "2021-03-04 15:30:00"),
        ("2021-03-04 10:00:00.123 UTC+8", None, "2021-03-04 02:00:00"),
        ("2021-03-04 10:00 GMT", None, "2021-03-04 10:00:00"),
        ("2021-07-04 10:00 Europe/Berlin", None, "2021-07-04 08:00:00"),
        ("2021-01-04T10:00[Europe/Berlin]", None, "2021-01-04 09:00:00"),
        ("2021-03-04 10:00", None, "2021-03-04 02:00:00"),
        ("4.3.21, 22:15:30", "dmy", "2021-03-04 14:15:30"),
        ("3/4/2021 12:05 AM", "mdy", "2021-03-03 16:05:00"),
        ("3/4/2021 12:05 p.m.", "mdy", "2021-03-04 04:05:00"),
        ("2021年3月4日 下午3:05", None, "2021-03-04 07:05:00"),
        ("2021年3月4日 15时05分06秒", None, "2021-03-04 07:05:06"),
        ("3/4/2021 10:00", None, "time_ambiguous:x"),
        ("2021-02-29 10:00", None, "time:x"),
        ("2021-03-04 24:00", None, "time:x"),
        ("2021-03-04 13:00 PM", None, "time:x"),
        ("2021-03-04 10:00 CST", None, "time:x"),
        ("2021-03-04 10:00 Mars/Olympus", None, "time:x"),
        ("2021-03-04 10:00 +25:00", None, "time:x"),
        ("2021-03-04", None, "time:x"),
        ("soon", None, "time:x"),
        ("", None, None),
    ],
)
def test_examples(cell, order, at):
    """Offsets, names, the declared zone (Shanghai here), half days; and what is not read, with its reason."""
    assert told(cell, order, zone="Asia/Shanghai") == at


def test_hours_that_clocks_skip_or_repeat_are_told():
    """In Berlin 02:30 does not exist on 28 March 2021, and exists twice on 31 October: said, or taken as declared."""
    how = {"zone": "Europe/Berlin"}
    assert told("2021-03-28 02:30", **how) == "time_skipped:x"
    assert told("2021-10-31 02:30", **how) == "time_twice:x"
    assert told("2021-10-31 02:30", twice="earliest", **how) == "2021-10-31 00:30:00"
    assert told("2021-10-31 02:30", twice="latest", **how) == "2021-10-31 01:30:00"
    assert told("2021-10-31 02:30+01:00", **how) == "2021-10-31 01:30:00"
    assert told("2021-10-31 02:30") == "time_zone:x"
    with pytest.raises(ContractError, match="no such time zone: CET/Berlin"):
        parse_time(frame([]), "x", zone="CET/Berlin")


@settings(max_examples=15)
@given(at=st.integers(31_536_000, 2_145_916_799), zone=st.sampled_from(ZONES))
def test_a_moment_comes_back(at, zone):
    """Written by its offset or by its zone's name, a moment is read as itself; without, unless it is said to be two."""
    moment = datetime.fromtimestamp(at, UTC)
    there = moment.astimezone(ZoneInfo(zone))
    assert told(there.isoformat()) == f"{moment:%Y-%m-%d %H:%M:%S}"
    named = told(f"{there:%Y-%m-%d %H:%M:%S} {zone}")
    bare = told(f"{there:%Y-%m-%d %H:%M:%S}", zone=zone)
    again = there.replace(fold=1 - there.fold)
    if again.utcoffset() == there.utcoffset():
        assert named == bare == f"{moment:%Y-%m-%d %H:%M:%S}"
    else:
        assert named == bare == "time_twice:x"


@settings(max_examples=20)
@given(
    cells=st.lists(
        st.one_of(CELLS, st.sampled_from(["2021-10-31 02:30", "1.2.03 4:05", "x 12:00"])), max_size=8
    )
)
def test_a_cell_is_a_moment_or_empty_or_one_problem(cells):
    """Nothing vanishes, and no cell has two reasons."""
    read = holds_cleaning_laws(frame(cells), lambda f: parse_time(f, "x", zone="Europe/Berlin"))
    assert read.schema["x"] == pl.Datetime("us", "UTC")
    for cell, value, problems in zip(cells, read["x"], read["_problems"].to_list(), strict=True):
        assert [p["value"] for p in problems] == ([cell] if value is None and trimmed(cell or "") else [])


def test_parse_reads_zones_too():
    """%z reads Z and offsets of two digits; a column that is to have a zone needs an offset; a doubled hour is told."""
    cells = [
        "2021-03-04T10:00:00Z",
        "2021-03-04T10:00:00+08",
        "2021-03-04T10:00:00+08:00",
        "2021-03-04T10:00:00",
    ]
    for kind in (Datetime("%Y-%m-%dT%H:%M:%S%z"), pl.Datetime("us", "UTC")):
        read = parse(frame(cells), {"x": kind}).collect()
        assert read.schema["x"] == pl.Datetime("us", "UTC")
        assert [at and at.hour for at in read["x"]] == [10, 2, 2, None]
    berlin = parse(
        frame(["2021-10-31 02:30", "2021-10-31 04:30"]),
        {"x": Datetime("%Y-%m-%d %H:%M", zone="Europe/Berlin")},
    )
    assert berlin.collect()["_problems"].list.len().to_list() == [1, 0]
    assert berlin.collect()["x"][1].utcoffset() == timedelta(hours=1)
