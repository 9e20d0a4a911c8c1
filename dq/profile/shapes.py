r"""The shapes of text: `A99` for C17, `9999-99-99` for a day; and the regular expression of a stable shape."""

from __future__ import annotations

import re

import polars as pl

SHAPES = 5
FEW = 0.95
"""Exact shapes are shown where five of them cover this share of the rows; else runs are written as `9+`."""
LONGEST = 80
COVERED = 0.97
"""A format is what this share of the rows follows; the rest looks wrong."""
COMMON = 0.02
"""A shape is part of a format where this share of the rows has it."""
MOST_PARTS = 9
ENOUGH = 20
"""A part that is the same in this many distinct values is a fixed part."""
CLASSES = {"A": "[A-Z]", "a": "[a-z]", "9": "[0-9]"}
CLASSLESS = ("[a-z]+", "[A-Z]+", "[A-Z][a-z]+", "[A-Z]+[a-z]+", "[0-9]+")
"""One word of letters is no format."""


def shape(text: pl.Expr) -> pl.Expr:
    """Give text with capital letters as `A`, small ones as `a`, digits as `9`, other letters as `字`.

    >>> pl.select(shape(pl.lit("tweets-17 Öl 书"))).item()
    'aaaaaa-99 Aa 字'
    """
    # Only the beginning tells a shape; a review's thousand letters are none.
    start = text.str.slice(0, LONGEST)
    for letters, mark in (
        (r"\p{Nd}", "9"),
        (r"\p{Lu}", "A"),
        (r"\p{Ll}", "a"),
        (r"[\p{Lo}\p{Lm}\p{Lt}]", "字"),
    ):
        start = start.str.replace_all(letters, mark)
    return start


def run_shape(text: pl.Expr) -> pl.Expr:
    """Give the shape with each run of letters or digits as one.

    >>> pl.select(run_shape(pl.lit("tweets-17"))).item()
    'a+-9+'
    """
    runs = shape(text)
    for mark in ("A", "a", "9", "字"):
        runs = runs.str.replace_all(f"{mark}+", f"{mark}+")
    return runs


def patterns(values: pl.DataFrame) -> pl.DataFrame:
    """Give `pattern` and its `share` of the rows for text `value`s with their `count`, the commonest first.

    >>> patterns(pl.DataFrame({"value": ["A34", "A40"], "count": [3, 1]})).rows()
    [('A99', 1.0)]
    """
    exact = _shares(values, shape(pl.col("value")))
    if exact.head(SHAPES)["share"].sum() >= FEW:
        return exact.head(SHAPES)
    return _shares(values, run_shape(pl.col("value"))).head(SHAPES)


def _shares(values: pl.DataFrame, pattern: pl.Expr) -> pl.DataFrame:
    return (
        values.group_by(pattern=pattern)
        .agg(share=pl.col("count").sum())
        .with_columns(pl.col("share") / pl.col("share").sum())
        .sort("share", "pattern", descending=[True, False])
    )


def stable_regex(values: pl.DataFrame) -> str | None:
    r"""Give a regular expression that the cells follow, if they follow one that is more than "some text".

    It allows what the sample could not show: longer runs, other digits. At most 3 % of the rows may break it.

    >>> stable_regex(pl.DataFrame({"value": [f"tweets-{n}" for n in range(50)], "count": [1] * 50}))
    '^tweets-[0-9]+$'
    """
    if values.is_empty():
        return None
    cells = values.with_columns(pattern=run_shape(pl.col("value")))
    common = (
        cells.group_by("pattern")
        .agg(pl.col("count").sum(), distincts=pl.len())
        .sort("count", "pattern", descending=[True, False])
        .with_columns(share=pl.col("count") / pl.col("count").sum())
        .filter(pl.col("share") >= COMMON)
    )
    if common.is_empty() or common["share"].sum() < COVERED or common.height > 3:
        return None
    if common["distincts"].min() < ENOUGH:  # type: ignore[operator]
        return None
    parts = [_regex(cells.filter(pl.col("pattern") == pattern), pattern) for pattern in common["pattern"]]
    written = [part for part in parts if part is not None]
    if len(written) < len(parts) or all(part in CLASSLESS for part in written):
        return None
    return f"^{written[0]}$" if len(written) == 1 else f"^(?:{'|'.join(written)})$"


def _regex(cells: pl.DataFrame, pattern: str) -> str | None:
    parts = re.findall(r"[Aa9字]\+|.", pattern, re.DOTALL)
    if len(parts) > MOST_PARTS or any(part == "字+" for part in parts) or " " in parts:
        return None
    if not all(part.isprintable() and part.isascii() for part in parts):
        return None
    groups = "".join(f"({CLASSES[p[0]]}+)" if len(p) > 1 else f"({_escaped(p)})" for p in parts)
    runs = cells.select(
        pl.col("value").str.extract(f"^{groups}$", number).alias(str(number))
        for number in range(1, len(parts) + 1)
    )
    if runs["1"].null_count():
        return None  # letters beyond A–Z
    return "".join(_part(runs[str(number)], part) for number, part in enumerate(parts, 1))


def _escaped(text: str) -> str:
    """Escape what a regular expression would read as more than itself; a hyphen and a slash stay."""
    return re.sub(r"([.^$*+?{}\[\]\\|()])", r"\\\1", text)


def _part(runs: pl.Series, part: str) -> str:
    if len(part) == 1:
        return _escaped(part)
    if part[0] != "9" and runs.n_unique() == 1 and len(runs) >= ENOUGH:
        return _escaped(str(runs[0]))
    lengths = runs.str.len_chars().unique()
    if len(lengths) > 1 or len(runs) < ENOUGH:
        return f"{CLASSES[part[0]]}+"
    # A run of one length may still grow: 1 to 9 is one digit until there is a tenth. Zeros in front tell.
    if part[0] == "9" and lengths[0] < 4 and not runs.str.starts_with("0").any():
        return "[0-9]+"
    return f"{CLASSES[part[0]]}{{{lengths[0]}}}" if lengths[0] > 1 else CLASSES[part[0]]
