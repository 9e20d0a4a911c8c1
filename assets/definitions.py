"""The composition root: every feed, merged table and training set as one Dagster code location."""

import importlib
import pkgutil

import dagster as dg

import assets.sources
from assets.domains import TRAINING, UNIFIED
from assets.feed_assets import feed_assets
from assets.lake import Lake
from assets.run_status import run_sensors
from assets.training_assets import training_asset
from assets.unified_assets import unified_asset
from dq.errors import ConfigError
from dq.feed import Feed

DAILY = "0 3 * * *"


def feeds() -> tuple[Feed, ...]:
    """Find every source file: each module of `assets/sources` holds one `FEED`.

    Raises:
        ConfigError: where a module holds none, or is not named like its source.

    """
    found = []
    for module in sorted(pkgutil.iter_modules(assets.sources.__path__), key=lambda module: module.name):
        feed = getattr(importlib.import_module(f"assets.sources.{module.name}"), "FEED", None)
        if not isinstance(feed, Feed) or feed.name != module.name:
            raise ConfigError(
                f"assets/sources/{module.name}.py must hold FEED = Feed(…) of a source named {module.name}",
                where=f"assets/sources/{module.name}.py",
                hint="name the file and the source alike: <domain>__<source>",
            )
        found.append(feed)
    return tuple(found)


def daily(domain: str, crons: set[str]) -> list[dg.ScheduleDefinition]:
    """Give a domain its schedule: daily at three, or the cadences that its feeds name."""
    job = dg.define_asset_job(
        domain,
        selection=dg.AssetSelection.groups(domain),
        description=f"Everything of {domain}: fetch what is new, clean, judge, merge, release.",
        executor_def=dg.in_process_executor,
    )
    return [
        dg.ScheduleDefinition(
            name=f"{domain}_daily" if cron == DAILY else f"{domain}_{number}",
            job=job,
            cron_schedule=cron,
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description=f"Runs {domain}; a run with nothing new changes nothing.",
        )
        for number, cron in enumerate(sorted(crons))
    ]


@dg.definitions
def defs() -> dg.Definitions:
    """Assemble the code location."""
    all_feeds = feeds()
    domains = sorted({feed.domain for feed in all_feeds})
    consents = {feed.name: feed.consent for feed in all_feeds if feed.consent}
    return dg.Definitions(
        assets=[
            *(asset for feed in all_feeds for asset in feed_assets(feed)),
            *(unified_asset(unified) for unified in UNIFIED),
            *(training_asset(training, consents) for training in TRAINING),
        ],
        schedules=[
            schedule
            for domain in domains
            for schedule in daily(domain, {feed.cron or DAILY for feed in all_feeds if feed.domain == domain})
        ],
        sensors=run_sensors(),
        resources={"lake": Lake()},
        executor=dg.in_process_executor,
    )
