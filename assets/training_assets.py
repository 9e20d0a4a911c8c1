"""The asset of a training set: its table, its release, its gate."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import dagster as dg

from assets.contract_checks import asset_key, check_specs, table_metadata
from assets.drift_checks import drift_specs
from assets.failing import failing_clearly
from assets.lake import Lake
from assets.showing import Event, show
from dq.outcome import Outcome
from dq.stage.serve import serve
from dq.training_set import TrainingSet

GATE = "release_passes_its_gate"
FORCE = "dq/force"
"""The tag of a run that makes the next version even where nothing has changed."""


def training_asset(training: TrainingSet, consents: Mapping[str, str]) -> dg.AssetsDefinition:
    """Give the training table's asset, with its contract's checks and the gate of its release."""
    key = asset_key(training.table)

    @dg.asset(
        key=key,
        deps=[asset_key(table) for table in (training.table_from, *training.law.references)],
        group_name=training.dataset.partition("__")[0],
        description=f"{training.description}: the newest release that passed its gate, by version in data/releases.",
        kinds={"training", "pandera", "parquet"},
        output_required=False,
        check_specs=[
            *check_specs(training.law),
            *drift_specs(training.table),
            dg.AssetCheckSpec(
                GATE,
                asset=key,
                description="Contract, leakage and scores of the release · on fail: block",
                blocking=True,
            ),
        ],
        metadata={**table_metadata(training.law), "label": training.label},
    )
    def released(context: dg.AssetExecutionContext, lake: Lake) -> Iterator[Event]:
        run = lake.run(context)
        with failing_clearly():
            outcome = serve(training, run, consents=consents, force=FORCE in context.run.tags)
        yield from show(_with_card(outcome), run, training.law, _gate(outcome))

    return released


def _with_card(outcome: Outcome) -> Outcome:
    """Show the release's data card: as text in the UI, and where its page for the browser lies."""
    if "card" not in outcome.counts:
        return outcome
    page = Path(outcome.counts["card"])
    card = page.with_suffix(".md").read_text(encoding="utf-8")
    shown = {"card": dg.MetadataValue.path(page), "data_card": dg.MetadataValue.md(card)}
    return replace(outcome, counts={**outcome.counts, **shown})


def _gate(outcome: Outcome) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=GATE,
        asset_key=asset_key(outcome.table),
        passed=outcome.state != "blocked",
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={name: str(value) for name, value in outcome.counts.items()},
    )
