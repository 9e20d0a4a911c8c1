"""Cells that look wrong beside the other cells of their row, or the same column in other rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from dq.profile.column import Column
from dq.profile.dependencies import Dependency, Order, dependencies
from dq.profile.keys import is_named_like_a_key
from dq.profile.reads_as import number_of

FOUND = {"row": pl.UInt32, "column": pl.String, "kind": pl.String, "proposal": pl.String, "why": pl.String}
SURE, SURE_LIFT = 0.9, 0.25
LOOSE, LOOSE_LIFT = 0.55, 0.45
LOOSEST, LOOSEST_LIFT = 0.35, 0.7
"""Many groups of many values agree by accident so seldom that a smaller majority tells, too."""
MANY = 30
PLURALITY = 2.0
"""Short of half, a value is usual that has so many times as many rows as the next."""
FEWEST_OF_A_KEY = 4
CONCENTRATED = 0.2
"""So many more of the keys than errors that are anywhere would leave have one value alone."""
NEARLY_A_KEY = 0.95
NUMBERS_IN_ORDER = 0.99
"""Two numbers hold their order by law in no fewer rows; below, one is just larger as a rule."""
MINORITY = 0.1
TOGETHER = 0.9
FEWEST_TOGETHER, MOST_TOGETHER = 10, 400


def broken_dependencies(rows: pl.DataFrame, columns: Sequence[Column]) -> pl.DataFrame:
    """Give the cells that differ from what the same key has elsewhere; of two that disagree, the one to blame.

    `rows` has `row`, the row's number, first. Where a key itself is wrong, all that it gives disagrees: the cell
    that takes part in most disagreements of its row is blamed first, and they count no more for the others.
    """
    found = dependencies(rows, columns, nearly=LOOSEST, lift=LOOSEST_LIFT)
    by_name = {column.name: column for column in columns}
    believed = [one for one in found if _is_believed(one, by_name[one.given], by_name[one.then])]
    structural = _null_together(rows, columns)
    best: dict[str, float] = {}
    for one in believed:
        best[one.then] = max(best.get(one.then, 0.0), one.agree)
    # Where a brewery gives its state, the town that gives it less surely has nothing to add; but a gap it may fill.
    broken = []
    for one in believed:
        minority = _minority(rows, one)
        if one.then in structural or not _may_fill(by_name[one.given], by_name[one.then]):
            minority = minority.filter(~pl.col("is_null"))
        if _is_ambiguous(rows, one):
            # A town's name that several states have: what returns is meant, and only a lone value is a slip.
            minority = minority.filter((pl.col("n") == 1) & (one.agree >= SURE) | pl.col("is_null"))
        sure = pl.lit(1 - one.agree <= 1.5 * (1 - best[one.then]) + 0.01)
        broken.append(minority.filter(sure | pl.col("is_null")).drop("n"))
    return _blamed(pl.concat(broken)) if broken else pl.DataFrame(schema=FOUND)


def _is_believed(one: Dependency, given: Column, then: Column) -> bool:
    if given.reading.kind == "decimal":
        return False
    if one.agree >= SURE and 1 - one.agree <= SURE_LIFT * (1 - one.by_chance):
        return True
    # Years of age give years of work in most rows, and a price is what it was last year: numbers hang together.
    if then.reading.is_number or then.values.height < MANY or given.values.height < MANY:
        return False
    loose = one.agree >= LOOSE and 1 - one.agree <= LOOSE_LIFT * (1 - one.by_chance)
    return one.by_chance <= (0.4 if loose else 0.15)


def _may_fill(given: Column, then: Column) -> bool:
    """Say whether a null is a gap that the key fills: of a few groups nothing follows for many rows."""
    return given.values.height >= MANY or then.nulls <= MINORITY * then.rows


def _null_together(rows: pl.DataFrame, columns: Sequence[Column]) -> set[str]:
    """Give the columns that are null in the same rows as two others at least: a part that was not asked, no slips."""
    some = [column for column in columns if column.nulls >= FEWEST_TOGETHER][:MOST_TOGETHER]
    null = (
        np.stack([rows[column.name].is_null().to_numpy() for column in some]).astype(np.float32)
        if some
        else None
    )
    if null is None:
        return set()
    both = null @ null.T
    alone = np.diag(both)
    alike = both >= TOGETHER * (alone[:, None] + alone[None, :] - both)
    return {column.name for column, others in zip(some, alike.sum(axis=1), strict=True) if others >= 3}


def _is_ambiguous(rows: pl.DataFrame, one: Dependency) -> bool:
    """Say whether few keys have several values that return, and all others one: no errors, which are anywhere."""
    pairs = rows.select(given=one.given, then=one.then).drop_nulls().group_by("given", "then").agg(n=pl.len())
    groups = (
        pairs.sort("n", descending=True)
        .group_by("given")
        .agg(size=pl.col("n").sum(), most=pl.col("n").max(), again=pl.col("n").filter(pl.col("n") >= 2).sum())
        .filter(pl.col("size") >= FEWEST_OF_A_KEY)
    )
    if groups.is_empty():
        return False
    size, other = int(groups["size"].sum()), int((groups["size"] - groups["most"]).sum())
    returning = int((groups["again"] - groups["most"].clip(0)).clip(0).sum())
    if returning <= 0.5 * other:
        return False
    pure = float((groups["size"] == groups["most"]).mean())  # type: ignore[arg-type]
    by_accident = float(((1 - other / size) ** groups["size"]).mean())  # type: ignore[arg-type]
    return pure > by_accident + CONCENTRATED


def _minority(rows: pl.DataFrame, one: Dependency) -> pl.DataFrame:
    """Give the rows whose value is not their group's usual one."""
    cells = rows.select("row", given=pl.col(one.given).cast(pl.String), then=pl.col(one.then).cast(pl.String))
    counted = cells.filter(pl.col("given").is_not_null()).group_by("given", "then").agg(n=pl.len())
    size = pl.col("n").filter(pl.col("then").is_not_null()).sum().over("given")
    usual = (
        counted.with_columns(size=size)
        .filter(pl.col("then").is_not_null())
        .sort("n", "then", descending=[True, False])
        .group_by("given", maintain_order=True)
        .agg(
            proposal=pl.col("then").first(),
            most=pl.col("n").first(),
            size=pl.col("size").first(),
            second=pl.col("n").get(1, null_on_oob=True),
        )
        .filter(
            (pl.col("size") >= 3)
            & (pl.col("most") >= 2)
            & (
                (pl.col("most") > 0.5 * pl.col("size"))
                | (pl.col("most") >= pl.max_horizontal(3, PLURALITY * pl.col("second")))
            )
        )
    )
    return (
        cells.join(usual, on="given")
        .filter(pl.col("then").is_null() | (pl.col("then") != pl.col("proposal")))
        .join(counted, on=["given", "then"], nulls_equal=True)
        # A value that many rows of a group share is another usage of the group, no slip.
        .filter(
            pl.col("then").is_null() | (pl.col("n") <= pl.max_horizontal(pl.lit(2), 0.5 * pl.col("most")))
        )
        .select(
            "row",
            "proposal",
            "n",
            given=pl.lit(one.given),
            then=pl.lit(one.then),
            is_null=pl.col("then").is_null(),
            why=pl.format(
                "{} of {} rows with {} = {} have {}", "most", "size", pl.lit(one.given), "given", "proposal"
            ),
        )
    )


