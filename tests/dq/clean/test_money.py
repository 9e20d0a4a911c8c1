"""Amounts keep their currency, and what has none that is known is a problem and no guess."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.clean.money import parse_money
from dq.errors import ContractError
from tests.dq.clean.texts import CELLS, frame, holds_cleaning_laws, trimmed

WRITTEN = st.one_of(
    CELLS, st.from_regex(r"(€ ?|\\$|usd |XXX )?[0-9]{1,4}([.,][0-9]{2})?( ?EUR| gbp| ?₹)?", fullmatch=True)
)


@settings(max_examples=30)
@given(
    cells=st.lists(WRITTEN, max_size=8),
    bare=st.sampled_from([None, "EUR"]),
    decimal=st.sampled_from([None, ".", ","]),
)
def test_a_cell_is_an_amount_with_its_currency_or_empty_or_a_problem(cells, bare, decimal):
    """Nothing vanishes, twice is once, and an amount and its currency are there together."""
    told = holds_cleaning_laws(frame(cells), lambda f: parse_money(f, "x", decimal, bare=bare))
    for cell, value, code, problems in zip(
        cells, told["x"], told["x_currency"], told["_problems"].to_list(), strict=True
    ):
        assert (value is None) == (code is None)
        assert [p["value"] for p in problems] == ([cell] if value is None and trimmed(cell or "") else [])


@pytest.mark.parametrize(
    ("cell", "value", "code"),
    [
        ("€ 12.50", 12.5, "EUR"),
        ("12.50€", 12.5, "EUR"),
        ("USD 1,234.00", 1234.0, "USD"),
        ("(3.00 gbp)", -3.0, "GBP"),
        ("-$5", -5.0, "CAD"),
        ("¥ 500", None, None),
        ("EUR 5 USD", None, None),
        ("XXX 5", None, None),
        ("5", None, None),
        ("EUR", None, None),
        ("", None, None),
    ],
)
def test_examples(cell, value, code):
    """Before or behind, in any case, in brackets; two currencies, none, or an unknown one are no amount."""
    told = parse_money(frame([cell]), "x", ".", symbols={"$": "CAD"}).collect()
    assert told.select("x", "x_currency").rows() == [(value, code)]


def test_a_currency_that_does_not_exist_is_refused():
    """A code that ISO 4217 does not list is an error of the declaration."""
    with pytest.raises(ContractError, match="ISO 4217: EURO"):
        parse_money(frame([]), "x", ".", bare="EURO")
