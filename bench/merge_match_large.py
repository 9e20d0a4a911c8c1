"""Two long lists of people matched in a process of its own: what is found, CPU seconds and peak memory.

python bench/merge_match_large.py ours FOLDER     (or splink, in its own environment)
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import polars as pl


def ours(a: pl.DataFrame, b: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """Give the pairs of rows that are taken for one, and the rows that were skipped by block."""
    from dq.match import Block, Matching, Number, Text, match_entities

    matching = Matching(
        fields=(Text("name"), Text("address"), Text("town"), Number("born", within=365)),
        blocks=(
            Block("name", "born"),
            Block("town", "name", first=4),
            Block("address"),
            Block("town", "born"),
        ),
    )
    told = match_entities({"a": a, "b": b}, matching, entity="id")
    ids = [told.frames[name].select("id", "_row") for name in ("a", "b")]
    pairs = ids[0].join(ids[1], on="id", suffix="_b").select(a="_row", b="_row_b")
    return pairs, {f"{place}: {name}": rows for place, (name, rows) in enumerate(told.skipped.items())}


def splink(a: pl.DataFrame, b: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """Do the same by splink, with the same blocks."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    blocks = [
        block_on("name", "born"),
        block_on("town", "substr(name,1,4)"),
        block_on("address"),
        block_on("town", "born"),
    ]
    levels = [0.94, 0.86, 0.72]
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            *(cl.JaroWinklerAtThresholds(f, levels) for f in ("name", "address", "town")),
            cl.ExactMatch("born"),
        ],
        blocking_rules_to_generate_predictions=blocks,
        unique_id_column_name="_row",
    )
    api = DuckDBAPI()
    frames = [api.register(frame.to_arrow(), dataset_display_name=n) for frame, n in ((a, "a"), (b, "b"))]
    linker = Linker(frames, settings)
    linker.training.estimate_probability_two_random_records_match([blocks[0]], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    linker.training.estimate_parameters_using_expectation_maximisation(blocks[0])
    linker.training.estimate_parameters_using_expectation_maximisation(blocks[2])
    rows = pl.from_arrow(linker.inference.predict(threshold_match_probability=0.95).as_pyarrow_table())
    left = pl.when(pl.col("source_dataset_l") == "a")
    return rows.select(
        a=left.then("_row_l").otherwise("_row_r"), b=left.then("_row_r").otherwise("_row_l")
    ), {}


def main(who: str, folder: Path) -> None:
    a, b = (pl.read_parquet(folder / f"{name}.parquet") for name in ("a", "b"))
    started, wall = time.process_time(), time.perf_counter()
    pairs, skipped = {"ours": ours, "splink": splink}[who](a.drop("who"), b.drop("who"))
    spent = time.process_time() - started
    told = pairs.join(a.select(a="_row", one="who"), on="a").join(b.select(b="_row", two="who"), on="b")
    hits = told.filter(pl.col("one") == pl.col("two")).height
    true = a.join(b, on="who").height
    found = {
        "precision": round(hits / max(1, told.height), 4),
        "recall": round(hits / true, 4),
        "cpu_s": round(spent, 1),
        "wall_s": round(time.perf_counter() - wall, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "skipped": skipped,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
