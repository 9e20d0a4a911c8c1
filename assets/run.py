"""`python -m assets.run [DOMAINS…]`: materializes domains end to end. `dq run` starts it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import dagster as dg
from rich.console import Console

from assets.lake import CHECKOUT
from assets.materialize import SUCCEEDED, WRONG_CALL, location, materialize
from dq.settings import Settings

NEXT = """
[bold]What to do next[/bold]
  make ui                                            the graph, the checks, the schedules, in a browser
  .venv/bin/dq sql "from training.social limit 5"    ask the warehouse
  .venv/bin/dq sql "select * from quality.findings"  what the sources do not agree on
  .venv/bin/python -m examples.sentiment             train on what came out
"""


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
    code = materialize(place, selection.resolve(graph), Settings.of(os.environ, CHECKOUT), domains=domains)
    if code == SUCCEEDED:
        Console().print(NEXT, soft_wrap=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
