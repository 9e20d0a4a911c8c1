"""Cells of a row that changed places: each would be far likelier in the other's column."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from dq.profile.column import Column

FOUND = {"row": pl.UInt32, "column": pl.String, "kind": pl.String, "proposal": pl.String, "why": pl.String}
SWAPPED = 8.0
"""Natural logarithm of how much likelier two cells are the other way round."""
NEARLY_SWAPPED = 4.0
BETWEEN = 0.5
MOST_SWAPPED = 0.1
AGAIN, MANY_TIMES, NEARLY_ALL = 3, 10, 0.95
SHUFFLES, LIFTED = 5, 4.0
MOST_NUMBERS = 15
FEWEST_NUMBERS = 8
STEPS = 0.9
BINS = 30

Floats = npt.NDArray[np.float64]


def swapped(rows: pl.DataFrame, columns: Sequence[Column]) -> pl.DataFrame:
    """Give pairs of cells of a row that would be far likelier the other way round, each the other's proposal."""
    found = [pl.DataFrame(schema=FOUND)]
    numeric = [
        c for c in columns if c.reading.is_number and _used(c) >= FEWEST_NUMBERS and not c.is_numbering
    ]
    cells = {
        c.name: rows.select(c.reckoned).to_series().cast(pl.Float64).to_numpy()
        for c in numeric[:MOST_NUMBERS]
    }
    whole = {c.name for c in numeric if c.reading.kind == "integer"}
    found += [
        _pair(rows, a, b, _likelier_swapped(cells[a], cells[b], whole=(a in whole, b in whole)))
        for a, b in itertools.combinations(cells, 2)
    ]
    words = [c for c in columns if c.is_text and c.vocabulary is not None]
    usual = {
        c.name: c.values.filter(pl.col("count") >= max(3, 0.01 * c.known))["value"].to_list() for c in words
    }
    found += [
        _pair(rows, a, b, rows.select(_crossed(a, b, usual)).to_series().to_numpy())
        for a, b in itertools.combinations(usual, 2)
    ]
    texts = [c for c in columns if c.is_text and c.reading.kind in {"text", "code"}][:MOST_NUMBERS]
    found += [
        _pair(rows, whole.name, part.name, rows.select(_strays(whole, part)).to_series().to_numpy())
        for whole, part in itertools.permutations(texts, 2)
        if _returns(part)
    ]
    return pl.concat(found).unique(["row", "column"], keep="first", maintain_order=True)


def _returns(column: Column) -> bool:
    """Say whether nearly all cells hold a value that others hold too."""
    again = column.values.filter(pl.col("count") >= AGAIN)
    return bool(again["count"].sum() >= NEARLY_ALL * column.known)


def _strays(whole: Column, part: Column) -> pl.Expr:
    """Say whether a cell of `whole` holds what is usual in `part`, and that of `part` what no other there does.

    `whole` may have names that hardly return, which have no vocabulary.
    """
    counts = whole.values.rename({"count": "here"}).join(part.values, on="value", how="inner")
    stray = counts.filter(pl.col("count") >= pl.max_horizontal(AGAIN, MANY_TIMES * pl.col("here")))[
        "value"
    ].to_list()
    lone = part.values.filter(pl.col("count") < AGAIN)["value"].to_list()
    other = pl.col(part.name).cast(pl.String)
    return (pl.col(whole.name).cast(pl.String).is_in(stray) & other.is_in(lone)).fill_null(value=False)


def _used(column: Column) -> int:
    """Count the numbers in use: where most return, those that do not are no part of a scale of five."""
    again = column.values.filter(pl.col("count") >= max(2, 0.002 * column.known))
    returns = int(again["count"].sum()) >= STEPS * column.known
    return again.height if returns else column.values.height


def _crossed(a: str, b: str, usual: Mapping[str, list[str]]) -> pl.Expr:
    """Say whether each of two cells is a word that only the other column uses."""
    ours, theirs = pl.col(a).cast(pl.String), pl.col(b).cast(pl.String)
    here = ~ours.is_in(usual[a]) & ours.is_in(usual[b])
    return (here & ~theirs.is_in(usual[b]) & theirs.is_in(usual[a])).fill_null(value=False)


def _pair(rows: pl.DataFrame, a: str, b: str, where: npt.NDArray[np.bool_]) -> pl.DataFrame:
    both = rows.select("row", a, b).filter(pl.Series(where))
    return pl.concat(
        both.select(
            "row",
            column=pl.lit(one),
            kind=pl.lit("swapped"),
            proposal=pl.col(other).cast(pl.String),
            why=pl.lit(f"usual for {other}, and {other} holds what is usual here"),
        ).cast(FOUND)  # type: ignore[arg-type]
        for one, other in ((a, b), (b, a))
    )


def _likelier_swapped(a: Floats, b: Floats, *, whole: tuple[bool, bool]) -> npt.NDArray[np.bool_]:
    known = np.isfinite(a) & np.isfinite(b)
    if known.sum() < 50:
        return np.zeros(a.size, dtype=bool)
    here, there = _log_density(a, b) - _log_density(b, b), _log_density(b, a) - _log_density(a, a)
    could = (known & _usual(a, b, whole=whole[0]), known & _usual(b, a, whole=whole[1]))
    likelier = np.where(could[0] & could[1], here + there, -np.inf)
    found: npt.NDArray[np.bool_] = likelier > SWAPPED
    # Where the long tails of two columns meet there is every shade between, and as many with the rows of one shuffled.
    between = ((likelier > NEARLY_SWAPPED) & ~found).sum()
    chance = np.random.default_rng(0)
    orders = [chance.permutation(a.size) for _ in range(SHUFFLES)]
    by_chance = np.mean([(could[0] & could[1][o] & (here + there[o] > SWAPPED)).sum() for o in orders])
    errors = (
        between <= BETWEEN * found.sum() and LIFTED * by_chance <= found.sum() <= MOST_SWAPPED * known.sum()
    )
    return found if errors else np.zeros(a.size, dtype=bool)


def _usual(of: Floats, at: Floats, *, whole: bool) -> npt.NDArray[np.bool_]:
    """Say whether `at` could stand in the column `of`: neither far out nor broken where that is whole."""
    low, high = np.nanquantile(of, [0.01, 0.99])
    inside: npt.NDArray[np.bool_] = (at >= low) & (at <= high)
    return inside & (np.mod(at, 1) == 0) if whole else inside


def _log_density(of: Floats, at: Floats) -> Floats:
    """Give the logarithm of how dense the middle of `of` is at each `at`: a histogram with thin tails."""
    inside = of[np.isfinite(of)]
    low, high = np.quantile(inside, [0.02, 0.98])
    width = (high - low) / BINS or 1.0
    edges = np.linspace(low - 4 * width, high + 4 * width, BINS + 9)
    heights, _ = np.histogram(inside, bins=edges)
    smooth = np.convolve(heights, np.ones(3) / 3, mode="same") + 0.3
    place = np.floor((at - edges[0]) / width)
    outside = ~((place >= 0) & (place < heights.size))
    dense = smooth[np.clip(np.nan_to_num(place), 0, heights.size - 1).astype(int)]
    return np.log(np.where(outside, 0.01, dense) / (inside.size * width))
