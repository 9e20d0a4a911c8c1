"""Two long lists of people, made column by column: the second has half of the first again, written with errors."""

from __future__ import annotations

import numpy as np
import polars as pl

SYLLABLES = np.array(
    ["ba", "ri", "to", "ne", "ku", "sol", "ver", "mi", "dan", "os", "la", "pe", "ga", "shi"],
    dtype=object,
)
LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"), dtype=object)


def people(seed: int, n: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give two lists of `n` people with `who`, name, address, town and date of birth."""
    rng = np.random.default_rng(seed)
    total = n + n // 2
    firsts, lasts, streets, towns = (
        _words(rng, k, parts) for k, parts in ((200, 2), (40_000, 4), (8_000, 3), (2_000, 3))
    )
    street = _picked(rng, streets, total)
    known = pl.DataFrame(
        {
            "who": np.arange(total),
            "name": (_picked(rng, firsts, total) + " " + _picked(rng, lasts, total)).tolist(),
            "address": (street + " " + rng.integers(1, 200, total).astype(str).astype(object)).tolist(),
            "town": _picked(rng, towns, total).tolist(),
            "born": rng.integers(-11_000, 13_000, total).astype("datetime64[D]"),
        }
    )
    again = known.tail(n)
    errors = {c: _mistyped(rng, again[c]) for c in ("name", "address", "town")}
    moved = pl.Series(rng.random(n) < 0.1)
    again = again.with_columns(
        errors["name"],
        pl.when(moved)
        .then(pl.Series(rng.permutation(again["address"].to_numpy())))
        .otherwise(errors["address"])
        .alias("address"),
        pl.when(pl.Series(rng.random(n) < 0.05)).then(None).otherwise(errors["town"]).alias("town"),
        pl.when(pl.Series(rng.random(n) < 0.05)).then(None).otherwise("born").alias("born"),
    )
    return _rows(known.head(n), "a", rng), _rows(again, "b", rng)


def _picked(rng: np.random.Generator, words: np.ndarray, n: int) -> np.ndarray:
    """Draw words, the first of them often and the last seldom, as names are."""
    return words[(len(words) * rng.random(n) ** 2).astype(np.int64)]


def _words(rng: np.random.Generator, n: int, parts: int) -> np.ndarray:
    return np.unique(rng.choice(SYLLABLES, (n, parts)).sum(axis=1).astype(str)).astype(object)


def _mistyped(rng: np.random.Generator, column: pl.Series) -> pl.Series:
    """Give the column with one letter lost, added or exchanged in a fifth of its values."""
    n = len(column)
    at = pl.Series((rng.random(n) * (column.str.len_chars().to_numpy() - 1)).astype(np.int64))
    told = pl.DataFrame(
        {"t": column, "at": at, "l": rng.choice(LETTERS, n).tolist(), "k": rng.integers(0, 15, n)}
    )
    before, after = pl.col("t").str.slice(0, pl.col("at")), pl.col("t").str.slice(pl.col("at") + 1)
    return told.select(
        pl.when(pl.col("k") == 0)
        .then(before + after)
        .when(pl.col("k") == 1)
        .then(before + pl.col("l") + pl.col("t").str.slice(pl.col("at")))
        .when(pl.col("k") == 2)
        .then(before + pl.col("l") + after)
        .otherwise("t")
        .alias(column.name)
    ).to_series()


def _rows(frame: pl.DataFrame, source: str, rng: np.random.Generator) -> pl.DataFrame:
    shuffled = frame[rng.permutation(frame.height)]
    return shuffled.with_row_index("_row", offset=1).with_columns(
        pl.col("_row").cast(pl.Int64), _landing_id=pl.lit(source)
    )
