"""Two lists of films that share no key, matched and compared: how many are in both, and on what they disagree.

Neither list is in the checkout: one states no licence. `--vega` is data/movies.json of the npm package vega-datasets
3.2.1 (`npm pack vega-datasets@3.2.1`), `--bokeh` is movies.db of the wheel bokeh-sampledata 2026.1 (CC0).
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import time
from pathlib import Path

import polars as pl

APART = {"minutes": 2.0, "tomatoes": 5.0}
"""Ratings are compared by points of a hundred; fewer than these are no mistake, films being rated on."""


def vega(path: Path) -> pl.DataFrame:
    films = pl.DataFrame(json.loads(path.read_text()), infer_schema_length=None)
    return films.select(
        title=pl.col("Title").cast(pl.String),
        year=pl.col("Release Date").cast(pl.String).str.extract(r"(\d{4})$").cast(pl.Int64),
        minutes=pl.col("Running Time min").cast(pl.Float64),
        tomatoes=pl.col("Rotten Tomatoes Rating").cast(pl.Float64),
    ).with_columns(_landing_id=pl.lit("vega"), _row=pl.int_range(pl.len()))


def bokeh(path: Path) -> pl.DataFrame:
    with sqlite3.connect(path) as database:
        rows = database.execute(
            "select o.Title, o.Year, o.Runtime, t.Meter from omdb o join tomatoes t on t.ID = o.ID"
        ).fetchall()
    text = pl.DataFrame(
        [[None if cell is None else str(cell) for cell in row] for row in rows],
        schema={"title": pl.String, "year": pl.String, "minutes": pl.String, "tomatoes": pl.String},
        orient="row",
    )
    return text.select(
        "title",
        year=pl.col("year").str.extract(r"(\d{4})").cast(pl.Int64),
        minutes=pl.col("minutes").str.extract(r"(\d+)").cast(pl.Float64),
        tomatoes=pl.col("tomatoes").cast(pl.Float64, strict=False),
    ).with_columns(_landing_id=pl.lit("bokeh"), _row=pl.int_range(pl.len()))


def run(given: argparse.Namespace) -> None:
    """Print what is in both, and by column what the two say of it; as the last line one JSON object."""
    from dq.match import Block, Matching, Number, Text, match_entities
    from dq.merge import Survivorship, merge

    if not (given.vega and given.bokeh):
        raise SystemExit("both lists are needed: --vega movies.json --bokeh movies.db")
    start = time.process_time()
    matched = match_entities(
        {"vega": vega(given.vega), "bokeh": bokeh(given.bokeh)},
        Matching(
            fields=(Text("title"), Number("year", within=5)),
            blocks=(Block("title", first=6), Block("title", words=True)),
        ),
        entity="film",
    )
    merged = merge(
        matched.frames,
        entity="film",
        survivorship=Survivorship(default="majority", precedence=("bokeh", "vega")),
        table="core.films",
    )
    seconds = time.process_time() - start
    both = matched.frames["vega"].join(matched.frames["bokeh"], on="film")
    review = int((matched.matches["decision"] == "review").sum())
    print(f"{both.height:,} films in both, {review:,} pairs to review, {seconds:.1f} s of CPU")
    disputed = dict(merged.conflicts.group_by("column_name").agg(pl.col("entity").n_unique()).iter_rows())
    results = {}
    for column in ("title", "year", "minutes", "tomatoes"):
        known = both.drop_nulls([column, f"{column}_right"])
        results[column] = {"both": known.height, "in conflicts": disputed.get(column, 0)}
        apart = ""
        if column in APART:
            gap = (known[column] - known[f"{column}_right"]).abs()
            far = int((gap >= APART[column] if column == "tomatoes" else gap > APART[column]).sum())
            results[column]["far apart"] = far
            apart = f", {far:,} far apart"
        print(f"{column:<10}{known.height:>7,} in both{disputed.get(column, 0):>7,} disputed{apart}")
    print(json.dumps({"bench": "merge films", "results": results}))


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this bench takes."""
    parser.add_argument("--vega", type=Path, help="movies.json of vega-datasets")
    parser.add_argument("--bokeh", type=Path, help="movies.db of bokeh-sampledata")
