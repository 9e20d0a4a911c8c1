"""Only training rows may teach: what is learned from the others tells a model of its examination."""

from __future__ import annotations

import polars as pl

from dq.errors import ContractError

SPLIT, TRAIN = "split", "train"


def only_training_rows(frame: pl.LazyFrame, step: str) -> None:
    """Do nothing where all rows with a `split` are of the training split, or the frame has no such column.

    Raises:
        ContractError: where some are not.

    """
    if SPLIT not in frame.collect_schema():
        return
    other = pl.col(SPLIT).cast(pl.String).ne_missing(TRAIN)
    failed, rows = frame.select(other.sum(), pl.len()).collect().row(0)
    if failed:
        raise ContractError(
            f"{step} was given rows of other splits to learn from",
            failed=failed,
            of=rows,
            hint=f'give it .filter(pl.col("{SPLIT}") == "{TRAIN}")',
        )
