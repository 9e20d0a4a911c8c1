import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.clean.units import Affine, to_unit
from dq.errors import ContractError
from tests.dq.clean.texts import CELLS, frame, holds_cleaning_laws, trimmed

MASS = {"kg": 1, "g": 0.001, "lb": 0.45359237}
WRITTEN = st.one_of(CELLS, st.from_regex(r"-?[0-9]{1,4}(\.[0-9]{1,3})? ?(kg|KG|g|lb|st)?", fullmatch=True))


@settings(max_examples=20)
@given(cells=st.lists(WRITTEN, max_size=8), bare=st.sampled_from([None, "kg", "g"]))
def test_a_cell_is_a_measure_or_empty_or_a_problem(cells, bare):
    """Nothing vanishes: a value, an empty cell, or a problem that keeps the text."""
    told = holds_cleaning_laws(frame(cells), lambda f: to_unit(f, "x", MASS, bare=bare))
    for cell, value, problems in zip(cells, told["x"], told["_problems"].to_list(), strict=True):
        assert [p["value"] for p in problems] == ([cell] if value is None and trimmed(cell or "") else [])


@pytest.mark.parametrize(
    ("cell", "value", "repairs"),
    [
        ("70 kg", 70.0, 0),
        ("70000G", 70.0, 1),
        ("100 lb", 45.359237, 1),
        ("70", None, 0),
        ("5 ft", None, 0),
        ("0 g", 0.0, 0),
    ],
)
def test_conversions_leave_a_repair(cell, value, repairs):
    """A cell in the target unit is no repair, a converted one is, an unknown or missing unit is a problem."""
    told = to_unit(frame([cell]), "x", MASS).collect()
    assert told["x"].to_list() == [pytest.approx(value)]
    assert told["_repairs"].list.len().to_list() == [repairs]


def test_units_with_a_zero_of_their_own():
    """Fahrenheit and Kelvin become Celsius."""
    units = {"°C": 1.0, "°F": Affine(5 / 9, -160 / 9), "K": Affine(1, -273.15)}
    told = to_unit(frame(["37 °C", "98.6°F", "310.15 K"]), "x", units).collect()
    assert told["x"].to_list() == pytest.approx([37, 37, 37])


def test_units_that_cannot_be_told_apart_are_refused():
    """Two units that differ by case, and a bare unit that is not among them, are errors of the
    declaration."""
    with pytest.raises(ContractError, match="told apart"):
        to_unit(frame([]), "x", {"mm": 1, "MM": 1000})
    with pytest.raises(ContractError, match="told apart"):
        to_unit(frame([]), "x", MASS, bare="stone")
