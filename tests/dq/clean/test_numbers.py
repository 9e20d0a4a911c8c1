import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.clean.numbers import number_style, parse_number
from tests.dq.clean.texts import CELLS, frame, holds_cleaning_laws, trimmed

WRITTEN = st.one_of(CELLS, st.from_regex(r"\(?-?[0-9]{1,3}([.,' ][0-9]{1,3}){0,3} ?%?\)?", fullmatch=True))


@settings(max_examples=20)
@given(cells=st.lists(WRITTEN, max_size=8), decimal=st.sampled_from([".", ",", None]))
def test_a_cell_is_a_number_or_empty_or_a_problem(cells, decimal):
    """Nothing vanishes, and without a declared mark nothing is read that could be read in two ways."""
    told = holds_cleaning_laws(frame(cells), lambda f: parse_number(f, "x", decimal))
    for cell, value, problems in zip(cells, told["x"], told["_problems"].to_list(), strict=True):
        assert [p["value"] for p in problems] == ([cell] if value is None and trimmed(cell or "") else [])
    if decimal is None:
        both = [parse_number(frame(cells), "x", mark).collect()["x"].to_list() for mark in ".,"]
        for value, point, comma in zip(told["x"].to_list(), *both, strict=True):
            assert value == (point if comma is None or comma == point else comma if point is None else None)


@settings(max_examples=20)
@given(
    value=st.integers(-(10**9), 10**9),
    cents=st.integers(0, 99),
    style=st.sampled_from([".,", ",.", ". ", ",'"]),
)
def test_every_style_is_read_back(value, cents, style):
    """A number written with these marks, grouped in threes, comes back as the same number."""
    written = f"{value:,}.{cents:02}".replace(",", "#").replace(".", style[0]).replace("#", style[1])
    told = parse_number(frame([written]), "x", style[0]).collect()["x"].to_list()
    assert told == [float(f"{value}.{cents:02}")]


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        ("1.234", ",", 1234.0),
        ("1.234", ".", 1.234),
        ("1.234", None, None),
        ("1.234,5", None, 1234.5),
        ("1.234,5", ".", None),
        ("12,5", None, 12.5),
        ("1,23,456", ".", None),
        ("12.3456", ",", None),
        ("(1,5)", ",", -1.5),
        ("−3", ".", -3.0),
        ("-(3)", ".", None),
        ("12,5 %", ",", 0.125),
        ("1 234 567", None, 1234567.0),
        ("1'234.50", ".", 1234.5),
        (".5", ".", 0.5),
        ("5.", ".", 5.0),
        ("12 kg", ".", None),
        ("(5", ".", None),
    ],
)
def test_examples(cell, decimal, value):
    """What is read and what is not, by declared mark."""
    assert parse_number(frame([cell]), "x", decimal).collect()["x"].to_list() == [value]


@pytest.mark.parametrize(
    ("cells", "style"),
    [
        (["1.234", "5"], (None, 0, 0, 1)),
        (["1.234", "1,5"], (",", 0, 1, 1)),
        (["1,234.5", "2.5"], (".", 2, 0, 0)),
        (["1,5", "2.25"], (None, 1, 1, 0)),
        (["7", None, "x"], (None, 0, 0, 0)),
    ],
)
def test_the_style_is_decided_by_the_whole_column(cells, style):
    """One clear cell decides the unclear ones; cells that say different things decide nothing."""
    told = number_style(frame(cells), "x")
    assert (told.decimal, told.points, told.commas, told.unclear) == style
