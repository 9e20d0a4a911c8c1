"""Freeing a table on disk of repeats, in memory that grows with the repeats and not with the table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from dq.contract.unique import duplicated
from dq.dedupe import ORIGIN, deduplicate


def without_repeats(rows: Path, by: Sequence[str], to: Path) -> tuple[Path, pl.DataFrame]:
    """Give the file of the rows that stay, `to` or `rows` itself where none repeats, and the rows that were dropped.

    Of rows that agree in `by`, nulls included, the first by `_landing_id` and `_row` stays. The dropped ones have
    `_landing_id`, `_row` and the `_kept_…` of the row that stays, as `dq.dedupe.exact` has it.
    """
    scan = pl.scan_parquet(rows)
    height = int(scan.select(pl.len()).collect().item())
    repeat = duplicated(scan, by, height)
    candidates = (
        pl.concat(
            [scan.select(*dict.fromkeys([*by, *ORIGIN])), repeat.alias("_twice").to_frame().lazy()],
            how="horizontal",
        )
        .with_row_index("_at")
        .filter("_twice")
        .drop("_twice")
        .collect(engine="streaming")
    )
    dropped = deduplicate(candidates.drop("_at"), by=by, nulls_equal=True).dropped
    if dropped.is_empty():
        return rows, dropped
    leave_out(scan, height, candidates.join(dropped, on=list(ORIGIN), how="semi")["_at"], to)
    return to, dropped


def leave_out(rows: pl.LazyFrame, height: int, gone: pl.Series, to: Path) -> None:
    """Write the rows but those that stand at the places `gone`."""
    stays = pl.repeat(value=True, n=height, eager=True).scatter(gone, values=False).alias("_stays")
    kept = pl.concat([rows, stays.to_frame().lazy()], how="horizontal").filter("_stays").drop("_stays")
    kept.sink_parquet(to, engine="streaming", compression="lz4")
