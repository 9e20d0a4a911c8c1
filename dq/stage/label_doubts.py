"""Labels of a training set that are likely wrong, as a queue to review; nothing is changed or deleted."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from dq.labels import likely_label_errors, out_of_fold
from dq.publication import Change
from dq.run import Run
from dq.stable_hash import stable_hash
from dq.training_set import TrainingSet

MOST = 500
"""More than anybody reviews; how many there are in all is told beside."""
MOST_ROWS, MOST_BYTES = 200_000, 64 << 20
"""So many rows, and so many bytes of text, are looked at; of larger sets those are drawn whose key's hash is least."""


def label_doubts(accepted: pl.LazyFrame, training: TrainingSet, run: Run) -> tuple[Change, dict[str, str]]:
    """Give `quality.label_doubts`, the most doubtful first, and in words how many labels are in doubt.

    Rows are judged by a small model that has not seen them (`dq.labels.model`), by confident learning
    (`dq.labels.errors`). The worse that model is at the task, the more labels it doubts in vain: its own agreement with
    the labels is told, too. Of a set too large for that, rows are drawn, the same each time, and the words say so.
    """
    rows, looked_at = drawn(accepted, training.key, training.features, training.label)
    told, of = out_of_fold(looked_at, training.features, training.label, group=training.key)
    judged = likely_label_errors(told, training.label, of)
    doubted = judged.filter("is_likely_label_error").sort("label_quality", training.key)
    likeliest = told.select(pl.concat_list(list(of.values())).list.arg_max()).to_series()
    agrees = (
        pl.Series(list(of)).gather(likeliest) == told[training.label].cast(pl.String)
    ).sum() / told.height
    queue = doubted.head(MOST).select(
        pl.lit(run.run_id).alias("run_id"),
        pl.lit(training.dataset).alias("dataset"),
        pl.col(training.key).cast(pl.String).alias("entity"),
        pl.col(training.label).cast(pl.String).alias("label"),
        "suggested_label",
        "label_quality",
    )
    change = Change(
        "quality.label_doubts",
        queue,
        mode="replace_where",
        key="dataset",
        values=(training.dataset,),
        comment=f"Labels that are likely wrong, the {MOST} most doubtful of each dataset, to be reviewed",
    )
    among = f"{judged.height:,}" + (f" drawn of {rows:,}" if rows > judged.height else "")
    words = f"{doubted.height:,} of {among}, by a model that agrees with {agrees:.0%} of the labels"
    return change, {"labels_in_doubt": words}


def drawn(accepted: pl.LazyFrame, key: str, features: Sequence[str], label: str) -> tuple[int, pl.DataFrame]:
    """Give how many rows there are, and key, features and label of all of them, or of as many as can be looked at."""
    columns = accepted.select(list(dict.fromkeys((key, *features, label))))
    texts = [name for name in features if columns.collect_schema()[name] == pl.String]
    rows, size = (
        columns.select(
            pl.len(), pl.sum_horizontal(pl.lit(1), *(pl.col(name).str.len_bytes().sum() for name in texts))
        )
        .collect(engine="streaming")
        .row(0)
    )
    share = min(1.0, MOST_ROWS / max(rows, 1), MOST_BYTES / size)
    if share < 1:
        least = (
            pl.col(key)
            .cast(pl.String)
            .map_batches(
                lambda keys: stable_hash(keys, "doubts"), return_dtype=pl.UInt64, is_elementwise=True
            )
        )
        columns = columns.filter(least < pl.lit(int(share * 2**64), dtype=pl.UInt64))
    return rows, columns.collect(engine="streaming")
