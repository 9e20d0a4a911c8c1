"""Rules that must see every row: uniqueness, other tables, windows, aggregates, whatever reads the frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import polars as pl

from dq.contract.absent import Absent, is_stale, missing_records
from dq.contract.other_table import keys_of
from dq.contract.steps import Covers, Fresh, Reference, Step, Unique, WholeCheck
from dq.contract.unique import duplicated
from dq.errors import ContractError


@dataclass(frozen=True)
class Marks:
    """What the whole frame says, by rule: `rows` one Boolean per row, `tables` one verdict; true fails.

    `absent` counts what is not there; `words` say more of a verdict on the table.
    """

    rows: Mapping[str, pl.Series]
    tables: Mapping[str, bool]
    absent: Mapping[str, Absent]
    words: Mapping[str, str]

    def part(self, first: int, height: int) -> Marks:
        """Give what it says of `height` rows from row `first`."""
        return replace(self, rows={name: one.slice(first, height) for name, one in self.rows.items()})


def mark(
    steps: tuple[Step, ...],
    frame: pl.LazyFrame,
    height: int,
    references: Mapping[str, pl.LazyFrame],
    *,
    now: datetime | None,
    table: str,
) -> Marks:
    """Judge every rule of `steps` that needs the whole `frame`, each over its own columns only.

    Raises:
        ContractError: where a check raises, answers for too few rows, or a reference table is missing.

    """
    rows: dict[str, pl.Series] = {}
    tables: dict[str, bool] = {}
    absent: dict[str, Absent] = {}
    words: dict[str, str] = {}
    names = frame.collect_schema().names()
    for step in steps:
        match step:
            case Unique(columns=columns) if set(columns) & set(names):
                present = [name for name in columns if name in names]
                rows[step.rule.name] = duplicated(frame, present, height)
            case Reference():
                rows[step.rule.name] = _not_found(step, frame, references, table)
            case Covers():
                absent[step.rule.name] = missing_records(step, frame, references, table)
            case Fresh(column=column) if column in names:
                tables[step.rule.name], words[step.rule.name] = is_stale(step, frame, now, table)
            case WholeCheck(key=key) if key is None or key in names:
                answer = _run(step, frame, height, table)
                if isinstance(answer, bool):
                    tables[step.rule.name] = answer
                else:
                    rows[step.rule.name] = answer
            case _:
                continue
    return Marks(rows, tables, absent, words)


def _run(step: WholeCheck, frame: pl.LazyFrame, height: int, table: str) -> pl.Series | bool:
    """Let Pandera's backend run the check; give which rows fail, or one verdict on the table."""
    try:
        result: Any = step.check(frame, step.key) if step.key else step.check(frame)
        output: pl.Series = result.check_output.collect().to_series()
    except Exception as error:
        raise ContractError(
            f"the check {step.rule.name} raised {type(error).__name__}: {str(error).partition(chr(10))[0]}",
            where=table,
            hint="a check must answer for every frame of the contract's columns",
        ) from error
    if step.scalar or result.failure_cases is None or (output.len() == 1 and height != 1):
        return not output.all()
    if output.len() != height:
        raise ContractError(
            f"the check {step.rule.name} gave {output.len():,} answers for {height:,} rows",
            where=table,
            hint="select one Boolean per row, or one for the whole frame",
        )
    return ~output


def _not_found(
    step: Reference, frame: pl.LazyFrame, references: Mapping[str, pl.LazyFrame], table: str
) -> pl.Series:
    asked, known = frame.select(step.columns), keys_of(step, frame, references, table)
    if len(step.columns) == 1:
        keys = known.drop_nulls().collect().to_series()
        fails = ~pl.col(step.columns[0]).is_in(keys.implode()).fill_null(value=True)
        return asked.select(fails.alias(step.rule.name)).collect(engine="streaming").to_series()
    found = asked.join(
        known.with_columns(_found=pl.lit(value=True)),
        on=list(step.columns),
        how="left",
        maintain_order="left",
    )
    whole = pl.all_horizontal(pl.col(name).is_not_null() for name in step.columns)
    fails = pl.col("_found").is_null() & whole
    return found.select(fails.alias(step.rule.name)).collect(engine="streaming").to_series()
