"""`python -m assets.run [DOMAINS…]`: materializes domains end to end. `dq run` starts it."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Sequence

import dagster as dg

from assets.lake import CHECKOUT
from assets.materialize import SUCCEEDED, WRONG_CALL, location, materialize
from dq.console import Console
from dq.settings import Settings

EXAMPLES = {"social": "sentiment", "finance": "credit_risk", "medical": "diagnosis"}
"""The script of `examples/` that trains on `training.<domain>`."""


def next_steps(tables: Collection[str]) -> list[tuple[str, str]]:
    """Give commands that show what a run of these tables has made, each with what it is for.

    >>> for command, _ in next_steps(["raw.shop__orders", "core.shop__orders"]):
    ...     print(command)
    make ui
    dq sql "from core.shop__orders limit 5"
    dq quarantine
    """
    trainable = [domain for domain in EXAMPLES if f"training.{domain}" in tables]
    finished = f"training.{trainable[0]}" if trainable else _furthest(tables)
    merged = any(table.startswith("core.") and "__" not in table for table in tables)
    steps = [
        ("make ui", "the graph, the checks, the schedules, in a browser"),
        (f'dq sql "from {finished} limit 5"', "ask the warehouse"),
    ]
    if merged:
        steps.append(('dq sql "select * from quality.findings"', "what the sources do not agree on"))
    else:
        steps.append(("dq quarantine", "what was rejected, and why"))
    if trainable:
        steps.append((f"python -m examples.{EXAMPLES[trainable[0]]}", "train on what came out"))
    return steps


def _furthest(tables: Collection[str]) -> str:
    order = ("raw", "core", "training")
    return max(sorted(tables, reverse=True), key=lambda table: order.index(table.partition(".")[0]))


def main(domains: Sequence[str]) -> int:
    """Materialize `domains`, all if none is named, and give the exit code."""
    err = Console(stderr=True)
    place = location(err)
    graph = place.resolve_asset_graph()
    known = sorted({graph.get(key).group_name for key in graph.get_all_asset_keys()})
    unknown = [domain for domain in domains if domain not in known]
    if unknown:
        err.print(f"[red]no such domain: {', '.join(unknown)}[/red]\n  hint:  there are {', '.join(known)}")
        return WRONG_CALL
    selection = dg.AssetSelection.groups(*domains) if domains else dg.AssetSelection.all()
    keys = selection.resolve(graph)
    code = materialize(place, keys, Settings.of(os.environ, CHECKOUT), domains=domains)
    if code == SUCCEEDED:
        out = Console()
        out.print("\nWhat to do next", style="bold")
        for command, why in next_steps({".".join(key.path) for key in keys}):
            shown = command if command.startswith("make") else f".venv/bin/{command}"
            out.print(f"  {shown:<50} {why}", soft_wrap=True, highlight=False, markup=False)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
