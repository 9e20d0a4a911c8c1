"""`python -m assets.fetch SOURCE [--dry-run]`: fetches one source alone. `dq fetch` starts it."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import partial
from uuid import uuid4

import dagster as dg
from rich.status import Status

from assets.definitions import feeds
from assets.feed_assets import decoded_check
from assets.lake import CHECKOUT
from assets.showing import show
from dq.cli.fetch import dry_run, print_outcome
from dq.cli.status import wide
from dq.code_version import code_version
from dq.console import Console
from dq.errors import DqError, FetchError, UserError
from dq.feed import Feed
from dq.outcome import Outcome
from dq.run import Run
from dq.settings import Settings
from dq.stage.collect import collect

SUCCEEDED, INTERRUPTED = 0, 130
_STAYS = "What had landed by then stays landed; the tables are as they were."
INSTANCE = CHECKOUT / "assets" / "instance" / "dagster.yaml"


def main(arguments: Sequence[str]) -> int:
    """Fetch the source that is named, for good or to look at, and give the exit code."""
    parser = argparse.ArgumentParser(prog="dq fetch")
    parser.add_argument("source")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--bodies", type=int, default=5)
    parser.add_argument("--rows", type=int, default=5)
    chosen = parser.parse_args(arguments)
    out, err = wide(Console()), Console(stderr=True)
    settings = Settings.of(os.environ, CHECKOUT)
    try:
        feed = named(chosen.source, feeds())
        with _progress(feed, err) as status:
            run = Run(
                run_id=str(uuid4()),
                settings=settings,
                code_version=code_version(CHECKOUT),
                now=partial(datetime.now, UTC),
                progress=status,
            )
            if chosen.dry_run:
                dry_run(feed, run, out, bodies=chosen.bodies, rows=chosen.rows)
            else:
                _fetch(feed, run, out)
    except DqError as error:
        err.print(f"error: {error}", style="red", markup=False, highlight=False)
        if isinstance(error, FetchError) and error.retry and not chosen.dry_run:
            err.print(f"{_STAYS} The next fetch goes on from there.", soft_wrap=True)
        return error.exit_code
    except KeyboardInterrupt:
        err.print(f"\nStopped. {_STAYS}", soft_wrap=True)
        return INTERRUPTED
    return SUCCEEDED


def named(name: str, every: Sequence[Feed]) -> Feed:
    """Find a feed by the name of its source, or by that of its raw or core table.

    Raises:
        UserError: where there is none, naming those that are like it.

    """
    for feed in every:
        if name in {feed.name, feed.raw, feed.core}:
            return feed
    names = [feed.name for feed in every]
    wanted = name.rpartition(".")[2]
    endings = {one.partition("__")[2]: one for one in names}
    close = [
        *(one for one in names if wanted in one),
        *get_close_matches(wanted, names, n=3),
        *(endings[one] for one in get_close_matches(wanted, list(endings), n=3)),
    ]
    hint = f"did you mean {' or '.join(dict.fromkeys(close))}?" if close else f"there are {', '.join(names)}"
    raise UserError(f"there is no source {name}", hint=hint)


def _fetch(feed: Feed, run: Run, out: Console) -> None:
    """Land and publish, and tell Dagster of it."""
    started = time.monotonic()
    warehouse = run.warehouse
    warehouse.start_run(run.run_id, run.code_version, run.now())
    ended = "failed"
    try:
        outcome = collect(feed, run)
        ended = "succeeded"
    finally:
        warehouse.finish_run(run.run_id, ended, run.now())
    _tell_dagster(feed, run, outcome)
    print_outcome(feed, run, outcome, out, time.monotonic() - started)


def _tell_dagster(feed: Feed, run: Run, outcome: Outcome) -> None:
    """Report the materialization and its check as events, so that the UI knows of them."""
    home = run.settings.home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    if not (home / INSTANCE.name).exists():
        shutil.copy(INSTANCE, home)
    os.environ.setdefault("DAGSTER_HOME", str(home))
    with dg.DagsterInstance.get() as instance:
        for event in show(outcome, run, None, decoded_check(feed, run)):
            if isinstance(event, dg.MaterializeResult) and event.asset_key is not None:
                instance.report_runless_asset_event(
                    dg.AssetMaterialization(event.asset_key, metadata=event.metadata)
                )
            elif isinstance(event, dg.AssetCheckResult) and event.asset_key and event.check_name:
                instance.report_runless_asset_event(
                    dg.AssetCheckEvaluation(
                        asset_key=event.asset_key,
                        check_name=event.check_name,
                        passed=event.passed,
                        metadata=event.metadata,
                        severity=event.severity,
                    )
                )


@contextmanager
def _progress(feed: Feed, err: Console) -> Iterator[Callable[[str], None]]:
    """Show what the source says: in one line that changes where somebody watches, else line by line."""
    if not err.is_terminal:
        yield partial(err.print, markup=False, highlight=False, soft_wrap=True)
        return
    with Status(feed.name, console=err) as status:
        yield status.update


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
