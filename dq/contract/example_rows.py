"""Whole rows that a contract accepts: made column by column, judged, and made anew until there are enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

import polars as pl

from dq.contract.example_data import example_column
from dq.contract.steps import Reference, Step, Unique
from dq.errors import ContractError
from dq.verdict import Verdict

ROUNDS = 12
SPARE = 8
"""How many times as many rows are made as are still wanted: cross-column rules throw many away."""

Judge = Callable[[pl.DataFrame, Mapping[str, pl.LazyFrame]], Verdict]


def example_rows(
    judge: Judge,
    schema: Any,
    dtypes: Mapping[str, pl.DataType],
    steps: Sequence[Step],
    *,
    rows: int,
    seed: int,
    columns: Mapping[str, pl.Expr],
    references: Mapping[str, pl.LazyFrame],
    table: str,
) -> pl.DataFrame:
    """Give `rows` rows that `judge` accepts together.

    Raises:
        ContractError: where they are not found; names the rules that most rows break.

    """
    random = Random(seed)  # noqa: S311 - nothing secret is made of it
    unique = [step.columns for step in steps if isinstance(step, Unique)]
    kept = pl.DataFrame(schema=dict(dtypes))
    broken: Counter[str] = Counter()
    for _ in range(ROUNDS):
        made = _candidates(
            schema,
            dtypes,
            steps,
            (rows - kept.height) * SPARE,
            random=random,
            columns=columns,
            references=references,
        )
        both = pl.concat([kept, made])
        for key in unique:
            both = both.unique(key, keep="first", maintain_order=True)
        verdict = judge(both, references)
        kept = verdict.accepted.head(rows)
        if kept.height == rows and not judge(kept, references).report.blocked:
            return kept
        broken.update({rule.rule: rule.failed for rule in verdict.report.rules if not rule.passed})
    worst = ", ".join(f"{rule} ({failed:,})" for rule, failed in broken.most_common(3) if failed)
    raise ContractError(
        f"{kept.height:,} of {rows:,} example rows were found that the contract accepts",
        where=table,
        hint=f"rules broken most: {worst}; say with columns={{…}} how a column follows from the others",
    )


def _candidates(
    schema: Any,
    dtypes: Mapping[str, pl.DataType],
    steps: Sequence[Step],
    rows: int,
    *,
    random: Random,
    columns: Mapping[str, pl.Expr],
    references: Mapping[str, pl.LazyFrame],
) -> pl.DataFrame:
    drawn: dict[str, pl.Series] = {}
    for step in steps:
        if isinstance(step, Reference) and step.table in references:
            there = references[step.table].select(step.to).drop_nulls().unique().sort(step.to).collect()
            if not there.is_empty():
                picked = there[[random.randrange(there.height) for _ in range(rows)]]
                drawn |= {
                    here: picked[other].alias(here) for here, other in zip(step.columns, step.to, strict=True)
                }
    for name, column in schema.columns.items():
        if name not in drawn and name not in columns:
            drawn[name] = example_column(name, column, dtypes[name], rows, random)
    frame = pl.DataFrame(list(drawn.values()))
    return frame.with_columns(**columns).select(pl.col(name).cast(dtype) for name, dtype in dtypes.items())
