"""Numbers and times that, where they differ, differ by one amount."""

from __future__ import annotations

from math import log

import polars as pl

from dq.merge.chance import beyond_chance, lift
from dq.merge.compared import KINDS, WHOLE, Compared
from dq.merge.pattern import Pattern, fits
from dq.merge.survivorship import Offset

MOSTLY = 0.5
"""The least share of the differing entities that one amount must explain."""
LIFT = 0.45
"""How much of what chance leaves open it must explain."""
ONE_SIDED = 0.25
"""How often the opposite amount may stand beside an amount: what only varies goes both ways."""
SHARP = 0.1
"""How often the amounts next to it may, more than by chance: what only goes together differs by about so much."""


def offset(seen: Compared) -> Pattern | None:
    """Find numbers or times that, where they differ, mostly differ by one and the same amount (days, or seconds)."""
    dtype = seen.rows.schema["x"]
    measured = dtype.is_numeric() or dtype in (pl.Date, pl.Datetime)
    if not measured or seen.rows["x"].n_unique() < KINDS:
        return None
    unit = " days" if dtype == pl.Date else " seconds" if dtype == pl.Datetime else ""
    differing = _numbers(seen.rows.filter("unequal"))
    # Rounded, since fractions are binary: 0.3 - 0.2 is 0.1 all the same.
    amounts = (
        differing.group_by(by=(pl.col("y") - pl.col("x")).round(6))
        .agg(n=pl.len().cast(pl.Int64))
        .filter(pl.col("by").is_finite(), pl.col("by") != 0)
        .sort(-pl.col("n"), "by")
    )
    if amounts.is_empty() or amounts["n"][0] < MOSTLY * seen.unequal:
        return None
    step, hits = float(amounts["by"][0]), int(amounts["n"][0])
    back = int(amounts.filter(pl.col("by") == -step)["n"].sum())
    chance = _meeting(differing, step)
    if back > ONE_SIDED * hits or lift(hits, seen.unequal, chance) < LIFT:
        return None
    if not dtype.is_float():
        beside = (step - 1, step + 1)
        by_chance = sum(_meeting(differing, by) for by in beside) * seen.unequal
        if int(amounts.filter(pl.col("by").is_in(beside))["n"].sum()) - by_chance > SHARP * hits:
            return None
    if not beyond_chance(hits, seen.unequal, chance, seen.log_tries + log(amounts.height)):
        return None
    whole = seen.height - seen.unequal <= WHOLE * hits
    return Pattern(
        "off_by_one" if abs(step) == 1 and dtype != pl.Datetime else "offset",
        f"{fits(hits, seen.unequal, f'differing entities differ by exactly {step:+g}{unit}')}; "
        f"both know {seen.height:,}",
        hits / seen.unequal,
        partly=not whole,
        to_y=Offset(step) if whole else None,
        to_x=Offset(-step) if whole else None,
    )


def _meeting(differing: pl.DataFrame, step: float) -> float:
    """Give how often two values that differ are that far apart by chance, going by how frequent each is."""
    x, y = (
        differing.group_by(v=pl.col(side).round(6)).agg(n=pl.len().cast(pl.Float64)) for side in ("x", "y")
    )
    met = [
        y.join(x.with_columns((pl.col("v") + by).round(6)), on="v").select(
            (pl.col("n") * pl.col("n_right")).sum()
        )
        for by in (step, 0.0)
    ]
    return float(met[0].item() / max(1.0, differing.height**2 - met[1].item()))


def _numbers(rows: pl.DataFrame) -> pl.DataFrame:
    sides, dtype = pl.col("x", "y"), rows.schema["x"]
    if dtype == pl.Datetime:
        return rows.select(sides.dt.epoch("us") / 1e6)
    return rows.select((sides.to_physical() if dtype == pl.Date else sides).cast(pl.Float64))
