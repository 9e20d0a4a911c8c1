"""What must not be in two splits, or in a benchmark, and is: the pairs for a table, the verdict for the gate."""

from __future__ import annotations

import polars as pl

from dq.publication import Change
from dq.release import Check
from dq.run import Run
from dq.split import LEAKS, benchmark_overlap, leakage
from dq.training_set import TrainingSet

EXAMINED = "test"
"""Rows of this split are not trained on: what they have in common with a benchmark does no harm."""


def leaks(accepted: pl.DataFrame, training: TrainingSet, tied: pl.DataFrame | None, run: Run) -> pl.DataFrame:
    """Give every pair that leaks: between splits as `dq.split.leakage` has it, and with each benchmark.

    Of a benchmark, `kind` is `benchmark:key` or `benchmark:text`, `split_b` its name, `entity_b` its row from 0.
    """
    found = [leakage(accepted, training.key, training.cluster_by, tied=tied)]
    trained = accepted.filter(pl.col("split") != EXAMINED)
    splits = trained.select(entity=pl.col(training.key).cast(pl.String), split_a="split").unique()
    for benchmark in training.benchmarks:
        common = benchmark_overlap(
            trained,
            training.key,
            benchmark.rows(run.settings.files),
            text=benchmark.text,
            key=benchmark.key,
            words=benchmark.words,
        )
        found.append(
            common.join(splits, on="entity", how="left", maintain_order="left").select(
                kind=pl.format("benchmark:{}", "kind"),
                shared="shared",
                entity_a="entity",
                split_a="split_a",
                entity_b=pl.col("benchmark_row").cast(pl.String),
                split_b=pl.lit(benchmark.name),
            )
        )
    return pl.concat([pl.DataFrame(schema=LEAKS), *found])


def leak_checks(found: pl.DataFrame, training: TrainingSet) -> tuple[Check, ...]:
    """Give one check over the splits, and one a benchmark; a pair that leaks stops the release."""
    of_benchmark = pl.col("kind").str.starts_with("benchmark:")
    within = found.filter(~of_benchmark).height
    checks = [
        Check("leakage", passed=not within, words=f"{within:,} pairs that belong together cross splits")
    ]
    for benchmark in training.benchmarks:
        common = found.filter(of_benchmark & (pl.col("split_b") == benchmark.name))
        rows, asked = common["entity_a"].n_unique(), common["entity_b"].n_unique()
        checks.append(
            Check(
                f"benchmark {benchmark.name}",
                passed=common.is_empty(),
                words=f"{rows:,} training rows have {asked:,} of its questions: quality.leaks names them"
                if rows
                else "no training row has any of its questions",
            )
        )
    return tuple(checks)


def leaks_change(found: pl.DataFrame, training: TrainingSet, run: Run) -> Change:
    """Give the pairs as the table `quality.leaks`, which holds those of the newest release of each dataset."""
    return Change(
        "quality.leaks",
        found.select(pl.lit(run.run_id).alias("run_id"), pl.lit(training.dataset).alias("dataset"), pl.all()),
        mode="replace_where",
        key="dataset",
        values=(training.dataset,),
        comment="Pairs that must not be in two splits, or in a benchmark, and are; of the newest release made",
    )
