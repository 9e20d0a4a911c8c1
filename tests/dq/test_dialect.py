import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.dialect import DELIMITERS, delimiter_of

CELLS = st.text("ab1 .\n'", min_size=1, max_size=4)


@given(
    st.sampled_from(DELIMITERS),
    st.integers(2, 4).flatmap(
        lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=2, max_size=6)
    ),
)
def test_what_a_writer_wrote_is_found_out(delimiter: str, table: list[list[str]]) -> None:
    """For any table whose cells hold no delimiter of another kind, line ends in quoted cells included."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([*table, table[0]])
    assert delimiter_of(out.getvalue()) == delimiter


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("name;price\nTea, green;1,50\nCoffee;2,75\n", ";"),  # decimal commas
        ("just a word\nand, one comma\nanother word\n", ","),  # one column
        ("a|b\n1,2|3\n", "|"),
        ('a,b\n"x;y;z",1\n"x;y;z",2\n', ","),
        ("", ","),
        ("a;b\r1;2\r3;4\r", ";"),
        ('a,b\n"' + "x" * 200_000, ","),
    ],
)
def test_texts_that_lead_astray(text: str, delimiter: str) -> None:
    """Commas in numbers and in text, one column, nothing at all, old line ends, a quote that is never closed."""
    assert delimiter_of(text) == delimiter
