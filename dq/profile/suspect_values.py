"""Distinct values of a column that look wrong by themselves: beside all other values of the column."""

from __future__ import annotations

import polars as pl

from dq.profile.column import Column
from dq.profile.fences import fences
from dq.profile.keys import is_label
from dq.profile.missing_words import is_perhaps_missing
from dq.profile.mixed_units import mixed_units
from dq.profile.reads_as import DECIMAL, day_of, number_of
from dq.profile.shapes import run_shape, shape
from dq.profile.slips import slips, word_slips

FOUND = {"value": pl.String, "kind": pl.String, "proposal": pl.String, "why": pl.String}
MINORITY = 0.1
"""What more cells than this share do is usage."""
REPEATS = 0.5
"""Words are compared with one another where no more than this share of the cells is distinct."""
STRUCTURED = 0.9
NUMBERED = 0.98
MOSTLY = 0.6
SPREADSHEET_DAY = (
    r"^([0-9]{1,2}-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-[0-9]{1,4})$"
)
CODED = r"^[0-9A-Z]*[0-9][-0-9A-Z]*$"
DAMAGED = "\ufffd|Ã[\u0080-\u00bf]|â€|[\u0080-\u0084\u0086-\u009f\ue000-\uf8ff]"
STRAY_MARK = r"[A-Za-z]\p{Mn}"
"""A mark that no letter of the Latin alphabet bears: all that are borne are one sign in normal form."""
WORDS = r"[\p{L}\p{M}\s.,'&()/’‘“”\"–—!?:;-]+"
NUMBER = r"([0-9]+\.?[0-9]*)"
COMMON = 0.02
SELDOM = 0.002
ENOUGH = 20
FEW = 2
WIDE = 100


def suspect_values(column: Column) -> pl.DataFrame:
    """Give `value` (as text), `kind, proposal, why` of a column's values that look wrong, one kind a value.

    Kinds, the surest first: `hidden_missing`, `format` (does not read as the column does, or has another shape),
    `variant` and `typo` (another value miswritten), `outlier`, `rare` (outside a closed vocabulary).
    """
    if column.is_opaque or column.values.is_empty():
        return pl.DataFrame(schema=FOUND)
    found = [_hidden(column), _unread(column), _spaced(column)]
    if column.is_text and column.reading.kind in {"text", "code", "boolean", "prose"}:
        if column.values.height <= REPEATS * column.known:
            found += [_miswritten(column, slips(column.values)), word_slips(column.values).select(*FOUND)]
        found += [
            _with_unit(column),
            _unit_spelled_otherwise(column),
            _taken_for_a_day(column),
            *([_misshapen(column)] if column.reading.kind != "prose" else []),
        ]
    found += [_far(column), _rare(column)]
    return pl.concat(found).unique("value", keep="first", maintain_order=True)


def _told(values: pl.DataFrame, kind: str, why: pl.Expr, proposal: pl.Expr | None = None) -> pl.DataFrame:
    return values.select(
        pl.col("value").cast(pl.String),
        pl.lit(kind).alias("kind"),
        (pl.lit(None, pl.String) if proposal is None else proposal).alias("proposal"),
        why.cast(pl.String).alias("why"),
    )


def _hidden(column: Column) -> pl.DataFrame:
    cell, lone = pl.col("value"), pl.col("count") <= max(FEW, SELDOM * column.known)
    stands = column.is_missing(cell)
    if column.is_text and column.known >= WIDE:  # `none` and `unknown` are answers where they return
        stands = stands | (is_perhaps_missing(cell.cast(pl.String)) & lone)
    missing = column.values.filter(stands)
    return _told(missing, "hidden_missing", pl.lit("stands for nothing, and for no value"))


def _unread(column: Column) -> pl.DataFrame:
    """Tell of cells that do not read as the others do."""
    cell = pl.col("value")
    number, day = number_of(column.reading, cell, column.dtype), day_of(column.reading, cell, column.dtype)
    read = number if number is not None else day
    if column.reading.kind == "boolean" and column.is_text:
        read = pl.when(
            cell.str.strip_chars().str.to_lowercase().is_in((column.reading.form or "").split("/"))
        ).then(1)
    if read is None:
        return pl.DataFrame(schema=FOUND)
    odd = read.is_null()
    if number is not None and column.is_text:
        zeros = cell.str.contains(
            r"^[+-]?0[0-9]"
        )  # another column's code: 00126 is not written by who counts
        often = int(column.values.filter(zeros)["count"].sum()) > COMMON * column.known
        odd = odd if often else odd | zeros
    unread = column.values.filter(odd & ~column.is_missing(cell))
    return _told(unread, "format", pl.lit(f"does not read as {column.reading}, as the others do"))


