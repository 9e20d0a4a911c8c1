"""Which rows are looked at for doubtful labels: all, or as many as can be, the same each time."""

from __future__ import annotations

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dq.stage import label_doubts
from dq.stage.label_doubts import drawn

ROWS = pl.DataFrame({"id": range(3_000), "text": ["some words"] * 3_000, "y": [0, 1] * 1_500, "more": 1})


def test_small_sets_are_looked_at_whole() -> None:
    """And nothing but key, features and label is read."""
    rows, found = drawn(ROWS.lazy(), "id", ["text"], "y")
    assert (rows, found.columns) == (3_000, ["id", "text", "y"])
    assert_frame_equal(found, ROWS.drop("more"))


@pytest.mark.parametrize(("name", "most"), [("MOST_ROWS", 300), ("MOST_BYTES", 3_000)])
def test_of_large_sets_rows_are_drawn(name: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """About a tenth by rows or by bytes of text, the same rows in any order; how many there were is told."""
    monkeypatch.setattr(label_doubts, name, most)
    rows, found = drawn(ROWS.lazy(), "id", ["text"], "y")
    _, again = drawn(ROWS.reverse().lazy(), "id", ["text"], "y")
    assert rows == 3_000
    assert 200 < found.height < 400
    assert_frame_equal(found, again, check_row_order=False)
