"""One unit, spelled in several ways beside the numbers of a column: `12 oz` among `12 oz.` and `12 ounces`."""

from __future__ import annotations

import polars as pl

UNITS = (
    ("oz", "ounce", "ounces"),
    ("lb", "lbs", "pound", "pounds"),
    ("kg", "kgs", "kilo", "kilos", "kilogram", "kilograms"),
    ("g", "gr", "gm", "gram", "grams"),
    ("mg", "milligram", "milligrams"),
    ("l", "ltr", "liter", "liters", "litre", "litres"),
    ("ml", "milliliter", "milliliters", "millilitre", "millilitres"),
    ("gal", "gallon", "gallons"),
    ("in", "inch", "inches", '"'),
    ("ft", "foot", "feet", "'"),
    ("mi", "mile", "miles"),
    ("m", "meter", "meters", "metre", "metres"),
    ("km", "kilometer", "kilometers", "kilometre", "kilometres"),
    ("cm", "centimeter", "centimeters", "centimetre", "centimetres"),
    ("s", "sec", "secs", "second", "seconds"),
    ("min", "mins", "minute", "minutes"),
    ("h", "hr", "hrs", "hour", "hours"),
    ("d", "day", "days"),
    ("y", "yr", "yrs", "year", "years"),
    ("%", "percent", "per cent", "pct"),
)
MEASURED = r"^[+-]?[0-9][0-9.,]*\s*([\p{L}%\"'][^0-9]{0,30})$"
NEARLY_ALL = 0.9
USUAL = 0.2
"""The usual spelling is in so many of the cells; what is usual nowhere is no unit."""


def mixed_units(values: pl.DataFrame) -> pl.DataFrame:
    """Give `value` and `proposal` of text `value`s (with their `count`) whose unit is spelled unlike the usual.

    Only where nearly all cells are numbers with a unit. The same unit by another word, case or stop is told, and the
    unit with words behind it; another unit (`3 kg` among `5 lb`) is not, since both may be meant.

    >>> cans = pl.DataFrame({"value": ["12 oz.", "16 oz.", "12 ounces", "12 oz. can"], "count": [50, 20, 9, 3]})
    >>> mixed_units(cans).rows()
    [('12 ounces', '12 oz.'), ('12 oz. can', '12 oz.')]
    """
    told = values.with_columns(unit=pl.col("value").str.extract(MEASURED).str.strip_chars()).drop_nulls(
        "unit"
    )
    known, measured = int(values["count"].sum()), int(told["count"].sum())
    if not known or measured < NEARLY_ALL * known:
        return pl.DataFrame(schema={"value": pl.String, "proposal": pl.String})
    spelled = told.group_by("unit").agg(pl.col("count").sum()).sort("count", "unit", descending=[True, False])
    usual = str(spelled["unit"][0])
    if spelled.height == 1 or spelled["count"][0] < USUAL * measured:
        return pl.DataFrame(schema={"value": pl.String, "proposal": pl.String})
    plain = pl.col("unit").str.to_lowercase().str.replace_all(r"[.\s]+", " ").str.strip_chars()
    first = plain.str.extract(r"^(\S+)")
    names = {word: group[0] for group in UNITS for word in group}
    ours = usual.lower().replace(".", "").strip()
    same = first.replace(names) == names.get(ours, ours)
    number = pl.col("value").str.extract(r"^([+-]?[0-9][0-9.,]*)")
    blank = pl.lit(" " if _spaced(told, usual) else "")
    return told.filter((pl.col("unit") != usual) & same).select(
        "value", proposal=pl.concat_str(number, blank, pl.lit(usual))
    )


def _spaced(told: pl.DataFrame, usual: str) -> bool:
    written = told.filter(pl.col("unit") == usual)["value"]
    return 2 * int(written.str.contains(r"[0-9.]\s").sum()) > written.len()