def _spaced(column: Column) -> pl.DataFrame:
    """Tell of stray white space, unless it is usual in the column, and of letters that were wrongly decoded."""
    if not column.is_text:
        return pl.DataFrame(schema=FOUND)
    cell = pl.col("value")
    clean = cell.str.strip_chars().str.replace_all(r"\s{2,}", " ")
    stray = column.values.filter((clean != cell) & ~column.is_missing(cell))
    if int(stray["count"].sum()) > MINORITY * column.known or column.reading.kind == "prose":
        stray = stray.clear()
    marked = column.values.filter(cell.str.normalize("NFC").str.contains(STRAY_MARK))
    broken = column.values.filter(cell.str.contains(DAMAGED))
    if int(marked["count"].sum()) <= MINORITY * column.known:
        broken = pl.concat([broken, marked]).unique("value", maintain_order=True)
    return pl.concat(
        [
            _told(stray, "variant", pl.lit("has white space too much"), clean),
            _told(broken, "format", pl.lit("was read in a wrong encoding")),
        ]
    )


def _miswritten(column: Column, slips: pl.DataFrame) -> pl.DataFrame:
    """Leave out variants where many cells have one: then both are usage."""
    variants = slips.filter(kind="variant").join(column.values, on="value")
    usage = int(variants["count"].sum()) > MINORITY * column.known
    return (slips.filter(pl.col("kind") != "variant") if usage else slips).select(*FOUND)


def _misshapen(column: Column) -> pl.DataFrame:
    """Tell of cells of another shape than nearly all others: of digits and signs exactly, else of kinds of letters."""
    cell = pl.col("value")
    values = column.values.filter(~column.is_missing(cell))
    weight = int(values["count"].sum())
    if not weight or values.height < ENOUGH:
        return pl.DataFrame(schema=FOUND)
    digits = int(values.filter(cell.str.contains(r"\p{Nd}"))["count"].sum()) / weight
    # A fixed length is a format only where each shape has one, and no row its own value: numbering grows.
    exact, runs, kinds = (shape(cell), 0.9, 2), (run_shape(cell), 0.9, 6), (_letters(cell), 0.97, 6)
    structured = [runs] if column.values.height >= NUMBERED * column.known else [exact, runs]
    for level, covered, most in structured if digits >= STRUCTURED else [kinds]:
        shaped = values.with_columns(shape=level)
        usual = (
            shaped.group_by("shape")
            .agg(pl.col("count").sum(), pl.len().alias("distincts"))
            .filter(pl.col("count") >= COMMON * weight)
            .sort("count", descending=True)
        )
        shown, distincts = int(usual["count"].sum()), int(usual["distincts"].sum())
        one_length = most > 2 or usual["shape"].str.replace_all(r"9+", "9").n_unique() == usual.height
        if not one_length or usual.height > most or shown < covered * weight or distincts < ENOUGH:
            continue
        often = pl.col("count") > max(2, SELDOM * weight)
        other = shaped.filter(~pl.col("shape").is_in(usual["shape"].to_list()) & ~often)
        return _told(
            other, "format", pl.format("is written {}; usual is {}", "shape", pl.lit(usual["shape"][0]))
        )
    return pl.DataFrame(schema=FOUND)


def _with_unit(column: Column) -> pl.DataFrame:
    """Tell of numbers with a unit or sign where most others have none: `0.05%` among `0.05`."""
    cell = pl.col("value")
    plain = column.values.filter(cell.str.contains(DECIMAL))
    signed = column.values.filter(cell.str.contains(r"^[<>~$€£]?\s?[0-9]+\.?[0-9]*\s?[%\p{L}°]{0,12}\.?$"))
    dressed = signed.join(plain, on="value", how="anti")
    # 7p in every sixth cell, beside no 7, is a class of its own.
    alone = ~cell.str.extract(NUMBER).is_in(plain["value"].to_list())
    dressed = dressed.filter(~alone | (pl.col("count") <= max(ENOUGH, COMMON * column.known)))
    others = column.known - int(plain["count"].sum()) - int(dressed["count"].sum())
    if int(plain["count"].sum()) < MOSTLY * column.known or others > MINORITY * column.known:
        return pl.DataFrame(schema=FOUND)
    return _told(
        dressed,
        "format",
        pl.lit("has a sign or unit; most others are plain numbers"),
        cell.str.extract(NUMBER),
    )


