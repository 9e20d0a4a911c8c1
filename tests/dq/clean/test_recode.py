from hypothesis import given, settings
from hypothesis import strategies as st

from dq.clean import recode
from tests.dq.clean.texts import CELLS, frame, holds_cleaning_laws, trimmed

CODES = {"A11": "lt_0_dm", "1": "good", "0": "bad"}


@settings(max_examples=25)
@given(cells=st.lists(CELLS, max_size=8))
def test_a_code_is_told_or_a_problem(cells):
    """Each cell is its word, or null; a null that was neither null nor empty is a problem with the code."""
    told = holds_cleaning_laws(frame(cells), lambda f: recode(f, "x", CODES))
    words = CODES | {word: word for word in CODES.values()}
    assert told["x"].to_list() == [words.get(trimmed(cell)) if cell else None for cell in cells]
    unknown = [cell for cell in cells if cell and trimmed(cell) and trimmed(cell) not in words]
    assert [p["value"] for ps in told["_problems"].to_list() for p in ps] == unknown


def test_codes_may_trade_places():
    """A map that swaps two codes swaps them: a key is never mistaken for a word."""
    assert recode(frame(["0", "1"]), "x", {"0": "1", "1": "0"}).collect()["x"].to_list() == ["1", "0"]
