"""How the sources of rated texts name one text: collection and number."""

from __future__ import annotations

import polars as pl

COLLECTIONS = {
    "tweets": "tweets",
    "amazonReviewSnippets": "amazon",
    "movieReviewSnippets": "movies",
    "nytEditorialSnippets": "nyt",
}


def text_id(file: str, number: str) -> pl.Expr:
    """Give `tweets-17` for number 17 of a file named `…tweets_…`; a byte order mark left in the number goes."""
    collection = (
        pl.col(file).str.extract(rf"({'|'.join(COLLECTIONS)})_").replace_strict(COLLECTIONS, default=None)
    )
    return pl.format("{}-{}", collection, pl.col(number).str.strip_chars("\ufeff ")).alias("text_id")
