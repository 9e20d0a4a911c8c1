"""`python -m assets.replay [TABLES…] [--rule RULE]`: judges quarantined rows anew. `dq replay` starts it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import dagster as dg
from rich.table import Table

from assets.contract_checks import asset_key
from assets.definitions import feeds
from assets.feed_assets import OFFLINE
from assets.lake import CHECKOUT
from assets.materialize import SUCCEEDED, WRONG_CALL, location, materialize
from dq.console import Console
from dq.feed import Feed
from dq.quarantine import quarantine_table
from dq.settings import Settings
from dq.warehouse import Warehouse
from dq.warehouse.names import qualified

Counts = dict[str, int]


def main(arguments: Sequence[str]) -> int:
    """Replay the feeds that have rows in quarantine, or those named, and what hangs on them; give the exit code."""
    parser = argparse.ArgumentParser(prog="dq replay")
    parser.add_argument("tables", nargs="*")
    parser.add_argument("--rule")
    chosen = parser.parse_args(arguments)
    settings, out, err = Settings.of(os.environ, CHECKOUT), Console(), Console(stderr=True)
    warehouse = Warehouse(settings.warehouse)
    every = feeds()
    unknown = set(chosen.tables) - {table for feed in every for table in (feed.raw, feed.core)}
    if unknown:
        err.print(
            f"[red]no such table: {', '.join(sorted(unknown))}[/red]\n  hint:  name raw.… or core.… of a source"
        )
        return WRONG_CALL
    named = [feed for feed in every if not chosen.tables or {feed.raw, feed.core} & set(chosen.tables)]
    before = {feed.name: _quarantined(feed, warehouse, chosen.rule) for feed in named}
    affected = [feed for feed in named if any(before[feed.name].values())]
    if not affected:
        out.print(
            "Nothing to replay: no row in quarantine" + (f" broke {chosen.rule}." if chosen.rule else ".")
        )
        return SUCCEEDED
    place = location(err)
    first = dg.AssetSelection.assets(*(asset_key(feed.raw) for feed in affected))
    keys = first.downstream().resolve(place.resolve_asset_graph())
    code = materialize(place, keys, settings, tags={OFFLINE: "replay"})
    table = Table("quarantine", title="Replayed", title_justify="left")
    for name in ("before", "now"):
        table.add_column(name, justify="right")
    for feed in affected:
        now = _quarantined(feed, warehouse, chosen.rule)
        for where, count in before[feed.name].items():
            table.add_row(where, f"{count:,}", f"{now[where]:,}")
    out.print(table)
    return code


def _quarantined(feed: Feed, warehouse: Warehouse, rule: str | None) -> Counts:
    """Count the rows of a feed in quarantine, those that broke `rule` if it is named."""
    counts = {}
    for table in (quarantine_table(feed.raw), quarantine_table(feed.core)):
        query = (
            f"select count(*) from {qualified(table)} "
            "where ?::varchar is null or list_contains([reason.rule for reason in _reasons], ?)"
        )
        rows = warehouse.ask(query, (rule, rule))
        counts[table] = rows[0][0] if rows else 0
    return counts


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
