"""Every value of every disputed cell, with where it came from, whether it won, and why."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from dq.merge.cells import VOTER

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
    cells: pl.DataFrame,
    column: str,
    entities: pl.Series,
    set_aside: Mapping[str, str],
    copies: Mapping[str, str],
) -> pl.DataFrame:
    """Give the rows of `CONFLICTS` of one column: all `cells`, which also have `won`, `_rule` and
    `_confidence`; sorted by entity, source, landing and row. `entities` are named in the order of their numbers.

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
    voiceless = pl.when(pl.col("_standing") < VOTER).then(excuse).otherwise(pl.lit(""))
    # In the order of a part's rows a source's own stand by landing and row.
    cells = cells.sort("_entity", "_source", "_at")
    return cells.select(
        entity=entities.gather(cells["_entity"]).cast(pl.String),
        column_name=pl.lit(column),
        source="_source",
        value=pl.col("value").cast(pl.String),
        landing_id="_landing_id",
        row="_row",
        won="won",
        confidence="_confidence",
        rule=pl.col("_rule") + voiceless if excuses else "_rule",
    ).cast(pl.Schema(CONFLICTS))
