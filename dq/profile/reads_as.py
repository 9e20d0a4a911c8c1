"""What the text of a column reads as: numbers, dates in one format, yes and no, names, words, prose."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from dq.profile.missing_words import is_missing_word

NEARLY_ALL = 0.9
"""A column reads as a type where this share of its cells does; the rest look like defects."""
INTEGER = r"^[+-]?(0|[1-9][0-9]{0,17})$"
DECIMAL = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
ZEROS_IN_FRONT = r"^0[0-9]+$"
DIGITS = r"^[0-9]+$"
PAIRS = (("true", "false"), ("yes", "no"), ("t", "f"), ("y", "n"))
DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y%m%d")
TWINS = {
    one: other
    for day, month in (("%d/%m/%Y", "%m/%d/%Y"), ("%d-%m-%Y", "%m-%d-%Y"))
    for one, other in ((day, month), (month, day))
}
"""Forms that differ in which of day and month comes first; between full stops the day does."""
MOMENTS = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.fZ", "%Y-%m-%d %H:%M")
HALVES = 0.02
"""Where more cells than this share have a fraction, or one returns so often, whole numbers are decimals, too."""
RETURNS, RETURNS_SHARE = 5, 0.002
CODE = r"^[A-Za-z]*[-_./]?[0-9]+[-_./A-Za-z0-9]*$"
LONGEST_CODE = 24
PROSE_WORDS = 6.0
BEGINNING = 100
FEW = 50
"""No more distinct values than this are words, however long."""
YEARS = (1800, 2200)
LIKELY_YEARS = (1900, 2100)
"""Of whole numbers such as 19970101, which may as well be amounts."""


@dataclass(frozen=True)
class Reading:
    """What a column is: `kind` is integer, decimal, boolean, date, datetime, time, code, text, prose or nested.

    `form` is a date's or a pair of words; `share` of the known cells reads so. `twin` is the date's other form where no
    cell tells which comes first, day or month, and `unclear` the number of cells that are another date by it.
    """

    kind: str
    share: float = 1.0
    form: str | None = None
    twin: str | None = None
    unclear: int = 0

    def __str__(self) -> str:
        if self.twin:
            return f"{self.kind} {self.form} or {self.twin}"
        return f"{self.kind} {self.form}" if self.form else self.kind

    @property
    def is_number(self) -> bool:
        """Whether the cells are numbers to reckon with."""
        return self.kind in {"integer", "decimal"}


def reads_as(values: pl.DataFrame, dtype: pl.DataType) -> Reading:
    """Say what a column of `value`s with their `count` is; missing words such as `?` are left out of account.

    >>> str(reads_as(pl.DataFrame({"value": ["19970101", "19970112", "?"], "count": [5, 1, 9]}), pl.String()))
    'date %Y%m%d'
    >>> str(reads_as(pl.DataFrame({"value": ["03/04/2021", "05/06/2021"], "count": [5, 1]}), pl.String()))
    'date %d/%m/%Y or %m/%d/%Y'
    >>> str(reads_as(pl.DataFrame({"value": ["00001", "00012"], "count": [5, 1]}), pl.String()))
    'code'
    >>> str(reads_as(pl.DataFrame({"value": [19970101, 19970112], "count": [5, 1]}), pl.Int64()))
    'date %Y%m%d'
    """
    if isinstance(dtype, pl.String | pl.Categorical | pl.Enum):
        return _of_text(values)
    if dtype.is_integer():
        return _of_integers(values)
    if dtype.is_numeric():
        return Reading("decimal")
    kinds = {
        pl.Boolean: "boolean",
        pl.Date: "date",
        pl.Datetime: "datetime",
        pl.Time: "time",
        pl.Duration: "time",
    }
    return Reading(kinds.get(dtype.base_type(), "nested"))


def _of_text(values: pl.DataFrame) -> Reading:
    cells = values.filter(~is_missing_word(pl.col("value")))
    if cells.is_empty():
        return Reading("text")
    # The beginning tells: of a review's thousand letters the first hundred are enough.
    cells = cells.with_columns(text=pl.col("value").str.slice(0, BEGINNING).str.strip_chars())
    text = pl.col("text")
    tests: dict[tuple[str, str | None], pl.Expr] = {
        **{("date", form): read_date(text, form).is_not_null() for form in DAYS},
        **{("datetime", form): read_date(text, form).is_not_null() for form in MOMENTS},
        ("integer", None): text.str.contains(INTEGER),
        ("decimal", None): text.str.contains(DECIMAL),
        **{("boolean", "/".join(pair)): text.str.to_lowercase().is_in(pair) for pair in PAIRS},
        ("code", None): text.str.contains(CODE) & (text.str.len_chars() <= LONGEST_CODE),
    }
    rows = pl.col("count").sum()
    weight = pl.col("count")
    fraction = text.str.contains(DECIMAL) & ~text.str.contains(INTEGER) & ~text.str.contains(ZEROS_IN_FRONT)
    found = cells.select(
        *((weight.filter(test).sum() / rows).alias(str(i)) for i, test in enumerate(tests.values())),
        zeros=weight.filter(text.str.contains(ZEROS_IN_FRONT)).sum() / rows,
        digits=weight.filter(text.str.contains(DIGITS)).sum() / rows,
        words=((text.str.count_matches(r"\s+") + 1) * weight).sum() / rows,
        distincts=pl.len(),
        letters=(pl.col("value").str.len_bytes() * weight).sum() / rows,
        returns=(fraction & (weight >= pl.max_horizontal(RETURNS, RETURNS_SHARE * rows))).any(),
    ).row(0)
    shares, (zeros, digits, words, distincts, letters, returns) = found[:-6], found[-6:]
    decimals = shares[list(tests).index(("decimal", None))]
    for (kind, form), share in zip(tests, shares, strict=True):
        if share < NEARLY_ALL:
            continue
        if kind == "integer" and (decimals - share > HALVES or returns):
            continue  # whole numbers and 5.5: the fractions are meant
        if kind in {"integer", "decimal"} and zeros > 0.02 and digits >= NEARLY_ALL:
            continue  # 00012 is a name, not the number 12
        return (
            _in_its_order(cells, Reading(kind, share, form)) if form in TWINS else Reading(kind, share, form)
        )
    return Reading("prose" if distincts > FEW and (words >= PROSE_WORDS or letters > BEGINNING) else "text")


def _in_its_order(cells: pl.DataFrame, found: Reading) -> Reading:
    """Give a date the order of day and month by which more cells are days; say so where both read them all alike."""
    assert found.form is not None  # noqa: S101 - only called for dates
    twin, weight = TWINS[found.form], pl.col("count")
    this, that = (read_date(pl.col("text"), form) for form in (found.form, twin))
    share, other, unclear = cells.select(
        this=weight.filter(this.is_not_null()).sum() / weight.sum(),
        that=weight.filter(that.is_not_null()).sum() / weight.sum(),
        unclear=weight.filter(this != that).sum(),
    ).row(0)
    if other > share:
        return Reading(found.kind, other, twin)
    # Cells that are a date in one order only decide; where as many speak for either, nothing is decided.
    return Reading(found.kind, share, found.form, twin, int(unclear)) if other == share and unclear else found


def _of_integers(values: pl.DataFrame) -> Reading:
    as_text = pl.col("value").cast(pl.String)
    day = read_date(as_text, "%Y%m%d")
    likely = day.dt.year().is_between(*LIKELY_YEARS) & (as_text.str.len_chars() == 8)
    found = values.select(pl.col("count").filter(likely).sum() / pl.col("count").sum(), day.n_unique()).row(0)
    if values.height and found[0] >= NEARLY_ALL and found[1] > 1:
        return Reading("date", found[0], "%Y%m%d")
    return Reading("integer")


def read_date(text: pl.Expr, form: str) -> pl.Expr:
    """Give the day of each cell that is written in this form, else null."""
    if form in MOMENTS:
        day = text.str.to_datetime(form, strict=False, time_unit="us").dt.date()
    else:
        day = text.str.to_date(form, strict=False)
    # Without this 1.2.97 would be a day of the first century, and 20051 one of the year 2005.
    length = {"%Y%m%d": 8, "%Y-%m-%d": 10}.get(form)
    likely = day.dt.year().is_between(*YEARS)
    return pl.when(likely if length is None else likely & (text.str.len_chars() == length)).then(day)


def number_of(reading: Reading, cell: pl.Expr, dtype: pl.DataType) -> pl.Expr | None:
    """Give how a column's `cell` becomes a number, or null where the column has none."""
    if not reading.is_number:
        return None
    if dtype.is_numeric():
        return cell.cast(pl.Float64)
    return cell.cast(pl.String).str.strip_chars().cast(pl.Float64, strict=False)


def day_of(reading: Reading, cell: pl.Expr, dtype: pl.DataType) -> pl.Expr | None:
    """Give how a column's `cell` becomes a day, or null where the column has none."""
    if isinstance(dtype, pl.Date | pl.Datetime):
        return cell.cast(pl.Date)
    if reading.kind in {"date", "datetime"} and reading.form:
        return read_date(cell.cast(pl.String).str.strip_chars(), reading.form)
    return None
