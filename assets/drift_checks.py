"""What drifted against the last good publications, as asset checks: one per kind, none of which blocks by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import dagster as dg

from assets.contract_checks import asset_key, markdown_cell
from dq.drift.finding import KINDS, Finding, Kind, alarms
from dq.drift.history import newest_findings
from dq.run import Run

PROMISES: dict[Kind, str] = {
    "schema": "No column has come, gone, or changed its name or type · consistency · on fail: warn",
    "volume": "The rows are not far fewer than they were · completeness · on fail: warn",
    "nulls": "No column lacks values that it used to have · completeness · on fail: warn",
    "distribution": "Values are distributed as they were, none new, none vanished · accuracy · on fail: warn",
}
FIELDS: tuple[Kind, ...] = ("schema",)
"""A raw table's rows are those of one delivery, so only its fields are compared."""


def drift_check(kind: Kind) -> str:
    """Name the check of a kind of drift.

    >>> drift_check("nulls")
    'no_null_drift'
    """
    return f"no_{kind.removesuffix('s')}_drift"


def drift_specs(table: str, kinds: Sequence[Kind] = KINDS) -> list[dg.AssetCheckSpec]:
    """Give one check per kind of drift."""
    return [
        dg.AssetCheckSpec(drift_check(kind), asset=asset_key(table), description=PROMISES[kind])
        for kind in kinds
    ]


def drift_results(table: str, run: Run, kinds: Sequence[Kind] = KINDS) -> Iterator[dg.AssetCheckResult]:
    """Give each check its result, as of the table's last publication.

    Yellow where something drifted, red where it drifted far or what reads the table breaks; what is only noted passes.
    """
    findings = newest_findings(table, run.warehouse)
    for kind in kinds:
        own = tuple(one for one in findings if one.kind == kind)
        ringing = alarms(own)
        grave = any(one.severity == "error" for one in ringing)
        yield dg.AssetCheckResult(
            check_name=drift_check(kind),
            asset_key=asset_key(table),
            passed=not ringing,
            severity=dg.AssetCheckSeverity.ERROR if grave else dg.AssetCheckSeverity.WARN,
            description="; ".join(one.words for one in ringing) or None,
            metadata={
                "failed": len(ringing),
                "noted": len(own) - len(ringing),
                **({"findings": dg.MetadataValue.md(_page(own))} if own else {}),
            },
        )


def _page(findings: Sequence[Finding]) -> str:
    lines = ["| column | change | severity | before | now | in words |", "|---|---|---|---|---|---|"]
    for one in findings:
        before, now = ("" if number is None else f"{number:,.6g}" for number in (one.before, one.now))
        cells = (one.column_name or "", one.change, one.severity, before, now, one.words)
        lines.append("| " + " | ".join(map(markdown_cell, cells)) + " |")
    return "\n".join(lines)
