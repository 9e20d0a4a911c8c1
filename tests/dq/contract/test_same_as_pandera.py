"""The engine says of every row what Pandera says on an eager frame."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pandera.errors as pe
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from pandera.backends.polars.base import PolarsSchemaBackend
from pandera.errors import FailureCaseMetadata

from dq.contract import Contract
from dq.errors import ContractError
from tests.dq.contract.random_models import cases

EXAMPLES = int(os.environ.get("DQ_PANDERA_EXAMPLES", "150"))
Blame = set[tuple[str, int | None]]


def by_pandera(model: Any, frame: pl.DataFrame, contract: Contract) -> Blame | str:
    """What Pandera blames: rules by our names, with the row, or null for the table; or why it gave up."""
    schema = model.to_schema()
    own: dict[str | None, list[str]] = {}
    for step in contract._steps:
        key = getattr(step, "key", None) if type(step).__name__ == "WholeCheck" else step.rule.column
        if type(step).__name__ in {"WholeCheck", "RowCheck"}:
            own.setdefault(key, []).append(step.rule.name)
    try:
        with unreported():
            schema.validate(frame, lazy=True)
    except pe.SchemaErrors as error:
        if any(one.reason_code.name == "CHECK_ERROR" for one in error.schema_errors):
            return "a check raised"
        return {blamed for one in error.schema_errors for blamed in blamed_by(one, schema, own)}
    return set()


def blamed_by(error: Any, schema: Any, own: dict[str | None, list[str]]) -> Blame:
    column = error.schema.name if type(error.schema).__name__ == "Column" else None
    match error.check:
        case "not_nullable":
            rule = f"{column}:not_null"
        case "field_uniqueness":
            rule = f"{column}:unique"
        case "multiple_fields_uniqueness":
            rule = f"unique({', '.join(schema.unique)})"
        case _:
            rule = own[column][error.check_index]
    if not isinstance(error.failure_cases, pl.DataFrame):
        return {(rule, None)}
    passed = error.check_output["check_output"]
    return {(rule, row) for row in range(passed.len()) if not passed[row]}


@contextmanager
def unreported() -> Iterator[None]:
    """Keep Pandera's verdict where it would crash while writing it down; the crashes are pinned elsewhere."""
    nothing = FailureCaseMetadata(failure_cases=pl.DataFrame(), message={}, error_counts={})
    with patch.object(PolarsSchemaBackend, "failure_cases_metadata", lambda *_, **__: nothing):
        yield


def by_dq(contract: Contract, frame: pl.DataFrame) -> Blame | str:
    """What the engine blames."""
    try:
        verdict = contract.judge(frame.with_columns(_row=pl.int_range(pl.len())))
    except ContractError as error:
        return "a check raised" if " raised " in str(error) else str(error)
    rows = verdict.rejected
    blame: Blame = {
        (reason["rule"], row)
        for row, reasons in rows.select("_row", "_reasons").iter_rows()
        for reason in reasons
    }
    tables = {one.rule for one in verdict.report.rules if one.on_fail == "block" and one.failed}
    assert verdict.accepted.height + rows.height == frame.height
    for one in verdict.report.rules:
        if one.on_fail != "block":
            assert one.failed == sum(rule == one.rule for rule, _ in blame), one
    return blame | {(rule, None) for rule in tables}


def same(pandera: Blame | str, ours: Blame | str) -> bool:
    """Compare; a verdict on the table is Pandera's null, or its first row where the check gave one answer."""
    if isinstance(pandera, str) or isinstance(ours, str):
        return pandera == ours
    tables = {rule for rule, row in ours if row is None}
    return {(rule, None if rule in tables else row) for rule, row in pandera} == ours


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(cases())
def test_every_row_is_judged_as_pandera_judges_it(case: tuple[Any, pl.DataFrame]) -> None:
    """Random models and frames: the same rules are blamed for the same rows as by `validate(lazy=True)`."""
    model, frame = case
    contract = Contract(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pandera, ours = by_pandera(model, frame, contract), by_dq(contract, frame)
    assert same(pandera, ours), f"Pandera: {pandera}\nours:    {ours}\n{frame}"
