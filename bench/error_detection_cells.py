"""Which cells are found, which are wrong, and how well the two agree."""

from __future__ import annotations

import polars as pl

from dq.profile import profile
from dq.profile.draft import compiled, draft
from dq.profile.suspects import suspects

Cells = dict[tuple[int, str], str]


def found_in(dirty: pl.DataFrame) -> Cells:
    """Give the cells that the generic checks or a rule of the drafted contract blame, with the kind that said so."""
    seen = profile(dirty, "core.dirty")
    cells = {
        (row, column): kind
        for row, column, kind in suspects(dirty, seen).select("row", "column", "kind").rows()
    }
    contract = compiled(draft(dirty, seen).source)
    rejected = contract.judge(dirty.with_row_index("_at")).rejected
    reasons = rejected.select("_at", "_reasons").explode("_reasons").unnest("_reasons")
    blamed = reasons.filter(
        pl.col("column").is_not_null() & ~pl.col("rule").str.contains(r":(known|unique)$")
    )
    for row, column in blamed.select("_at", "column").rows():
        cells.setdefault((row, column), "contract")
    return cells


def differing(dirty: pl.DataFrame, clean: pl.DataFrame) -> set[tuple[int, str]]:
    """Give the cells in which two tables of the same form differ as text; null and empty are the same."""
    wrong = set()
    for name in dirty.columns:
        pair = pl.DataFrame(
            {"d": dirty[name].cast(pl.String).fill_null(""), "c": clean[name].cast(pl.String).fill_null("")}
        ).with_row_index("row")
        wrong |= {(row, name) for row in pair.filter(pl.col("d") != pl.col("c"))["row"]}
    return wrong


def scores(found: int, right: int, wrong: int) -> str:
    precision, recall = right / found if found else 0.0, right / wrong if wrong else 0.0
    both = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    counts = f"({right:,} right of {found:,} found, {wrong:,} wrong)"
    return f"precision {precision:5.3f}  recall {recall:5.3f}  F1 {both:5.3f}  {counts}"
