"""Freeing a judged table of near repeats, with what was found of its texts kept for the next run.

It is done after judging, so that a rejected row never stands in for an accepted one, and anew whenever the table is
made: a row whose winner is rejected, corrected or gone is there again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from dq.contract import Contract
from dq.contract.evidence import origin_of
from dq.dedupe import ORIGIN, NearDuplicates, deduplicate_near
from dq.dedupe.memory import NearMemory
from dq.publication import Change
from dq.run import Run
from dq.source import Cursor
from dq.stage.distinct import leave_out

KEY = "_dq:key"
MEMBERS = pl.List(pl.Struct({"source": pl.String, "landing_id": pl.String, "row": pl.Int64}))
FOUND, TEXTS, PAIRS = "quality.near_duplicates", "quality.near_texts", "quality.near_pairs"
MADE_BY = "near_duplicates"


@dataclass(frozen=True)
class Freed:
    """The file of the rows that stay, how many do not, and what is to be published of that."""

    rows: Path
    dropped: int = 0
    changes: tuple[Change, ...] = ()
    cursors: Mapping[str, Cursor] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """What is worth showing: how many rows nearly repeat another, where that was asked."""
        return {"near_repeats": self.dropped} if any(self.cursors.values()) else {}


def without_near_repeats(
    rows: Path, declared: NearDuplicates | None, law: Contract, run: Run, to: Path
) -> Freed:
    """Give the rows of a judged file that nearly repeat no other: `to`, or `rows` itself where none does.

    Only texts that the last publication did not know are compared, where code and declaration are the same. Text and
    keys of all rows are held in memory. Where nothing is declared any more, what was known is forgotten.

    Raises:
        SchemaError: where a column that was declared is missing.

    """
    table, remembers = law.table, run.warehouse.cursor(law.table)
    if declared is None:
        return Freed(rows, changes=_forgotten(table, run), cursors={table: {}}) if remembers else Freed(rows)
    made_by = f"{declared} {run.code_version}"
    scan = pl.scan_parquet(rows)
    narrow = _narrow(scan, declared, law)
    told = deduplicate_near(
        narrow.select(pl.exclude(KEY)),
        declared.text,
        declared.first_by or ORIGIN,
        within=declared.within,
        threshold=declared.threshold,
        shingle=declared.shingle,
        known=_known(table, run) if remembers.get(MADE_BY) == made_by else NearMemory(),
    )
    gone = narrow.select(ORIGIN).with_row_index("_at").join(told.dropped, on=ORIGIN, how="semi")["_at"]
    if len(gone):
        leave_out(scan, narrow.height, gone, to)
    return Freed(
        to if len(gone) else rows,
        len(gone),
        (
            _of_now(FOUND, table, _explained(told.dropped, narrow, scan, gone, run)),
            _of_now(TEXTS, table, told.memory.texts),
            _of_now(PAIRS, table, told.memory.pairs),
        ),
        {table: {MADE_BY: made_by}},
    )


def _narrow(scan: pl.LazyFrame, declared: NearDuplicates, law: Contract) -> pl.DataFrame:
    """Read what rows are told apart by: where they are from, their key as text, the columns that are declared."""
    landing, row = origin_of(scan.collect_schema().names())
    unique = next((doc.name for doc in law.docs() if doc.unique), None)
    key = pl.lit(None, dtype=pl.String) if unique is None else pl.col(unique).cast(pl.String)
    columns = dict.fromkeys((declared.text, *declared.first_by, *declared.within))
    return scan.select(landing.alias("_landing_id"), row.alias("_row"), *columns, key.alias(KEY)).collect(
        engine="streaming"
    )


def _explained(
    dropped: pl.DataFrame, narrow: pl.DataFrame, scan: pl.LazyFrame, gone: pl.Series, run: Run
) -> pl.DataFrame:
    """Give each dropped row with its key and the winner's and, where it was merged, what it was made of."""
    keys = narrow.select(*ORIGIN, KEY)
    winners = keys.select(pl.all().name.prefix("_kept")).rename({f"_kept{KEY}": "kept_key"})
    landing, row = origin_of(scan.collect_schema().names())
    members = pl.col("_members") if "_members" in scan.collect_schema() else pl.lit(None)
    made_of = (
        scan.with_row_index("_at")
        .filter(pl.col("_at").is_in(gone.implode()))
        .select(landing.alias("_landing_id"), row.alias("_row"), members.cast(MEMBERS).alias("_members"))
        .collect(engine="streaming")
    )
    return (
        dropped.join(keys, on=ORIGIN, how="left", maintain_order="left")
        .join(winners, on=["_kept_landing_id", "_kept_row"], how="left", maintain_order="left")
        .join(made_of, on=ORIGIN, how="left", maintain_order="left")
        .select(
            pl.lit(run.run_id).alias("run_id"),
            pl.col(KEY).alias("key"),
            "kept_key",
            *dropped.columns,
            "_members",
        )
    )


def _known(table: str, run: Run) -> NearMemory:
    """Read what the last publication kept."""
    texts, pairs = (
        run.warehouse.read(name).filter(pl.col("table_name") == table).drop("table_name").collect()
        for name in (TEXTS, PAIRS)
    )
    return NearMemory(texts, pairs)


def _forgotten(table: str, run: Run) -> tuple[Change, ...]:
    names = [name for name in (FOUND, TEXTS, PAIRS) if run.warehouse.exists(name)]
    return tuple(
        _of_now(name, table, run.warehouse.read(name).head(0).drop("table_name").collect()) for name in names
    )


def _of_now(name: str, table: str, frame: pl.DataFrame) -> Change:
    """Replace what is said of the table."""
    said = frame.select(pl.lit(table).alias("table_name"), pl.all())
    return Change(name, said, mode="replace_where", key="table_name", values=(table,))
