"""Cells as sources write them, for properties of cleaning."""

import polars as pl
from hypothesis import strategies as st

from dq.verdict import REASONS

WRITTEN = [
    "0",
    "1",
    "-1",
    "7.0",
    "1e3",
    "1,000",
    "nan",
    "inf",
    "yes",
    "NO",
    "true",
    "A11",
    "good",
    "2020-02-29",
    "2021-02-29",
    "20200101",
    "97-01-01",
    "&amp;",
    "&amp;amp;",
    "&#39;x",
    "4",
    "?",
]
ODD = ["", " ", " 7 ", "\ufeffx", "a\u200bb", "e\u0301", "é", "\x00", "a\r\n b", "9" * 30]
CELLS = st.one_of(st.none(), st.sampled_from(WRITTEN + ODD), st.text(max_size=12))


def trimmed(cell: str) -> str:
    """The cell without the white space around it, as Unicode has it (Python's strip also takes
    separators)."""
    return pl.Series([cell]).str.strip_chars().item()


def frame(cells: list[str | None]) -> pl.LazyFrame:
    """One text column `x` with the framework's two."""
    return pl.LazyFrame(
        {"_landing_id": ["aa"] * len(cells), "_row": list(range(1, len(cells) + 1)), "x": cells},
        schema={"_landing_id": pl.String, "_row": pl.Int64, "x": pl.String},
    )


def holds_cleaning_laws(before: pl.LazyFrame, step) -> pl.DataFrame:
    """Assert what every step promises, and give what it gave.

    The same rows in the same order; nulls stay null and are no reason; again changes nothing and adds no
    reason; streaming gives the same; both ledgers have their type.
    """
    raw, once = before.collect(), step(before).collect()
    twice = step(once.lazy()).collect()
    assert once.select("_landing_id", "_row").equals(raw.select("_landing_id", "_row"))
    assert once.schema["_problems"] == once.schema["_repairs"] == REASONS
    assert once.filter(raw["x"].is_null())["x"].null_count() == raw["x"].null_count()
    reasons = pl.col("_problems").list.len() + pl.col("_repairs").list.len()
    assert once.filter(raw["x"].is_null()).select(reasons.sum()).item() == 0
    assert twice.equals(once)
    assert step(before).collect(engine="streaming").equals(once)
    return once
