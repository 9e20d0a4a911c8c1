"""One contestant of `merge_rows` in a process of its own: `python merge_rows_run.py <who> <task> <folder> <out>`.

`dedupe`: of rows with the same `id` the first by landing and row stays. `merge`: one row an entity from three
sources, by precedence. The hand-written ones give the rows alone: no conflicts, no agreement, no findings, no members.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

SOURCES = ("a", "b", "c")
COLUMNS = ("amount", "city", "score", "status")


def ours_dedupe(folder: Path, out: Path) -> None:
    """Keep the first of each id, and name the dropped."""
    from dq.dedupe import deduplicate

    told = deduplicate(pl.scan_parquet(folder / "a.parquet"), by=["id"])
    told.kept.write_parquet(out / "kept.parquet")
    told.dropped.write_parquet(out / "dropped.parquet")


def polars_dedupe(folder: Path, out: Path) -> None:
    """Sort and keep the first."""
    rows = pl.scan_parquet(folder / "a.parquet").sort("_landing_id", "_row")
    rows.unique("id", keep="first", maintain_order=True).collect().write_parquet(out / "kept.parquet")


def duckdb_dedupe(folder: Path, out: Path) -> None:
    """A window over each id."""
    _sql(
        f"""select * exclude (n) from (select *, row_number() over (partition by id order by _landing_id, _row) n
        from '{folder}/a.parquet') where n = 1 order by _landing_id, _row""",
        out,
    )


def ours_merge(folder: Path, out: Path) -> None:
    """Merge with conflicts, agreement, findings and members."""
    from dq.merge import Survivorship, merge

    frames = {name: pl.scan_parquet(folder / f"{name}.parquet") for name in SOURCES}
    told = merge(
        frames, entity="id", survivorship=Survivorship("precedence", precedence=SOURCES), table="bench.rows"
    )
    told.frame.write_parquet(out / "kept.parquet")
    told.conflicts.write_parquet(out / "conflicts.parquet")


def polars_merge(folder: Path, out: Path) -> None:
    """Stack, group, first value that is not null."""
    parts = [
        pl.scan_parquet(folder / f"{name}.parquet").with_columns(_rank=pl.lit(rank))
        for rank, name in enumerate(SOURCES)
    ]
    rows = pl.concat(parts).sort("_rank", "_landing_id", "_row")
    firsts = (pl.col(c).drop_nulls().first() for c in COLUMNS)
    rows.group_by("id").agg(*firsts).sort("id").collect(engine="streaming").write_parquet(
        out / "kept.parquet"
    )


def duckdb_merge(folder: Path, out: Path) -> None:
    """Stack, group, the value of the least rank that is not null."""
    stacked = " union all ".join(
        f"select *, {rank} as rank from '{folder}/{name}.parquet'" for rank, name in enumerate(SOURCES)
    )
    firsts = ", ".join(
        f"arg_min({c}, (rank, _landing_id, _row)) filter ({c} is not null) {c}" for c in COLUMNS
    )
    _sql(f"select id, {firsts} from ({stacked}) group by id order by id", out)


def _sql(query: str, out: Path) -> None:
    import duckdb

    with duckdb.connect(config={"temp_directory": str(out / "spill")}) as connection:
        connection.sql(f"copy ({query}) to '{out}/kept.parquet' (format parquet)")


CONTESTANTS: dict[tuple[str, str], Callable[[Path, Path], None]] = {
    ("ours", "dedupe"): ours_dedupe,
    ("polars", "dedupe"): polars_dedupe,
    ("duckdb", "dedupe"): duckdb_dedupe,
    ("ours", "merge"): ours_merge,
    ("polars", "merge"): polars_merge,
    ("duckdb", "merge"): duckdb_merge,
}


def main() -> None:
    who, task, folder, out = sys.argv[1:]
    import duckdb  # noqa: F401 - imports are not timed

    import dq.dedupe
    import dq.merge  # noqa: F401

    wall, cpu = time.perf_counter(), sum(os.times()[:4])
    CONTESTANTS[who, task](Path(folder), Path(out))
    taken = {"wall": time.perf_counter() - wall, "cpu": sum(os.times()[:4]) - cpu}
    kept = pl.scan_parquet(Path(out) / "kept.parquet").select(pl.len()).collect().item()
    print(json.dumps(taken | {"mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "rows": kept}))


if __name__ == "__main__":
    main()
