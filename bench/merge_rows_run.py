"""One contestant of `merge_rows` in a process of its own: `python merge_rows_run.py <who> <task> <folder> <out>`.

`dedupe`: of rows with the same `id` the first by landing and row stays. `merge`: one row per entity from three
sources, by precedence. The hand-written ones give the rows alone: no conflicts, no agreement, no findings, no members;
those called `…+` also give members and conflicts, without a reason.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl

SOURCES = ("a", "b", "c")
COLUMNS = ("amount", "city", "score", "status")
Frames = dict[str, pl.LazyFrame]
Change = Callable[[Frames], Frames]


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


def files_dedupe(folder: Path, out: Path) -> None:
    """The same by way of files, as refining does it."""
    from dq.stage.distinct import without_repeats

    kept, dropped = without_repeats(folder / "a.parquet", ["id"], out / "kept.parquet")
    assert kept == out / "kept.parquet"
    dropped.write_parquet(out / "dropped.parquet")


def ours_merge(folder: Path, out: Path, rule: str = "precedence", change: Change = dict) -> None:
    """Merge with conflicts, agreement, findings and members, as unifying does it: all of it in files."""
    from dq.merge import Survivorship, merge_streaming

    frames = change({name: pl.scan_parquet(folder / f"{name}.parquet") for name in SOURCES})
    rules = Survivorship(rule, precedence=SOURCES)
    merge_streaming(frames, entity="id", survivorship=rules, table="bench.rows", scratch=out)


def disputed(frames: Frames) -> Frames:
    """Let one source contradict the others in two of four columns, without a system."""
    noise = pl.col("_row").hash()
    wrong = frames["b"].with_columns(pl.col("amount") + noise % 1000 / 1000, score=noise % 89)
    return frames | {"b": wrong}


def in_another_unit(frames: Frames) -> Frames:
    """Let one source give amounts times 100, so that it is looked into."""
    return frames | {"c": frames["c"].with_columns(pl.col("amount") * 100)}


def named_by_text(frames: Frames) -> Frames:
    """Name entities by text."""
    return {name: rows.with_columns(id=pl.format("entity-{}", "id")) for name, rows in frames.items()}


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


def polars_merge_evidence(folder: Path, out: Path) -> None:
    """The same with members, and the values of each cell whose least and greatest differ."""
    parts = [
        pl.scan_parquet(folder / f"{name}.parquet").with_columns(_source=pl.lit(name), _rank=pl.lit(rank))
        for rank, name in enumerate(SOURCES)
    ]
    rows = pl.concat(parts).sort("_rank", "_landing_id", "_row").collect()
    firsts = (pl.col(c).drop_nulls().first() for c in COLUMNS)
    differ = ((pl.col(c).min() != pl.col(c).max()).alias(f"{c}:differs") for c in COLUMNS)
    members = pl.struct("_source", "_landing_id", "_row").alias("_members")
    merged = rows.lazy().group_by("id").agg(*firsts, *differ).sort("id").collect(engine="streaming")
    listed = rows.group_by("id").agg(members).sort("id")
    kept = merged.drop(f"{c}:differs" for c in COLUMNS).with_columns(listed["_members"])
    kept.write_parquet(out / "kept.parquet")
    conflicts = [
        rows.filter(pl.col(c).is_not_null())
        .join(merged.filter(f"{c}:differs").select("id", _won=c), on="id")
        .select(
            pl.col("id").cast(pl.String).alias("entity"),
            pl.lit(c).alias("column_name"),
            "_source",
            pl.col(c).cast(pl.String).alias("value"),
            "_landing_id",
            "_row",
            won=pl.col(c) == pl.col("_won"),
        )
        for c in COLUMNS
    ]
    pl.concat(conflicts).write_parquet(out / "conflicts.parquet")


def duckdb_merge_evidence(folder: Path, out: Path) -> None:
    """The same with members, and the values of each cell whose least and greatest differ."""
    import duckdb

    stacked = " union all ".join(
        f"select *, {rank} as rank, '{name}' as source from '{folder}/{name}.parquet'"
        for rank, name in enumerate(SOURCES)
    )
    firsts = ", ".join(
        f"arg_min({c}, (rank, _landing_id, _row)) filter ({c} is not null) {c}, "
        f"min({c}) is distinct from max({c}) {c}_differs"
        for c in COLUMNS
    )
    member = "{'source': source, 'landing_id': _landing_id, 'row': _row}"
    members = f"list_sort(list({member})) _members"
    conflicts = " union all ".join(
        f"""select s.id::varchar entity, '{c}' column_name, source, s.{c}::varchar as value, _landing_id, _row,
        s.{c} = m.{c} won from stacked s join merged m on s.id = m.id where m.{c}_differs and s.{c} is not null"""
        for c in COLUMNS
    )
    with duckdb.connect(config={"temp_directory": str(out / "spill")}) as connection:
        connection.execute(f"create view stacked as {stacked}")
        connection.execute(
            f"create temp table merged as select id, {firsts}, {members} from stacked group by id"
        )
        kept = ", ".join(("id", *COLUMNS, "_members"))
        connection.execute(
            f"copy (select {kept} from merged order by id) to '{out}/kept.parquet' (format parquet)"
        )
        connection.execute(f"copy ({conflicts}) to '{out}/conflicts.parquet' (format parquet)")


def _sql(query: str, out: Path) -> None:
    import duckdb

    with duckdb.connect(config={"temp_directory": str(out / "spill")}) as connection:
        connection.sql(f"copy ({query}) to '{out}/kept.parquet' (format parquet)")


CONTESTANTS: dict[tuple[str, str], Callable[[Path, Path], None]] = {
    ("ours", "dedupe"): ours_dedupe,
    ("ours, files", "dedupe"): files_dedupe,
    ("polars", "dedupe"): polars_dedupe,
    ("duckdb", "dedupe"): duckdb_dedupe,
    ("ours", "merge"): ours_merge,
    ("polars", "merge"): polars_merge,
    ("duckdb", "merge"): duckdb_merge,
    ("polars+", "merge"): polars_merge_evidence,
    ("duckdb+", "merge"): duckdb_merge_evidence,
    ("majority", "variants"): partial(ours_merge, rule="majority"),
    ("trusted", "variants"): partial(ours_merge, rule="trusted"),
    ("disputed", "variants"): partial(ours_merge, change=disputed),
    ("named by text", "variants"): partial(ours_merge, change=named_by_text),
    ("another unit", "variants"): partial(ours_merge, change=in_another_unit),
}


def main() -> None:
    who, task, folder, out = sys.argv[1:]
    import duckdb  # noqa: F401 - imports are not timed

    import dq.dedupe
    import dq.merge
    import dq.stage.distinct  # noqa: F401

    wall, cpu = time.perf_counter(), sum(os.times()[:4])
    CONTESTANTS[who, task](Path(folder), Path(out))
    taken = {"wall": time.perf_counter() - wall, "cpu": sum(os.times()[:4]) - cpu}
    files = Path(out) / ("frame" if (Path(out) / "frame").exists() else "kept.parquet")
    kept = pl.scan_parquet(files).select(pl.len()).collect().item()
    print(json.dumps(taken | {"mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "rows": kept}))


if __name__ == "__main__":
    main()
