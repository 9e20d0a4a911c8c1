"""A contract as Dagster shows it: its columns as a table schema, each of its rules as an asset check."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from dq.contract import Contract
from dq.verdict import Example, RuleResult

READABLE = "every_cell_can_be_read"
"""The check over cells that cleaning could not read; a contract cannot list them before they are seen."""


def asset_key(table: str) -> dg.AssetKey:
    """Give the asset's key of a table: its schema and its name."""
    return dg.AssetKey(table.split("."))


def check_name(rule: str) -> str:
    """Give the check's name of a rule: Dagster allows letters, digits and underscores only.

    >>> check_name("amount_usd:ge(0)")
    'amount_usd_ge_0'
    """
    return re.sub(r"[^A-Za-z0-9]+", "_", rule.replace("-", "minus_")).strip("_")


def check_specs(law: Contract) -> list[dg.AssetCheckSpec]:
    """Give one check per rule, blocking where the rule blocks, and one for cells that could not be read."""
    specs = [
        dg.AssetCheckSpec(
            check_name(rule.name),
            asset=asset_key(law.table),
            description=f"{rule.description or rule.name} · {rule.dimension} · on fail: {rule.on_fail}",
            blocking=rule.on_fail == "block",
            metadata={"rule": rule.name, "dimension": rule.dimension, "on_fail": rule.on_fail},
        )
        for rule in law.rules
    ]
    return [
        *specs,
        dg.AssetCheckSpec(
            READABLE,
            asset=asset_key(law.table),
            description="Every cell can be read as its type and is a known code · accuracy · on fail: quarantine",
            metadata={"dimension": "accuracy", "on_fail": "quarantine"},
        ),
    ]


def check_results(
    law: Contract, results: Sequence[RuleResult], urls: Mapping[str, str]
) -> Iterator[dg.AssetCheckResult]:
    """Give every check its result: red where the rule blocks, yellow where rows went to quarantine or it warns.

    `urls` say where the landings that examples name came from. READABLE has checked every row, also where no cell was
    unreadable and so no rule of cleaning is named.
    """
    by_rule = {result.rule: result for result in results}
    for rule in law.rules:
        result = by_rule.pop(rule.name, None)
        if result is not None:
            yield _result(law.table, check_name(rule.name), [result], urls)
    unread = [result for result in by_rule.values() if result.dimension == "accuracy"]
    rows = max((result.checked for result in results), default=0)
    yield _result(law.table, READABLE, unread, urls, rows)


def _result(
    table: str, name: str, results: Sequence[RuleResult], urls: Mapping[str, str], rows: int = 0
) -> dg.AssetCheckResult:
    failed = sum(result.failed for result in results)
    blocks = any(result.on_fail == "block" and not result.passed for result in results)
    examples = [(result.rule, example) for result in results for example in result.examples]
    shown = {"examples": dg.MetadataValue.md(_examples(examples, urls))} if examples else {}
    return dg.AssetCheckResult(
        check_name=name,
        asset_key=asset_key(table),
        passed=failed == 0,
        severity=dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN,
        description=", ".join(
            f"{result.rule}: {result.failed:,} of {result.checked:,}" for result in results if result.failed
        )
        or None,
        metadata={
            "failed": failed,
            "checked": max((result.checked for result in results), default=rows),
            "dimension": results[0].dimension if results else "accuracy",
            **shown,
        },
    )


def _examples(examples: Sequence[tuple[str, Example]], urls: Mapping[str, str]) -> str:
    """Give the first rows that broke a rule as a Markdown table: the cell, and where it came from."""
    lines = ["| value | from | row | rule |", "|---|---|---|---|"]
    for rule, example in examples:
        value = "·" if example.value is None else markdown_cell(example.value)
        origin = urls.get(example.landing_id or "", "several sources")
        row = "" if example.row is None else f"{example.row}"
        lines.append(f"| {value} | {markdown_cell(origin)} | {row} | {markdown_cell(rule)} |")
    return "\n".join(lines)


def markdown_cell(text: str, limit: int = 200) -> str:
    r"""Give a text as one cell of a Markdown table, cut where it is long, with a word on how much was cut.

    >>> markdown_cell("a|b"), markdown_cell("long", limit=2)
    ('a\\|b', 'lo… (4 characters)')
    """
    shown = text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"
    return shown.replace("|", "\\|").replace("\n", " ")


def table_metadata(law: Contract) -> dict[str, Any]:
    """Give the name that SQL knows the table by, the contract's version, and its columns with words and constraints."""
    columns = [
        dg.TableColumn(
            name=doc.name,
            type=doc.dtype,
            description=doc.description or None,
            constraints=dg.TableColumnConstraints(
                nullable=doc.nullable, unique=doc.unique, other=list(doc.constraints)
            ),
        )
        for doc in law.docs()
    ]
    return {
        "dagster/table_name": law.table,
        "dagster/column_schema": dg.TableSchema(columns=columns),
        "contract_version": law.version,
    }
