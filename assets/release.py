"""`python -m assets.release DATASET [--force]`: makes a training set's next release. `dq release` starts it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from assets.contract_checks import asset_key
from assets.domains import TRAINING
from assets.lake import CHECKOUT
from assets.materialize import WRONG_CALL, location, materialize
from assets.training_assets import FORCE
from dq.console import Console
from dq.settings import Settings


def main(arguments: Sequence[str]) -> int:
    """Release a training set from the tables as they are: nothing is fetched. Give the exit code."""
    parser = argparse.ArgumentParser(prog="dq release")
    parser.add_argument("dataset")
    parser.add_argument("--force", action="store_true")
    chosen = parser.parse_args(arguments)
    err = Console(stderr=True)
    tables = {training.dataset: training.table for training in TRAINING}
    if chosen.dataset not in tables:
        err.print(
            f"[red]no such training set: {chosen.dataset}[/red]\n  hint:  there are {', '.join(sorted(tables))}"
        )
        return WRONG_CALL
    return materialize(
        location(err),
        {asset_key(tables[chosen.dataset])},
        Settings.of(os.environ, CHECKOUT),
        domains=[chosen.dataset.partition("__")[0]],
        tags={FORCE: "yes"} if chosen.force else None,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
