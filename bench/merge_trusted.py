"""Whom to believe: the share of cells that the rule `trusted` gets right, beside a plain majority.

On made-up worlds with known truth, or on what others recorded: `--said` is a CSV of one statement a line
(`source, entity, column, value`) or of one source's row a line (`source, entity`, then the columns), `--truth` the
same without a source. Times of day are read as minutes, numbers as numbers, all else as text without case.
`--folder` is a folder of such sets, each a folder with `said.csv` and `truth.csv`, or `dirty.csv` and `clean.csv` as
the literature on repairing tables has them (`src`, `flight`, then the columns).

Beside it: rules of the literature on the same cells; `hindsight`, the best weights by column that anyone could find
with the truth at hand; and `said`, the cells whose truth anybody says at all. What is missed where hindsight misses
it too is out of reach of any weighing of sources.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
from merge_baselines import BASELINES
from merge_baselines import compared as by_others
from merge_shapes import SHAPES, UNSEEN
from merge_shapes import world as shaped
from merge_worlds import WORLDS, World

from dq.merge import Survivorship, Trusted, merge

TUNED, HELD_OUT = (1, 2, 3, 4, 5, 6, 7), (101, 102, 103, 104, 105)
AIM, AIM_DECLARED = 0.90, 0.97
TIME = r"(\d{1,2}):(\d{2})\s*([aApP]?)"


def right(world: World, survivorship: Survivorship) -> float:
    """Give the share of the cells whose truth is known that are right after merging; a missing one is wrong."""
    merged = merge(world.told, entity="id", survivorship=survivorship, table="bench.trusted").frame
    both = world.truth.join(merged, on="id", how="left", suffix=":kept")
    columns = [name for name in world.truth.columns if name != "id"]
    hits = both.select(pl.sum_horizontal((pl.col(c) == pl.col(f"{c}:kept")).sum() for c in columns)).item()
    known = both.select(pl.sum_horizontal(pl.col(c).count() for c in columns)).item()
    return float(hits / known)


def majority(world: World) -> float:
    """Give the share that the most frequent value gets right; of even ones, that of the first source by name."""
    columns = [name for name in world.truth.columns if name != "id"]
    rows = [
        world.told[name].select(
            "id", *(c for c in columns if c in world.told[name].columns), _rank=pl.lit(rank)
        )
        for rank, name in enumerate(sorted(world.told))
    ]
    stacked, hits, known = pl.concat(rows, how="diagonal"), 0, 0
    for column in columns:
        votes = stacked.drop_nulls(column).group_by("id", column).agg(n=pl.len(), first=pl.col("_rank").min())
        best = votes.sort("id", "n", "first", descending=[False, True, False]).unique(
            "id", keep="first", maintain_order=True
        )
        true = world.truth.select("id", true=column).drop_nulls()
        hits += int(true.join(best, on="id").select((pl.col("true") == pl.col(column)).sum()).item())
        known += true.height
    return hits / known


def compared(world: World) -> dict[str, float]:
    """Give the shares of the rules that are compared."""
    found = {"majority": majority(world), **by_others(world)}
    found["trusted"] = right(world, Survivorship("trusted"))
    if world.official:
        found["declared"] = right(world, Survivorship(Trusted(*world.official)))
    return found


def recorded(said: Path, truth: Path, source: str, entity: str, official: list[str]) -> World:
    """Read a world that others recorded."""
    statements = _long(said, [source, entity]).rename({source: "source", entity: "id"})
    known = _long(truth, [entity]).rename({entity: "id"})
    # Tables that were repaired repeat the truth in every source's row.
    known = known.unique(["id", "column"], keep="first", maintain_order=True)
    known = known.join(statements, on="id", how="semi")
    statements, known = _read(statements, known)
    told = {}
    for (name,), rows in statements.group_by("source", maintain_order=True):
        wide = rows.pivot("column", index="id", values="value", aggregate_function="first")
        told[str(name)] = (
            _typed(wide).with_row_index("_row", offset=1).with_columns(_landing_id=pl.lit(str(name)))
        )
    wide = known.pivot("column", index="id", values="value", aggregate_function="first")
    return World(_typed(wide), told, tuple(official))


def _long(path: Path, ids: list[str]) -> pl.DataFrame:
    rows = pl.read_csv(path, infer_schema=False)
    if {"column", "value"} <= set(rows.columns):
        return rows.select(*ids, "column", "value")
    return rows.unpivot(index=ids, variable_name="column", value_name="value").filter(
        pl.col("column").is_in(["", "tuple_id", "_tid_", "id", "src"]).not_()
    )


def _read(said: pl.DataFrame, known: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Bring values to a form that can be compared: minutes of the day, a number, or bare text; as text still."""
    hour = pl.col("value").str.extract(TIME, 1).cast(pl.Int64, strict=False)
    minute = pl.col("value").str.extract(TIME, 2).cast(pl.Int64, strict=False)
    half = pl.col("value").str.extract(TIME, 3).str.to_lowercase()
    hours = pl.when(half == "").then(hour).otherwise(hour % 12 + pl.when(half == "p").then(12).otherwise(0))
    forms = {
        "number": pl.col("value").str.strip_chars().str.replace_all(",", "").cast(pl.Float64, strict=False),
        "time": (hours * 60 + minute).cast(pl.Float64),
    }
    bare = pl.col("value").str.strip_chars().str.to_lowercase()
    said, known = (
        said.with_columns(bare.replace("", None).alias("value")),
        known.with_columns(bare.alias("value")),
    )
    for (column,), true in known.group_by("column"):
        for form in forms.values():
            if true.select(form.is_not_null().mean()).item() >= 0.95:
                mine = pl.when(pl.col("column") == column).then(form.cast(pl.String)).otherwise("value")
                said, known = said.with_columns(mine.alias("value")), known.with_columns(mine.alias("value"))
                break
    return said.drop_nulls("value"), known.drop_nulls("value")


