"""Getting data in: ours and the peers fetch from the same local sites and files, one process each, in one run.

    python bench/ingest.py --runs 3 --peers data/bench/ingest/bin/python [--only crawl]

Each part is a module with `measure(peers, runs)`: it prints its table and gives its ratios. The last line is one JSON
object of all ratios.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from importlib.util import find_spec
from pathlib import Path

PARTS = ("crawl", "api", "csv")


def main() -> None:
    sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]
    there = [part for part in PARTS if find_spec(f"ingest_{part}")]
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", default=sys.executable, help="the Python that has the peers")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=there, action="append", help="this part alone; may be repeated")
    chosen = parser.parse_args()
    ratios: dict[str, float] = {}
    for part in chosen.only or there:
        measured: dict[str, float] = importlib.import_module(f"ingest_{part}").measure(
            chosen.peers, chosen.runs
        )
        ratios |= {f"{part}: {name}": ratio for name, ratio in measured.items()}
    print(json.dumps(ratios))


if __name__ == "__main__":
    main()