def _unit_spelled_otherwise(column: Column) -> pl.DataFrame:
    """Tell of numbers with their unit in other letters than usual."""
    other = mixed_units(column.values)
    return _told(other, "format", pl.lit("spells its unit unlike most others"), pl.col("proposal"))


def _taken_for_a_day(column: Column) -> pl.DataFrame:
    """Tell of codes and ranges that a spreadsheet took for a day: `7-Jan` for 1-7, among numbers and signs."""
    cell = pl.col("value")
    months = column.values.filter(cell.str.contains(SPREADSHEET_DAY))
    coded = column.values.filter(cell.str.contains(CODED))
    if (
        int(coded["count"].sum()) < MOSTLY * column.known
        or int(months["count"].sum()) > MINORITY * column.known
    ):
        return pl.DataFrame(schema=FOUND)
    return _told(months, "format", pl.lit("looks like a code that a spreadsheet took for a day"))


def _letters(cell: pl.Expr) -> pl.Expr:
    """Give the kinds of signs in text: words become one `w`, digits `9`, other signs stay."""
    words = (
        cell.str.slice(0, WIDE)
        .str.replace_all(r"[\p{L}\p{M}\s.,'&()/’‘“”\"–—!?:;-]+", "w")
        .str.replace_all(r"\p{Nd}+", "9")
    )
    return words.str.replace_all(r"(w9|9w)+", "w9")


def _far(column: Column) -> pl.DataFrame:
    """Tell of numbers and days far from all usual ones, and by which power of ten they would be near."""
    cell = pl.col("value")
    number = number_of(column.reading, cell, column.dtype)
    day = day_of(column.reading, cell, column.dtype)
    if number is None and day is not None:
        number = day.to_physical().cast(pl.Float64)
    if number is None or (column.reading.kind == "integer" and is_label(column.name)):
        return pl.DataFrame(schema=FOUND)
    numbers = column.values.filter(~column.is_missing(cell)).with_columns(number=number).drop_nulls("number")
    counted = numbers.group_by("number").agg(pl.col("count").sum()).sort("number")
    low, high = fences(counted)
    far = numbers.filter(~pl.col("number").is_between(low, high))
    if int(far["count"].sum()) > MINORITY * column.known or _is_another_mode(far, numbers):
        return pl.DataFrame(schema=FOUND)
    if day is not None:
        return _told(far, "outlier", pl.lit("far from all other days"))
    why = pl.format("far from the usual {} to {}", pl.lit(f"{low:g}"), pl.lit(f"{high:g}"))
    return _told(far, "outlier", why, _other_unit(counted, low, high))


def _is_another_mode(far: pl.DataFrame, numbers: pl.DataFrame) -> bool:
    """Say whether what is far lies together, as a newer range of numbers does; errors are scattered."""
    if int(far["count"].sum()) < max(10, 0.01 * int(numbers["count"].sum())):
        return False
    spread = (pl.col("number").quantile(0.9) / pl.col("number").quantile(0.1)).log()
    ours, every = far.select(spread).item(), numbers.select(spread).item()
    return ours is not None and every is not None and bool(0 <= ours <= 0.3 * every)


def _other_unit(numbers: pl.DataFrame, low: float, high: float) -> pl.Expr:
    """Give the number divided or multiplied by the least power of ten that brings it near the middle."""
    usual = numbers.filter(pl.col("number").is_between(low, high))
    below, above = usual["number"].quantile(0.1), usual["number"].quantile(0.9)
    proposals = [
        pl.when((pl.col("number") * factor).is_between(below, above)).then(pl.col("number") * factor)
        for factor in (0.1, 10.0, 0.01, 100.0, 0.001, 1000.0)
    ]
    return pl.coalesce(proposals).round(6).cast(pl.String)


def _rare(column: Column) -> pl.DataFrame:
    """Tell of values that a column of few words, each there often, holds once or twice."""
    values = column.vocabulary
    if values is None or column.known < 100:
        return pl.DataFrame(schema=FOUND)
    seldom = max(1, int(SELDOM * column.known))
    often = values.filter(pl.col("count") >= max(10, 0.01 * column.known))
    rare = values.filter(pl.col("count") <= seldom)
    middle = values.height - often.height - rare.height
    if often.height < 2 or middle > 0.1 * often.height or int(rare["count"].sum()) > 0.03 * column.known:
        return pl.DataFrame(schema=FOUND)
    return _told(rare, "rare", pl.lit(f"not one of the {often.height} usual values"))
