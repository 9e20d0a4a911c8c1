"""The two assets of a feed: `raw.<name>` and `core.<name>`."""

from collections.abc import Iterator

import dagster as dg

from assets.contract_checks import asset_key, check_specs, table_metadata
from assets.drift_checks import FIELDS, drift_specs
from assets.failing import failing_clearly
from assets.lake import Lake
from assets.showing import Event, show
from dq.feed import Feed
from dq.quarantine import quarantine_table
from dq.run import Run
from dq.source import Derived
from dq.stage.collect import collect, redecode
from dq.stage.refine import refine
from dq.warehouse.names import qualified

RETRY = dg.RetryPolicy(max_retries=2, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
OFFLINE = "dq/offline"
"""The tag of a run that replays what has landed: no source is asked."""
DECODED = "every_record_can_be_decoded"


def feed_assets(feed: Feed) -> list[dg.AssetsDefinition]:
    """Give the raw and the core asset of a feed, each with its checks."""

    @dg.asset(
        key=asset_key(feed.raw),
        deps=[asset_key(f"raw.{feed.source.reads}")] if isinstance(feed.source, Derived) else [],
        group_name=feed.domain,
        description=f"{feed.description}: every row as text, with the landing and the line it came from.",
        kinds={"raw", "polars"},
        retry_policy=RETRY,
        output_required=False,
        check_specs=[
            dg.AssetCheckSpec(
                DECODED,
                asset=asset_key(feed.raw),
                description="Every record of every landing can be decoded · accuracy · on fail: quarantine",
            ),
            *drift_specs(feed.raw, FIELDS),
        ],
        metadata={
            "dagster/table_name": feed.raw,
            "licence": feed.source.licence,
            "kind": type(feed.source).__name__,
        },
    )
    def raw(context: dg.AssetExecutionContext, lake: Lake) -> Iterator[Event]:
        run = lake.run(context)
        with failing_clearly():
            outcome = (redecode if OFFLINE in context.run.tags else collect)(feed, run)
        yield from show(outcome, run, None, decoded_check(feed, run))

    @dg.asset(
        key=asset_key(feed.core),
        deps=[asset_key(table) for table in (feed.raw, *feed.law.references)],
        group_name=feed.domain,
        description=f"{feed.description}: cleaned, typed, judged by contract {feed.contract.__name__}.",
        kinds={"core", "polars", "pandera"},
        output_required=False,
        check_specs=[*check_specs(feed.law), *drift_specs(feed.core)],
        metadata=table_metadata(feed.law),
    )
    def core(context: dg.AssetExecutionContext, lake: Lake) -> Iterator[Event]:
        run = lake.run(context)
        with failing_clearly():
            outcome = refine(feed, run)
        yield from show(outcome, run, feed.law)

    return [raw, core]


def decoded_check(feed: Feed, run: Run) -> dg.AssetCheckResult:
    """Say whether all records that the raw table was made of could be decoded: in this run or in an earlier one."""
    kept, refused = (_height(table, run) for table in (feed.raw, quarantine_table(feed.raw)))
    return dg.AssetCheckResult(
        check_name=DECODED,
        asset_key=asset_key(feed.raw),
        passed=refused == 0,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"failed": refused, "checked": kept + refused},
    )


def _height(table: str, run: Run) -> int:
    rows = run.warehouse.ask(f"select count(*) from {qualified(table)}")
    return int(rows[0][0]) if rows else 0