def _blamed(broken: pl.DataFrame) -> pl.DataFrame:
    found = [pl.DataFrame(schema=FOUND)]
    left = broken.with_row_index("dependency")
    # Of two that disagree with each other alone, the column that is wrong more often.
    total = left.group_by(column="then").agg(total=pl.len())
    while left.height:
        ends = pl.concat(
            [
                left.select(
                    "row", "dependency", "proposal", "why", column="then", as_then=1, is_null="is_null"
                ),
                left.select(
                    "row",
                    "dependency",
                    pl.lit(None, pl.String).alias("proposal"),
                    "why",
                    column="given",
                    as_then=0,
                    is_null=pl.lit(value=False),
                ),
            ]
        ).with_columns(pl.col("as_then").cast(pl.Int32))
        worst = (
            ends.group_by("row", "column")
            .agg(
                pl.len().alias("n"),
                pl.col("as_then").sum(),
                pl.col("is_null").any(),
                pl.col("proposal").drop_nulls().mode().sort().first(),
                pl.col("why").first(),
            )
            .filter(pl.col("as_then") > 0)
            .join(total, on="column", how="left")
            .sort(
                "row",
                "is_null",
                "n",
                "as_then",
                "total",
                "column",
                descending=[False, True, True, True, True, False],
            )
            .unique("row", keep="first", maintain_order=True)
        )
        found.append(
            worst.select(
                "row",
                "column",
                pl.when("is_null").then(pl.lit("missing")).otherwise(pl.lit("dependency")).alias("kind"),
                "proposal",
                "why",
            ).cast(FOUND)  # type: ignore[arg-type]
        )
        done = worst.select("row", "column")
        left = left.join(done, left_on=["row", "given"], right_on=["row", "column"], how="anti")
        left = left.join(done, left_on=["row", "then"], right_on=["row", "column"], how="anti")
    return pl.concat(found)


