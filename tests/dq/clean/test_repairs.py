import polars as pl

from dq.clean import hidden_missing, repairs_frame, tidy_text
from tests.dq.clean.texts import frame


def test_repairs_are_counted_by_column_and_rule():
    """The counts add up to the repairs, whichever steps made them."""
    told = tidy_text(hidden_missing(frame(["4", "a  b", "4", None]), {"x": ["4"]}), "x")
    assert repairs_frame(told, "core.t").rows() == [
        ("core.t", "x", "hidden_missing:x", "completeness", 2),
        ("core.t", "x", "tidy_text:x", "consistency", 1),
    ]


def test_no_repairs_give_no_rows_but_the_columns():
    """A clean frame, and one that no step has seen, give the same empty table."""
    seen = repairs_frame(tidy_text(frame(["a"]), "x"), "core.t")
    assert seen.schema == repairs_frame(pl.DataFrame({"x": ["a"]}), "core.t").schema
    assert seen.height == 0
