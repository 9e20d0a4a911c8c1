"""Words that stand for other words: two that are inverted, vocabularies that were recoded."""

from __future__ import annotations

from math import log

import polars as pl

from dq.merge.chance import beyond_chance, lift
from dq.merge.compared import Compared
from dq.merge.pattern import Pattern, fits
from dq.merge.survivorship import Fix

OPPOSITE = 0.3
"""The least lift of two inverted values: where one of them is rare, errors hide much of it."""
STANDS_FOR = 0.5
"""The least lift of words that stand for others, and the least share of a word's rows in which it does."""
STANDS_FOR_NUMBERS = 0.65
"""The same of numbers, which may only go together."""
TWO = 0.75
"""Of how many rows on both sides two values must be, to be the only two but for errors."""
REPEATED = 5
"""A word that stands in fewer rows shows no rule."""


def inverted(seen: Compared) -> Pattern | None:
    """Find two values that stand for each other: opposite much more often than chance makes them so."""
    counts = seen.counts
    two = _two(counts)
    if not two:
        return None
    told = counts.filter(pl.col("x").is_in(two), pl.col("y").is_in(two))
    of, hits = int(told["n"].sum()), int(told.filter(pl.col("x") != pl.col("y"))["n"].sum())
    x, y = (int(told.filter(pl.col(side) == two[0])["n"].sum()) / max(1, of) for side in ("x", "y"))
    chance = x * (1 - y) + y * (1 - x)
    if lift(hits, of, chance) < OPPOSITE:
        return None
    if not beyond_chance(hits, of, chance, seen.log_tries):
        return None
    fix: dict[str, Fix | None] = {}
    for side in ("x", "y"):
        text = [str(value) for value in two] if counts.schema["x"] == pl.String else []
        mapped: Fix | None = {text[0]: text[1], text[1]: text[0]} if text else None
        fix[side] = "invert" if counts[side].n_unique() == 2 else mapped
    said = fits(hits, seen.height, "entities that both know")
    return Pattern(
        "inverted",
        f"the opposite of each other in {said}",
        hits / seen.height,
        to_y=fix["x"],
        to_x=fix["y"],
    )


def recoded(seen: Compared) -> Pattern | None:
    """Find two vocabularies that say the same: words of one that stand each for one word of the other."""
    if seen.rows.schema["x"].is_float():
        return None
    counts = seen.counts
    if _two(counts):
        return None
    least = STANDS_FOR_NUMBERS if counts.schema["x"].is_numeric() else STANDS_FOR
    repeated = counts.filter(pl.col("n") >= REPEATED, pl.col("x") != pl.col("y"))
    if repeated["n"].sum() < least * seen.unequal:
        return None
    words = {side: counts.group_by(side).agg(pl.col("n").sum()) for side in ("x", "y")}
    told = (
        repeated.join(words["x"], on="x", suffix=":x")
        .join(words["y"], on="y", suffix=":y")
        .sort(-pl.col("n"), "x", "y")
    )
    # A pair stands for itself where each is the other's most frequent among those that differ, and one of them mostly
    # goes with the other: two kinds that are often confused do not.
    first = [told.unique(side, keep="first", maintain_order=True) for side in ("x", "y")]
    mostly = pl.col("n") >= STANDS_FOR * pl.min_horizontal("n:x", "n:y")
    pairs = first[0].join(first[1], on=["x", "y"], how="semi").filter(mostly)
    hits = int(pairs["n"].sum())
    chance = float(pairs.select((pl.col("n:x").cast(pl.Float64) * pl.col("n:y")).sum()).item()) / seen.height
    if hits < least * seen.unequal or lift(hits - chance, seen.unequal - chance, 0.0) < least:
        return None
    tries = seen.log_tries + pairs.height * log(max(2, words["x"].height) * max(2, words["y"].height))
    if not beyond_chance(hits, seen.height, chance / seen.height, tries):
        return None
    return _recoded(seen, counts, pairs, hits)


def _recoded(seen: Compared, counts: pl.DataFrame, pairs: pl.DataFrame, hits: int) -> Pattern:
    stands = dict(pairs.select("x", "y").sort("x").iter_rows())
    text = pairs.schema["x"] == pl.String
    # A word that also means itself where both know it must not be mapped away.
    same = counts.filter(pl.col("x") == pl.col("y"), pl.col("n") >= REPEATED)["x"]
    usual = [set(counts.filter(pl.col("n") >= REPEATED)[side]) for side in ("x", "y")]
    back = {y: x for x, y in stands.items()}
    return Pattern(
        "recoded",
        f"each of {len(stands)} values stands for one other value: "
        f"{fits(hits, seen.unequal, 'differing entities')}, of {seen.height:,} that both know: "
        + ", ".join(f"{a!r} = {b!r}" for a, b in list(stands.items())[:5]),
        hits / seen.unequal,
        false_words=usual[0] == usual[1],
        to_y=stands if text and not set(stands) & set(same) else None,
        to_x=back if text and not set(back) & set(same) else None,
    )


def _two(counts: pl.DataFrame) -> list[bool | int | float | str]:
    """Give the two values that both sides have, in order, where there are no others but for errors; else none."""
    # Two values that are three quarters of both sides make four pairs that are half of all.
    if 2 * counts["n"].top_k(4).sum() < counts["n"].sum():
        return []
    usual = []
    for side in ("x", "y"):
        totals = counts.group_by(side).agg(pl.col("n").sum()).sort(-pl.col("n"), side)
        usual.append(sorted(totals[side].head(2).to_list()))
    two = usual[0]
    both = int(counts.filter(pl.col("x").is_in(two), pl.col("y").is_in(two))["n"].sum())
    return two if len(two) == 2 and two == usual[1] and both >= TWO * int(counts["n"].sum()) else []