def repeated_keys(rows: pl.DataFrame, columns: Sequence[Column]) -> pl.DataFrame:
    """Give the cells that repeat another row's value in a column that is named like a key and nearly is one.

    Where the column ascends but for them, the one that breaks the order is given; else all copies.
    """
    found = [pl.DataFrame(schema=FOUND)]
    for column in columns:
        repeats = column.known - column.values.height
        likely = is_named_like_a_key(column.name) or column.values.height >= 0.98 * column.known
        if not repeats or not likely or column.values.height < NEARLY_A_KEY * column.known:
            continue
        if column.reading.kind in {"decimal", "date", "datetime", "prose", "nested"} or column.known < 50:
            continue
        name = pl.col(column.name)
        number = number_of(column.reading, name, column.dtype)
        cells = rows.select("row", cell=name, order=name.cast(pl.String) if number is None else number)
        after = (pl.col("order") > pl.col("order").shift(1)).fill_null(value=True)
        before = (pl.col("order") < pl.col("order").shift(-1)).fill_null(value=True)
        cells = cells.with_columns(in_order=after & before, ascends=after)
        twice = cells.filter(pl.col("cell").is_duplicated() & pl.col("cell").is_not_null())
        if cells["ascends"].mean() >= NEARLY_A_KEY:  # type: ignore[operator]
            twice = twice.filter(~pl.col("in_order") | pl.col("in_order").all().over("cell"))
            # Of neighbours both look out of order: the first of a value is the one that was there before.
            first = pl.col("row") == pl.col("row").min().over("cell")
            alone = pl.len().over("cell") == 1
            twice = twice.filter(alone | ~first)
        found.append(_told(twice, column.name, "duplicate", "another row has the same key"))
    return pl.concat(found)


def out_of_order(rows: pl.DataFrame, columns: Sequence[Column], orders: Sequence[Order]) -> pl.DataFrame:
    """Give the cells of the rows in which a start is after its end, though hardly anywhere else."""
    found = [pl.DataFrame(schema=FOUND)]
    by_name = {column.name: column for column in columns}
    for one in orders:
        if one.hold == 1:
            continue
        days = by_name[one.low].days is not None
        if not days and one.hold < NUMBERS_IN_ORDER:
            continue
        low, high = (by_name[name].reckoned for name in (one.low, one.high))
        places = rows.select("row", low=low, high=high).with_columns(
            far_low=(pl.col("low").rank() / pl.count("low") - 0.5).abs(),
            far_high=(pl.col("high").rank() / pl.count("high") - 0.5).abs(),
        )
        # The one that is far out in its own column is the likelier to be wrong; of two days both are told.
        for name, mine, other in ((one.low, "far_low", "far_high"), (one.high, "far_high", "far_low")):
            blamed = pl.lit(days) | (pl.col(mine) >= pl.col(other))
            wrong = places.filter((pl.col("low") > pl.col("high")) & blamed).select("row")
            found.append(_told(wrong, name, "order", f"{one.low} is usually not above {one.high}"))
    return pl.concat(found)


def _told(rows: pl.DataFrame, column: str, kind: str, why: str) -> pl.DataFrame:
    return rows.select(
        "row", column=pl.lit(column), kind=pl.lit(kind), proposal=pl.lit(None, pl.String), why=pl.lit(why)
    ).cast(FOUND)  # type: ignore[arg-type]
