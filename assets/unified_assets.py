"""The asset of a domain's merged table, and the check that its sources agree."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from assets.contract_checks import asset_key, check_specs, table_metadata
from assets.drift_checks import drift_specs
from assets.failing import failing_clearly
from assets.lake import Lake
from assets.showing import Event, show
from dq.run import Run
from dq.stage.unify import unify
from dq.unified import Unified

AGREE = "sources_agree"


def unified_asset(unified: Unified) -> dg.AssetsDefinition:
    """Give the merged table's asset, with its contract's checks and the cross-source check."""
    key = asset_key(unified.table)

    @dg.asset(
        key=key,
        deps=[
            asset_key(table)
            for table in (*(f"core.{name}" for name in unified.sources), *unified.law.references)
        ],
        group_name=unified.domain,
        description=f"{unified.description}. Every disagreement is a row of quality.conflicts.",
        kinds={"core", "polars", "pandera"},
        output_required=False,
        check_specs=[
            *check_specs(unified.law),
            *drift_specs(unified.table),
            dg.AssetCheckSpec(
                AGREE,
                asset=key,
                description="No source disagrees with the others as a whole: no column is inverted, sorted, shifted, "
                "scaled or recoded · consistency · on fail: its vote is set aside",
            ),
        ],
        metadata=table_metadata(unified.law),
    )
    def merged(context: dg.AssetExecutionContext, lake: Lake) -> Iterator[Event]:
        run = lake.run(context)
        with failing_clearly():
            outcome = unify(unified, run)
        extra = () if outcome.state == "blocked" else (_agreement(unified.table, run),)
        yield from show(outcome, run, unified.law, *extra)

    return merged


def _agreement(table: str, run: Run) -> dg.AssetCheckResult:
    findings = run.warehouse.read("quality.findings").filter(pl.col("table_name") == table).collect()
    rows = findings.to_dicts()
    lines = ["| column | source | kind | disagrees | evidence | what was done |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {row['column_name']} | {row['source']} | {row['kind']} | {row['disagree']:,} of {row['checked']:,} "
        f"| {row['evidence']} | {row['action']} |"
        for row in rows
    ]
    return dg.AssetCheckResult(
        check_name=AGREE,
        asset_key=asset_key(table),
        passed=not rows,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(
            f"{row['source']}.{row['column_name']} is {row['kind']}: {row['disagree']:,} of {row['checked']:,} disagree"
            for row in rows
        )
        or None,
        metadata={"findings": dg.MetadataValue.md("\n".join(lines)), "failed": len(rows)},
    )
