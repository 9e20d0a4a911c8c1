"""Values that are another value, miswritten: a typo, another case, a stray space. Seen in the value counts alone."""

from __future__ import annotations

import numpy as np
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA

SLIPS = {"value": pl.String, "kind": pl.String, "proposal": pl.String, "why": pl.String}
MOST_RARE = 5_000
MOST_COMMON = 2_000
LONGEST = 120
OFTEN = 3
"""A value is common that occurs so often, and so many times as often as the slip."""
RARE = 0.01
"""And a slip is in no more than this share of the cells."""
SHORT = 4
LONG = 8
SHORT_OFTEN = 20


def slips(values: pl.DataFrame) -> pl.DataFrame:
    """Give `value, kind, proposal, why` of the text `value`s (with their `count`) that look miswritten.

    A value is a variant where only case, white space or a full stop at its end tell it from a commoner one, and a
    typo where one letter (two of eight or more) does; text may differ by digits and signs.

    >>> found = slips(pl.DataFrame({"value": ["heart failure", "heart failxre", "Heart failure "],
    ...                             "count": [40, 1, 2]}))
    >>> found.select("value", "kind", "proposal").sort("kind").rows()
    [('heart failxre', 'typo', 'heart failure'), ('Heart failure ', 'variant', 'heart failure')]
    """
    if values.is_empty():
        return pl.DataFrame(schema=SLIPS)
    variants = _variants(values)
    rest = values.filter(~pl.col("value").is_in(variants["value"].to_list()))
    return pl.concat([variants, _typos(rest)])


def normal(text: pl.Expr) -> pl.Expr:
    """Give text in small letters, without white space around it or doubled, and without a full stop at its end."""
    return text.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars(" .,;")


def _variants(values: pl.DataFrame) -> pl.DataFrame:
    grouped = values.with_columns(normal=normal(pl.col("value"))).filter(pl.col("normal") != "")
    best = (
        grouped.sort("count", "value", descending=[True, False])
        .group_by("normal", maintain_order=True)
        .agg(proposal=pl.col("value").first(), often=pl.col("count").first())
    )
    spaced = pl.col("value").str.strip_chars() == pl.col("proposal")
    rarer = (pl.col("count") * 2 <= pl.col("often")) | (spaced & (pl.col("count") <= pl.col("often")))
    return (
        grouped.join(best, on="normal")
        .filter((pl.col("value") != pl.col("proposal")) & rarer)
        .select(
            "value",
            pl.lit("variant").alias("kind"),
            "proposal",
            pl.format("written {} in {} cells", "proposal", "often").alias("why"),
        )
    )


def _typos(values: pl.DataFrame) -> pl.DataFrame:
    short = values.filter(pl.col("value").str.len_chars() <= LONGEST)
    common = short.filter(pl.col("count") >= OFTEN).head(MOST_COMMON)
    if common.is_empty():
        return pl.DataFrame(schema=SLIPS)
    seldom = max(OFTEN, RARE * int(values["count"].sum()))
    rare = short.filter(
        (pl.col("count") <= seldom) & (pl.col("count") * OFTEN <= common["count"].max())
    ).tail(MOST_RARE)
    right, wrong = common["value"].to_list(), rare["value"].to_list()
    if not wrong:
        return pl.DataFrame(schema=SLIPS)
    away = process.cdist(wrong, right, scorer=OSA.distance, score_cutoff=2, dtype=np.uint8)
    row, column = np.nonzero((away > 0) & (away <= 2))
    near = pl.DataFrame(
        {
            "value": rare["value"].gather(row),
            "count": rare["count"].gather(row),
            "proposal": common["value"].gather(column),
            "often": common["count"].gather(column),
            "away": away[row, column].astype(np.int64),
        }
    )
    length = pl.min_horizontal(pl.col("value").str.len_chars(), pl.col("proposal").str.len_chars())
    letters = r"[^\p{L}]"
    same_letters = pl.col("value").str.replace_all(letters, "") == pl.col("proposal").str.replace_all(
        letters, ""
    )
    few_values = values.filter(pl.col("count") >= OFTEN).height <= 60
    enough = (
        pl.when(length >= LONG)
        .then(pl.col("often") >= OFTEN * pl.col("count"))
        .when(length >= SHORT)
        .then((pl.col("away") == 1) & (pl.col("often") >= 2 * OFTEN * pl.col("count")))
        .otherwise(
            (pl.col("away") == 1)
            & (length >= 2)
            & (pl.col("often") >= SHORT_OFTEN * pl.col("count"))
            & few_values
        )
    )
    return (
        near.filter(enough & ~same_letters)
        .sort("away", "often", descending=[False, True])
        .unique("value", keep="first", maintain_order=True)
        .select(
            "value",
            pl.lit("typo").alias("kind"),
            "proposal",
            pl.format("{} letter(s) from {}, which {} cells hold", "away", "proposal", "often").alias("why"),
        )
    )
