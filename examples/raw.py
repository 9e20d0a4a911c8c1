"""The same rows as their sources gave them, for examples that train on raw and on released data.

What is compared is fair: raw rows that a test or validation row was made of are never trained on.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from dq.warehouse import Warehouse

HELD = "split"
ABSENT = "  raw       not compared: there is no warehouse beside the releases"


def raw_rows(root: Path, dataset: str, tables: Sequence[str]) -> dict[str, pl.DataFrame] | None:
    """Give tables of the warehouse with the `split` of the released row that each row went into.

    Null where it went into none: it was left out as a copy, or refused. Gives None where there is no warehouse beside
    the releases, as on a training machine.
    """
    lake = Warehouse(os.environ.get("DQ_WAREHOUSE") or root.parent / "lake")
    if not all(lake.exists(table) for table in (f"training.{dataset}", *tables)):
        return None
    released = lake.read(f"training.{dataset}")
    place = ["_landing_id", "_row"]
    if "_members" in released.collect_schema():
        member = pl.col("_members").struct
        released = released.explode("_members").with_columns(
            _landing_id=member.field("landing_id"), _row=member.field("row")
        )
    splits = released.select(*place, HELD).unique(place)
    return {
        # In the order of the files, so that a model of it is the same each time.
        table: lake.read(table).join(splits, on=place, how="left").sort(place).collect()
        for table in tables
    }


def not_held(rows: pl.DataFrame) -> pl.DataFrame:
    """Give the rows that a raw model may learn from: those in no test or validation row."""
    return rows.filter(pl.col(HELD).is_null() | (pl.col(HELD) == "train"))
