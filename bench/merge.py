"""Merging, measured: what is right, what is found, what it costs beside the peers.

    python bench/merge.py trusted            who is right where sources disagree, on worlds with known truth
    python bench/merge.py trusted --said said.csv --truth truth.csv --official aa ua
    python bench/merge.py trusted --folder sets   the same on sets that others recorded
    python bench/merge.py scale              what `trusted` costs from one to ten million cells
    python bench/merge.py match              rows without a shared key
    python bench/merge.py match --people 100000 1000000   two long lists of people
    python bench/merge.py films --vega movies.json --bokeh movies.db   two lists of real films
    python bench/merge.py near --rows 50000  near-duplicates beside the peers
    python bench/merge.py rows --rows 1000000  exact repeats and merging, beside Polars and DuckDB by hand
    python bench/merge.py rows --tasks variants  our merge by other rules and of other rows

Each prints a table and as its last line one JSON object.
"""

from __future__ import annotations

import argparse

import merge_films
import merge_match
import merge_near
import merge_rows
import merge_scale
import merge_trusted

BENCHES = {
    "trusted": merge_trusted,
    "match": merge_match,
    "films": merge_films,
    "near": merge_near,
    "rows": merge_rows,
    "scale": merge_scale,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    benches = parser.add_subparsers(dest="bench", required=True)
    for name, bench in BENCHES.items():
        bench.arguments(benches.add_parser(name, description=bench.__doc__))
    given = parser.parse_args()
    BENCHES[given.bench].run(given)


if __name__ == "__main__":
    main()
