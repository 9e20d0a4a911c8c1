"""One number per dimension: how much of a table is as its contract wants it."""

from __future__ import annotations

from dataclasses import dataclass

from dq.verdict import DIMENSIONS, Dimension, Report


@dataclass(frozen=True)
class Score:
    """`score` is from 0 (no row passes any rule) to 1 (all do); null where the dimension has no rule."""

    table: str
    dimension: Dimension
    score: float | None


def scores(report: Report) -> tuple[Score, ...]:
    """Give the mean, over the rules of each dimension, of the share of rows that pass.

    All rules weigh the same, whatever becomes of the rows that break them, so that SQL can recompute it:
    `select dimension, avg(1 - failed / checked) from quality.rules where checked > 0 group by dimension`.

    >>> from dq.verdict import RuleResult
    >>> rules = (RuleResult("a:not_null", "completeness", "warn", "a", 10, 1, False),)
    >>> [(one.dimension, one.score) for one in scores(Report("core.x", "", 10, 10, 0, rules))]
    [('completeness', 0.9), ('accuracy', None), ('consistency', None)]
    """
    found = []
    for dimension in DIMENSIONS:
        shares = [
            1 - rule.failed / rule.checked
            for rule in report.rules
            if rule.dimension == dimension and rule.checked
        ]
        found.append(Score(report.table, dimension, sum(shares) / len(shares) if shares else None))
    return tuple(found)