def _typed(wide: pl.DataFrame) -> pl.DataFrame:
    numeric = [
        name
        for name in wide.columns
        if name != "id" and wide[name].cast(pl.Float64, strict=False).null_count() == wide[name].null_count()
    ]
    return wide.with_columns(pl.col(numeric).cast(pl.Float64))


ALL: dict[str, Callable[[int], World]] = {
    **WORLDS,
    **{name: lambda seed, shape=shape: shaped(seed, shape) for name, shape in SHAPES.items()},
    **{f"{name} (unseen)": lambda seed, shape=shape: shaped(seed, shape) for name, shape in UNSEEN.items()},
}
WIDTHS = {
    "majority": 9,
    **{name: max(6, len(name)) + 1 for name in BASELINES},
    "trusted": 8,
    "worst trusted": 7,
}
WIDTHS |= {"hindsight": 10, "said": 7, "declared": 9, "worst declared": 7}


def sets(folder: Path) -> dict[str, tuple[Path, Path, str, str]]:
    """Give by name the two files of each set in the folder, and its columns of sources and of entities."""
    found = {}
    for one in sorted(path for path in folder.iterdir() if path.is_dir()):
        if (one / "said.csv").exists():
            found[one.name] = (one / "said.csv", one / "truth.csv", "source", "entity")
        elif (one / "dirty.csv").exists():
            found[one.name] = (one / "dirty.csv", one / "clean.csv", "src", "flight")
    return found


def run(given: argparse.Namespace) -> None:
    """Print the table line by line, and as the last line one JSON object of the shares."""
    shares: dict[str, dict[str, float]] = {}
    names = [f"{'worst' if name.startswith('worst') else name:>{width}}" for name, width in WIDTHS.items()]
    print(f"{'cells that are right':<36}{''.join(names)}")
    files = sets(given.folder) if given.folder else {}
    if given.said:
        files[given.said.name] = (given.said, given.truth, given.source, given.entity)
    for name, (said, truth, source, entity) in files.items():
        shares[name] = compared(recorded(said, truth, source, entity, given.official))
        line(name, shares[name])
    seeds = (TUNED if given.tuned else HELD_OUT)[: given.seeds]
    for name in [] if files else given.only or ALL:
        found = [compared(ALL[name](seed)) for seed in seeds]
        shares[name] = {rule: sum(f[rule] for f in found) / len(found) for rule in found[0]} | {
            f"worst {rule}": min(f[rule] for f in found)
            for rule in ("trusted", "declared")
            if rule in found[0]
        }
        line(name, shares[name])
    limits = {"trusted": AIM, "declared": AIM_DECLARED}
    print(json.dumps({"bench": "merge trusted", "limits": limits, "shares": shares}))


def line(name: str, found: dict[str, float]) -> None:
    """Print one line of the table, and what it misses."""
    cells = [f"{found[rule]:.1%}" if rule in found else "" for rule in WIDTHS]
    text = "".join(f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS.values(), strict=True))
    aims = {"trusted": AIM, "declared": AIM_DECLARED}
    missed = [f"{rule} below {aim:.0%}" for rule, aim in aims.items() if found.get(rule, 1) < aim]
    if "trusted below 90%" in missed and found["hindsight"] < AIM:
        missed.append("as is hindsight")
    print(f"{name:<36}{text}  {', '.join(missed)}", flush=True)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this bench takes."""
    parser.add_argument("--seeds", type=int, default=2, help="worlds of each kind")
    parser.add_argument(
        "--tuned", action="store_true", help="the seeds that were looked at, not those held out"
    )
    parser.add_argument("--only", nargs="+", choices=list(ALL), help="worlds to run")
    parser.add_argument("--folder", type=Path, help="a folder of sets that others recorded")
    parser.add_argument("--said", type=Path, help="a CSV of what sources say")
    parser.add_argument("--truth", type=Path, help="a CSV of what is true")
    parser.add_argument("--source", default="source", help="the column of --said that names the source")
    parser.add_argument("--entity", default="entity", help="the column that names the entity")
    parser.add_argument(
        "--official", nargs="*", default=[], help="sources to declare as right, the first before the next"
    )
