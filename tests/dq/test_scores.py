"""Scores are what SQL over the rule results gives."""

from __future__ import annotations

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.scores import Score, scores
from dq.verdict import DIMENSIONS, Report, RuleResult


def rule(dimension: str, checked: int, failed: int) -> RuleResult:
    return RuleResult("r", dimension, "quarantine", None, checked, failed, failed == 0)  # type: ignore[arg-type]


def report(*rules: RuleResult) -> Report:
    return Report("core.x", "v", 10, 10, 0, rules)


def test_a_score_is_the_mean_share_of_rows_that_pass() -> None:
    """Two rules of ten rows, one broken by five: 0.75; no rule at all: null, not 1."""
    assert scores(report(rule("accuracy", 10, 5), rule("accuracy", 10, 0), rule("consistency", 1, 1))) == (
        Score("core.x", "completeness", None),
        Score("core.x", "accuracy", 0.75),
        Score("core.x", "consistency", 0.0),
    )


def test_an_empty_table_has_no_score() -> None:
    """Nothing checked says nothing."""
    assert {one.score for one in scores(report(rule("accuracy", 0, 0)))} == {None}


QUERY = """
select dimension, avg(1 - failed / checked) from quality_rules where checked > 0 group by dimension
"""
counts = st.tuples(st.sampled_from(DIMENSIONS), st.integers(0, 50), st.integers(0, 50))


@given(st.lists(counts.map(lambda one: rule(one[0], one[1] + one[2], one[2]))))
def test_sql_recomputes_every_score(rules: list[RuleResult]) -> None:
    """The query of the docs gives the same numbers from the same rows, always from 0 to 1."""
    quality_rules = pl.DataFrame(
        [("core.x", one.dimension, one.checked, one.failed) for one in rules],
        schema={"table_name": pl.String, "dimension": pl.String, "checked": pl.Int64, "failed": pl.Int64},
        orient="row",
    )
    with duckdb.connect() as connection:
        connection.register("quality_rules", quality_rules.to_arrow())
        by_sql = dict(connection.execute(QUERY).fetchall())
    for one in scores(report(*rules)):
        assert one.score == pytest.approx(by_sql.get(one.dimension))
        assert one.score is None or 0 <= one.score <= 1
