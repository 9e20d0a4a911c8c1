"""The keys of another table, for the rules that look there."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from dq.contract.steps import Covers, Reference
from dq.errors import ContractError


def keys_of(
    step: Reference | Covers, frame: pl.LazyFrame, references: Mapping[str, pl.LazyFrame], table: str
) -> pl.LazyFrame:
    """Give the keys that the other table has, each once, under the names that they have in `frame`.

    Raises:
        ContractError: where the other table is missing, or its keys cannot equal those of `frame`.

    """
    if step.table not in references:
        raise ContractError(
            f"the rule {step.rule.name} needs the table {step.table}",
            where=table,
            hint=f'judge(frame, references={{"{step.table}": …}})',
        )
    there = references[step.table]
    types, other = frame.select(step.columns).collect_schema(), there.collect_schema()
    wrong = [
        f"{step.table}.{theirs} is {other.get(theirs, 'missing')}, {ours} is {types[ours]}"
        for ours, theirs in zip(step.columns, step.to, strict=True)
        if other.get(theirs) != types[ours]
    ]
    if wrong:
        raise ContractError(
            f"the rule {step.rule.name} compares what cannot be equal: {'; '.join(wrong)}", where=table
        )
    return there.select(step.to).unique().rename(dict(zip(step.to, step.columns, strict=True)))
