"""Values that are another value, miswritten: a typo, another case, a stray space. Seen in the value counts alone."""

from __future__ import annotations

import numpy as np
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA

from dq.profile.shapes import run_shape

SLIPS = {"value": pl.String, "kind": pl.String, "proposal": pl.String, "why": pl.String}
MOST_RARE = 5_000
MOST_COMMON = 2_000
MOST_TEXTS = 20_000
WORD_OFTEN = 20
FEW_TEXTS = 5
LONGEST = 400
OFTEN = 3
"""A value is common that occurs so often, and so many times as often as the slip."""
RARE = 0.02
"""And a slip is in no more than this share of the cells."""
SHORT = 4
LONG = 8
SHORT_OFTEN = 20
TWO_OFTEN = 10
"""Two letters apart are many names; a slip of two is believed beside a value so many times as common."""
CUT_OFTEN, CUT_SHORTEST = 20, 3
"""Alex is a name beside Alexander, and Premi none beside twenty times as many Premium."""
FEW_SHORT = 12
"""Of more words than this of two or three letters many are one letter apart."""


def slips(values: pl.DataFrame) -> pl.DataFrame:
    """Give `value, kind, proposal, why` of the text `value`s (with their `count`) that look miswritten.

    A value is a variant where only case, white space or a full stop at its end tell it from a commoner one, and a
    typo where one letter (two of eight or more) does, or where it is a common one's beginning; text may differ by
    digits and signs.

    >>> found = slips(pl.DataFrame({"value": ["heart failure", "heart failxre", "Heart failure "],
    ...                             "count": [40, 1, 2]}))
    >>> found.select("value", "kind", "proposal").sort("kind").rows()
    [('heart failxre', 'typo', 'heart failure'), ('Heart failure ', 'variant', 'heart failure')]
    """
    if values.is_empty():
        return pl.DataFrame(schema=SLIPS)
    variants = _variants(values)
    rest = values.filter(~pl.col("value").is_in(variants["value"].to_list()))
    found = pl.concat([variants, _cut(rest), _typos(rest)])
    return found.unique("value", keep="first", maintain_order=True)


def word_slips(values: pl.DataFrame) -> pl.DataFrame:
    """Give `value, kind, proposal, why` of the texts in which a word is written as in hardly any other.

    A word is a slip where it is in five of the texts or fewer, and one letter (two of eight or more) from a word that
    is in twenty times as many cells; an s or an e more or less at its end is none.

    >>> texts = [f"{n} patients" for n in range(30)] + ["7 paxienxs"]
    >>> word_slips(pl.DataFrame({"value": texts, "count": [1] * 31})).rows()[0][:3]
    ('7 paxienxs', 'typo', '7 patients')
    """
    short = values.filter(pl.col("value").str.len_chars() <= LONGEST).head(MOST_TEXTS)
    words = (
        short.select("value", "count", word=pl.col("value").str.extract_all(r"\p{L}+"))
        .explode("word")
        .drop_nulls()
    )
    counted = words.group_by("word").agg(pl.col("count").sum(), texts=pl.col("value").n_unique())
    rare = counted.filter((pl.col("texts") <= FEW_TEXTS) & (pl.col("word").str.len_chars() >= SHORT + 1))
    usual = counted.filter(pl.col("count") >= WORD_OFTEN)
    if rare.is_empty() or usual.is_empty() or rare.height > 0.5 * counted.height + FEW_SHORT:
        return pl.DataFrame(schema=SLIPS)
    listed = pl.concat([usual, rare]).unique("word").select("count", value="word")
    found = _typos(listed.sort("count", "value", descending=[True, False]), WORD_OFTEN)
    ending = r"(s|e|es|ed|d)$"
    stem, other = (pl.col(name).str.replace(ending, "") for name in ("value", "proposal"))
    found = found.filter(pl.col("value").is_in(rare["word"].to_list()) & (stem != other))
    if found.is_empty():
        return found
    wrong = words.join(found.rename({"value": "word"}), on="word").unique(
        "value", keep="first", maintain_order=True
    )
    mended = pl.col("value").str.replace_many(found["value"].to_list(), found["proposal"].to_list())
    return wrong.select("value", "kind", mended.alias("proposal"), "why")


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


def _cut(values: pl.DataFrame) -> pl.DataFrame:
    """Give the values that a common one begins with and that end within one of its words: `Menom` for Menomonie."""
    letters = values.filter(pl.col("value").str.contains(r"^[\p{L}\p{M}\s.,'/&()-]+$"))
    common = letters.filter(pl.col("count") >= CUT_OFTEN).head(MOST_COMMON)
    starts = (
        common.select(whole="value", often="count", size=pl.col("value").str.len_chars())
        .with_columns(size=pl.int_ranges(CUT_SHORTEST, "size"))
        .explode("size")
        .drop_nulls("size")
        .with_columns(value=pl.col("whole").str.slice(0, "size"), next=pl.col("whole").str.slice("size", 1))
    )
    return (
        letters.join(starts, on="value")
        .filter(pl.col("value").str.contains(r"\p{L}$") & pl.col("next").str.contains(r"\p{L}"))
        .filter(pl.col("often") >= CUT_OFTEN * pl.col("count"))
        .sort("often", "whole", descending=[True, False])
        .unique("value", keep="first", maintain_order=True)
        .select(
            "value",
            pl.lit("typo").alias("kind"),
            pl.col("whole").alias("proposal"),
            pl.format("the beginning of {}, which {} cells hold", "whole", "often").alias("why"),
        )
    )


def _typos(values: pl.DataFrame, often: int = OFTEN) -> pl.DataFrame:
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
    few_values = values.filter(pl.col("count") >= OFTEN).height <= FEW_SHORT
    enough = (
        pl.when((length >= LONG) & (pl.col("away") == 1))
        .then(pl.col("often") >= often * pl.col("count"))
        .when(length >= LONG)
        .then((pl.col("often") >= TWO_OFTEN) & (pl.col("often") >= TWO_OFTEN * pl.col("count")))
        .when(length >= SHORT)
        .then((pl.col("away") == 1) & (pl.col("often") >= 2 * often * pl.col("count")))
        .otherwise(
            (pl.col("away") == 1)
            & (length >= 2)
            & (pl.col("often") >= SHORT_OFTEN * pl.col("count"))
            & few_values
        )
    )
    # 2:20 p.m. is another time than 2:20 a.m.: beside digits only what changes the shape is a slip.
    coded = pl.col("value").str.contains(r"\p{Nd}") & (
        run_shape(pl.col("value")) == run_shape(pl.col("proposal"))
    )
    return (
        near.filter(enough & ~same_letters & ~coded)
        .sort("away", "often", descending=[False, True])
        .unique("value", keep="first", maintain_order=True)
        .select(
            "value",
            pl.lit("typo").alias("kind"),
            "proposal",
            pl.format("{} letter(s) from {}, which {} cells hold", "away", "proposal", "often").alias("why"),
        )
    )
