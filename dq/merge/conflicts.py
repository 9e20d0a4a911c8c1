"""Every value of every disputed cell, with where it came from, whether it won, and why."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

CONFLICTS: dict[str, type[pl.DataType]] = {
    "entity": pl.String,
    "column_name": pl.String,
    "source": pl.String,
    "value": pl.String,
    "landing_id": pl.String,
    "row": pl.Int64,
    "won": pl.Boolean,
    "confidence": pl.Float64,
    "rule": pl.String,
}


def conflicts_of(
    cells: pl.DataFrame, column: str, set_aside: Mapping[str, str], copies: Mapping[str, str]
) -> pl.DataFrame:
    """Give the rows of `CONFLICTS` of one column: all `cells`, which also have `won`, `_rule` and
    `_confidence`.

    `won` marks every cell that says what was kept, `confidence` is how sure the decision is. `rule` is the
    decision, and after it why this source had no vote, where it had none.
    """
    excuses = {copy: f"; no vote: {copy} repeats {original}" for copy, original in copies.items()}
    for source, finding in set_aside.items():
        excuses[source] = f"; vote of {source} set aside: {finding}"
    for copy, original in copies.items():
        if original in set_aside and copy not in set_aside:
            excuses[copy] = f"; vote of {copy} set aside: it repeats {original}, {set_aside[original]}"
    excuse = pl.col("_source").replace_strict(
        list(excuses), list(excuses.values()), default="", return_dtype=pl.String
    )
    return (
        cells.select(
            entity=pl.col("_entity").cast(pl.String),
            column_name=pl.lit(column),
            source="_source",
            value=pl.col("value").cast(pl.String),
            landing_id="_landing_id",
            row="_row",
            won="won",
            confidence="_confidence",
            rule=pl.col("_rule") + pl.when(pl.col("_standing") < 2).then(excuse).otherwise(pl.lit("")),
        )
        .cast(pl.Schema(CONFLICTS))
        .sort("entity", "source", "landing_id", "row")
    )
