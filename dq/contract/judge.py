"""Judging a batch of rows: which pass, which do not, every reason, every count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from dq.contract.evidence import first_rows, unread_examples
from dq.contract.rejected import Rejected
from dq.contract.steps import WHOLE, Coerced, Fresh, NotNull, RowCheck, Step, WholeCheck
from dq.contract.structure import Form
from dq.contract.whole import Marks
from dq.errors import ContractError
from dq.verdict import REASONS, Dimension, Example


@dataclass(frozen=True)
class Found:
    """What is wrong with one batch: `failed` counts rows by rule, `unread` rows by the rule that cleaning names.

    `first` has, a rule, the first few rows that break it and the columns it involves; `first_unread` the same of
    what cleaning could not read, as examples.
    """

    rejected: Rejected
    failed: Mapping[str, int]
    unread: Mapping[tuple[str, Dimension, str | None], int]
    first: Mapping[str, tuple[pl.DataFrame, tuple[str, ...]]]
    first_unread: Mapping[str, tuple[Example, ...]]


@dataclass(frozen=True)
class Judged:
    """One batch: the rows that pass, and what is wrong with the others."""

    accepted: pl.DataFrame
    found: Found


def judge_batch(batch: pl.DataFrame, steps: tuple[Step, ...], form: Form, marks: Marks) -> Judged:
    """Judge every row of `batch` by every step; `marks.rows` are the whole frame's answers for these rows.

    Raises:
        ContractError: where a check raises on these rows; it is named.

    """
    prepared = batch.with_columns(*form.added).with_columns(*form.prepared)
    problems = _problems(batch) if form.has_problems else None
    fails = _fails(batch, prepared, steps, form, marks)
    fails = _without_unread(fails, prepared, steps, problems)

    setting_aside = [
        fails[step.rule.name] for step in steps if step.rule.name in fails and step.rule.on_fail != "warn"
    ]
    bad = (
        pl.Series([False]).new_from_index(0, batch.height)
        if batch.height
        else pl.Series([], dtype=pl.Boolean)
    )
    for one in setting_aside:
        bad = bad | one
    if problems is not None:
        bad = bad | (problems.list.len() > 0)

    broken = tuple(
        (step.rule, _columns(step), fails[step.rule.name].filter(bad))
        for step in steps
        if step.rule.name in fails
    )
    seen = prepared if not _has_coerced(steps) else _as_read_where_unread(batch, prepared, steps)
    failed = {name: int(one.sum()) for name, one in fails.items()}
    unread = {} if problems is None else _unread(problems)
    found = Found(
        rejected=Rejected(
            batch.filter(bad).select(form.read),
            seen.filter(bad),
            broken,
            None if problems is None else problems.filter(bad),
        ),
        failed=failed,
        unread=unread,
        first={
            step.rule.name: (first_rows(seen, _columns(step), fails[step.rule.name]), _columns(step))
            for step in steps
            if failed.get(step.rule.name)
        },
        first_unread=unread_examples(batch, problems) if problems is not None and unread else {},
    )
    return Judged(prepared.filter(~bad).select(form.accepted), found)


def _fails(
    batch: pl.DataFrame, prepared: pl.DataFrame, steps: tuple[Step, ...], form: Form, marks: Marks
) -> dict[str, pl.Series]:
    """Give which rows fail, by rule; all rules of one row at a time are one plan."""
    exprs: dict[str, pl.Expr] = {}
    fails: dict[str, pl.Series] = {}
    for step in steps:
        name = step.rule.name
        match step:
            case NotNull(column=column) if column in form.own:
                missing = pl.col(column).is_null()
                is_float = prepared.schema[column].is_float()
                exprs[name] = (
                    missing | pl.col(column).is_nan().fill_null(value=False) if is_float else missing
                )
            case RowCheck(passes=passes, ignore_na=ignore_na) if step.rule.column in (None, *form.own):
                exprs[name] = ~passes.fill_null(value=ignore_na)
            case Coerced(column=column) if column in batch.columns:
                fails[name] = _not_read_as(batch[column], prepared.schema[column])
            case _ if isinstance(step, WHOLE) and name in marks.rows:
                fails[name] = marks.rows[name]
    fails |= _evaluate(prepared.select(form.view), exprs, form.table)
    return {step.rule.name: fails[step.rule.name] for step in steps if step.rule.name in fails}


def _not_read_as(cells: pl.Series, dtype: pl.DataType) -> pl.Series:
    """Say which cells are no value of the type, or would be another number in it, as 1.7 would be cut to 1."""
    read = cells.cast(dtype, strict=False)
    unread = cells.is_not_null() & read.is_null()
    if cells.dtype.is_numeric() and dtype.is_numeric() and cells.dtype.is_integer() != dtype.is_integer():
        return unread | (read.cast(cells.dtype, strict=False) != cells).fill_null(value=False)
    return unread


def _evaluate(view: pl.DataFrame, exprs: Mapping[str, pl.Expr], table: str) -> dict[str, pl.Series]:
    try:
        out = view.select(**exprs)
    except pl.exceptions.PolarsError:
        for name, expr in exprs.items():
            try:
                view.select(expr)
            except pl.exceptions.PolarsError as error:
                raise ContractError(
                    f"the check {name} raised {type(error).__name__}: {str(error).partition(chr(10))[0]}",
                    where=table,
                    hint="a check must answer for every frame of the contract's columns",
                ) from error
        raise
    return {
        series.name: series if series.len() == view.height else series.new_from_index(0, view.height)
        for series in out
    }


def _problems(batch: pl.DataFrame) -> pl.Series:
    """Give the cells that cleaning could not read, an empty list where there are none."""
    given = batch["_problems"].cast(REASONS).fill_null(pl.Series([[]], dtype=REASONS))
    return given.list.drop_nulls()


def _without_unread(
    fails: dict[str, pl.Series], prepared: pl.DataFrame, steps: tuple[Step, ...], problems: pl.Series | None
) -> dict[str, pl.Series]:
    """Drop the other failures of a cell that could not be read: it is null only because reading failed."""
    unread = {} if problems is None else _named_and_null(prepared, problems)
    for step in steps:
        if isinstance(step, Coerced) and step.rule.name in fails and fails[step.rule.name].any():
            before = unread.get(step.column)
            unread[step.column] = fails[step.rule.name] if before is None else before | fails[step.rule.name]
    out = dict(fails)
    for step in steps if unread else ():
        for column in set(_columns(step)) & set(unread):
            if step.rule.name in out and not isinstance(step, Coerced):
                out[step.rule.name] = out[step.rule.name] & ~unread[column]
    return out


def _named_and_null(prepared: pl.DataFrame, problems: pl.Series) -> dict[str, pl.Series]:
    """Give, by column, the cells that cleaning says it could not read, and that are null for it."""
    named = problems.list.eval(pl.element().struct.field("column"))
    columns = named.explode(empty_as_null=False).drop_nulls().unique().to_list()
    return {
        column: named.list.contains(column) & prepared[column].is_null()
        for column in columns
        if column in prepared.columns
    }


def _unread(problems: pl.Series) -> dict[tuple[str, Dimension, str | None], int]:
    """Count rows by the rule that cleaning names."""
    found = (
        problems.to_frame("_one")
        .lazy()
        .with_row_index("_at")
        .explode("_one", empty_as_null=False)
        .unnest("_one")
        .group_by("rule", "dimension", "column", maintain_order=True)
        .agg(pl.col("_at").n_unique())
        .collect(engine="in-memory")
    )
    return {(rule, dimension, column): rows for rule, dimension, column, rows in found.rows()}


def _columns(step: Step) -> tuple[str, ...]:
    """Give the columns that a rule involves."""
    match step:
        case NotNull(column=column) | Coerced(column=column) | Fresh(column=column):
            return (column,)
        case WholeCheck(shown=shown, key=key):
            return (key,) if key else shown
        case RowCheck(rule=rule, columns=columns):
            return (rule.column,) if rule.column else columns
        case _:
            return step.columns


def _has_coerced(steps: tuple[Step, ...]) -> bool:
    return any(isinstance(step, Coerced) for step in steps)


def _as_read_where_unread(
    batch: pl.DataFrame, prepared: pl.DataFrame, steps: tuple[Step, ...]
) -> pl.DataFrame:
    """Show coerced columns as they were read: a cell that cannot be read has no other text."""
    coerced = {step.column for step in steps if isinstance(step, Coerced)} & set(batch.columns)
    return prepared.with_columns(batch[name] for name in sorted(coerced))
