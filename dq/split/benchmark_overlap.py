"""What a training set has in common with a benchmark: whoever trains on the questions cannot be examined by them."""

from __future__ import annotations

import polars as pl

from dq.clean.normal_text import normal_text
from dq.errors import SchemaError

WORDS = 13
"""So many words in a row are no chance: the measure that the makers of large language models use."""
OVERLAP: dict[str, type[pl.DataType]] = {
    "kind": pl.String,
    "shared": pl.String,
    "entity": pl.String,
    "benchmark_row": pl.Int64,
}
WORD = r"\p{Han}|[^\s\p{Han}]+"


def benchmark_overlap(
    frame: pl.DataFrame,
    entity: str,
    benchmark: pl.DataFrame,
    *,
    text: str | None = None,
    key: str | None = None,
    words: int = WORDS,
) -> pl.DataFrame:
    """Give the pairs of a row of `frame` and a row of `benchmark` that have a key or `words` words in a row in common.

    `key` and `text` name columns that both frames have. Texts are compared in their normal form (case, punctuation and
    white space aside), a Chinese character counting as a word; texts shorter than `words` are compared as a whole.
    Columns: `kind` (key or text), `shared` (the key, or the first common words), `entity` (as text), `benchmark_row`
    (from 0); one row per pair and kind, sorted. No rows: nothing is in common. Nulls have nothing in common.

    >>> rows = pl.DataFrame({"id": ["a", "b"], "t": ["It was the best of times", "It was fine"]})
    >>> asked = pl.DataFrame({"t": ["he said: it was the BEST of times, and left"]})
    >>> benchmark_overlap(rows, "id", asked, text="t", words=5).rows()
    [('text', 'it was the best of', 'a', 0)]

    Raises:
        SchemaError: where a column is missing, or neither text nor key is named.

    """
    named = [name for name in (text, key) if name]
    missing = [name for name in (entity, *named) if name not in frame.columns]
    missing += [f"{name} (benchmark)" for name in named if name not in benchmark.columns]
    if missing or not named:
        raise SchemaError(
            f"no column {', '.join(missing)}" if missing else "neither a text nor a key to compare by",
            hint=f"the frame has {', '.join(frame.columns)}; the benchmark {', '.join(benchmark.columns)}",
        )
    own = frame.lazy().with_columns(pl.col(entity).cast(pl.String).alias("entity"))
    theirs = benchmark.lazy().with_row_index("benchmark_row")
    found = []
    if key:
        found.append(_in_common(_keys(own, key, "entity"), _keys(theirs, key, "benchmark_row"), "key"))
    if text:
        asked = _grams(theirs, text, "benchmark_row", words).collect()
        # Hashes tell which rows can have anything in common; only their words are laid out.
        hashes = asked["shared"].hash().unique().implode()
        mine = _grams(own, text, "entity", words).filter(pl.col("shared").hash().is_in(hashes))
        found.append(_in_common(mine, asked.lazy(), "text"))
    return pl.concat([pl.LazyFrame(schema=OVERLAP), *found]).sort(list(OVERLAP)).collect(engine="streaming")


def _keys(frame: pl.LazyFrame, key: str, name: str) -> pl.LazyFrame:
    return frame.select(name, pl.col(key).cast(pl.String).alias("shared")).drop_nulls()


def _grams(frame: pl.LazyFrame, text: str, name: str, words: int) -> pl.LazyFrame:
    """Give every run of `words` words of every text; of a shorter text all its words."""
    tokens = (
        frame.select(name, normal_text(text).str.extract_all(WORD).alias("tokens"))
        .drop_nulls()
        .filter(pl.col("tokens").list.len() > 0)
    )
    starts = pl.int_ranges(0, pl.max_horizontal(pl.col("tokens").list.len().cast(pl.Int64) - words, 0) + 1)
    return (
        tokens.with_columns(at=starts)
        .explode("at")
        .select(
            name,
            pl.col("tokens").list.slice(pl.col("at"), words).list.join(" ").alias("shared"),
            short=pl.col("tokens").list.len() < words,
        )
        .select(name, pl.when("short").then(pl.format("{} .", "shared")).otherwise("shared").alias("shared"))
    )


def _in_common(own: pl.LazyFrame, theirs: pl.LazyFrame, kind: str) -> pl.LazyFrame:
    return (
        own.join(theirs, on="shared")
        .group_by("entity", "benchmark_row")
        .agg(pl.col("shared").min())
        .select(
            pl.lit(kind).alias("kind"),
            pl.col("shared").str.strip_suffix(" ."),
            "entity",
            pl.col("benchmark_row").cast(pl.Int64),
        )
    )
