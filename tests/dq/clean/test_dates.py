from datetime import date

import pandera.polars as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.clean.dates import date_order, parse_date
from dq.contract import Contract
from tests.dq.clean.texts import CELLS, frame, holds_cleaning_laws, trimmed

WRITTEN = st.one_of(CELLS, st.from_regex(r"[0-3]?[0-9][./-][0-3]?[0-9][./-](19|20)?[0-9]{2}", fullmatch=True))


@settings(max_examples=20)
@given(cells=st.lists(WRITTEN, max_size=8), order=st.sampled_from(["dmy", "mdy", "ymd", None]))
def test_a_cell_is_a_date_or_empty_or_a_problem(cells, order):
    """Nothing vanishes, and without a declared order no cell is read that is two different dates."""
    told = holds_cleaning_laws(frame(cells), lambda f: parse_date(f, "x", order))
    for cell, value, problems in zip(cells, told["x"], told["_problems"].to_list(), strict=True):
        assert [p["value"] for p in problems] == ([cell] if value is None and trimmed(cell or "") else [])
    if order is None:
        both = [parse_date(frame(cells), "x", one).collect()["x"].to_list() for one in ("dmy", "mdy")]
        for value, days, months in zip(told["x"].to_list(), *both, strict=True):
            assert value == (days if months is None or months == days else months if days is None else None)


@settings(max_examples=20)
@given(
    at=st.dates(date(1000, 1, 1)), order=st.sampled_from(["dmy", "mdy", "ymd"]), mark=st.sampled_from("./-")
)
def test_every_order_is_read_back(at, order, mark):
    """A date written in an order with a mark comes back as the same date."""
    parts = {"d": f"{at.day}", "m": f"{at.month:02}", "y": f"{at.year:04}"}
    told = parse_date(frame([mark.join(parts[part] for part in order)]), "x", order).collect()
    assert told["x"].to_list() == [at]


@pytest.mark.parametrize(
    ("cell", "order", "value"),
    [
        ("3.4.21", "dmy", date(2021, 4, 3)),
        ("3/4/70", "mdy", date(1970, 3, 4)),
        ("3/4/69", "mdy", date(2069, 3, 4)),
        ("03/04/2021", None, None),
        ("04/04/2021", None, date(2021, 4, 4)),
        ("25/12/2021", None, date(2021, 12, 25)),
        ("25/12/2021", "mdy", None),
        ("2021年3月4日", "dmy", date(2021, 3, 4)),
        ("2021-03-04T10:00:00", "dmy", date(2021, 3, 4)),
        ("21-03-04", "ymd", None),
        ("31.02.2021", "dmy", None),
        ("123-4-5", "ymd", None),
    ],
)
def test_examples(cell, order, value):
    """What is read and what is not, by declared order; the century turns at the pivot of 70."""
    assert parse_date(frame([cell]), "x", order).collect()["x"].to_list() == [value]


class Bill(pa.DataFrameModel):
    x: date = pa.Field(nullable=True)

    class Config:
        name = "core.bills"
        metadata = {"dq": {"max_rejected_share": 1.0}}  # noqa: RUF012


def test_what_is_two_dates_is_a_rule_of_its_own():
    """`date_ambiguous` is told from what is no date; the report has it with the number of its cells, and which."""
    cells = ["03/04/2021", "05.06.21", "04/04/2021", "25/12/2021", "31/02/2021", "soon", None]
    told = parse_date(frame(cells), "x", None).collect()
    assert [[p["rule"] for p in problems] for problems in told["_problems"].to_list()] == [
        ["date_ambiguous:x"],
        ["date_ambiguous:x"],
        [],
        [],
        ["date:x"],
        ["date:x"],
        [],
    ]
    rules = {rule.rule: rule for rule in Contract(Bill).judge(told).report.rules}
    ambiguous = rules["date_ambiguous:x"]
    assert (ambiguous.failed, ambiguous.checked, ambiguous.dimension) == (2, 7, "accuracy")
    assert [example.value for example in ambiguous.examples] == ["03/04/2021", "05.06.21"]
    assert rules["date:x"].failed == 2
    assert date_order(frame(cells), "x").unclear == 2
    declared = parse_date(frame(cells), "x", date_order(frame(cells), "x").order).collect()
    assert declared["x"].to_list()[:2] == [date(2021, 4, 3), date(2021, 6, 5)]


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["03/04/2021", "25/12/2021"], "dmy"),
        (["03/04/2021", "12/25/2021"], "mdy"),
        (["12/25/2021", "25/12/2021"], None),
        (["03/04/2021"], None),
        (["2021-03-04", None], "ymd"),
        (["2021-03-04", "03/04/2021"], None),
    ],
)
def test_the_order_is_decided_by_the_whole_column(cells, order):
    """One clear cell decides the unclear ones; cells that say different things, or nothing, decide
    nothing."""
    assert date_order(frame(cells), "x").order == order
