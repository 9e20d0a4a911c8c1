"""Labels of a training set that are likely wrong, as a queue to review; nothing is changed or deleted."""

from __future__ import annotations

import polars as pl

from dq.label_errors import likely_label_errors
from dq.label_model import out_of_fold
from dq.publication import Change
from dq.run import Run
from dq.training_set import TrainingSet

MOST = 500
"""More than anybody reviews; how many there are in all is told beside."""


def label_doubts(accepted: pl.DataFrame, training: TrainingSet, run: Run) -> tuple[Change, dict[str, str]]:
    """Give `quality.label_doubts`, the most doubtful first, and in words how many labels are in doubt.

    Rows are judged by a small model that has not seen them (`dq.label_model`), by confident learning
    (`dq.label_errors`). The worse that model is at the task, the more labels it doubts in vain: its own agreement with
    the labels is told, too.
    """
    told, of = out_of_fold(accepted, training.features, training.label, group=training.key)
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
    words = f"{doubted.height:,} of {judged.height:,}, by a model that agrees with {agrees:.0%} of the labels"
    return change, {"labels_in_doubt": words}
