"""The task of `merge_match` by splink: reads a.parquet and b.parquet of a folder, writes found.parquet."""

import sys
import time

import polars as pl
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

folder, task = sys.argv[1:]
started = time.perf_counter()
if task == "molecules":
    comparisons = [
        cl.JaroWinklerAtThresholds("name", [0.94, 0.86, 0.72]),
        cl.ExactMatch("carbons"),
        cl.ExactMatch("label"),
    ]
    blocks = [block_on("substr(lower(name),1,4)"), block_on("carbons", "label")]
    fields = ["name", "carbons", "label"]
else:
    fields = ["first", "last", "born", "town", "phone"]
    comparisons = [cl.JaroWinklerAtThresholds(f, [0.94, 0.86, 0.72]) for f in fields]
    blocks = [block_on("substr(last,1,4)"), block_on("born"), block_on("phone"), block_on("first", "town")]
settings = SettingsCreator(
    link_type="link_only",
    comparisons=comparisons,
    blocking_rules_to_generate_predictions=blocks,
    unique_id_column_name="_row",
)
api = DuckDBAPI()
frames = [
    pl.read_parquet(f"{folder}/{n}.parquet")
    .with_columns(pl.col("name").str.to_lowercase() if task == "molecules" else pl.col("_row"))
    .to_arrow()
    for n in ("a", "b")
]
linker = Linker(
    [api.register(f, dataset_display_name=n) for f, n in zip(frames, ("a", "b"), strict=True)], settings
)
linker.training.estimate_probability_two_random_records_match([blocks[0]], recall=0.7)
linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
linker.training.estimate_parameters_using_expectation_maximisation(blocks[0])
linker.training.estimate_parameters_using_expectation_maximisation(blocks[1])
found = linker.inference.predict(threshold_match_probability=0.95)
rows = pl.from_arrow(found.as_pyarrow_table())
left = pl.when(pl.col("source_dataset_l") == "a")
rows.select(
    a=left.then("_row_l").otherwise("_row_r"), b=left.then("_row_r").otherwise("_row_l")
).write_parquet(f"{folder}/found.parquet")
print(time.perf_counter() - started)
