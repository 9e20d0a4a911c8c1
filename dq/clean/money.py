"""Amounts of money with their currency: `€ 12.50`, `USD 1,234.00`, `(3.00) GBP`."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from dq.clean.iso_lists import SYMBOLS, currencies
from dq.clean.marks import append, mark, with_ledgers
from dq.clean.numbers import Mark, with_number
from dq.errors import ContractError
from dq.required_columns import require

BEFORE, BEHIND = r"^([+\-−(]?\s*)([A-Za-z]{3}|\p{Sc})\s*", r"\s*([A-Za-z]{3}|\p{Sc})(\s*\)?)$"
AMOUNT = "_dq:amount"


def parse_money(
    frame: pl.LazyFrame,
    column: str,
    decimal: Mark | None,
    *,
    symbols: Mapping[str, str] | None = None,
    bare: str | None = None,
) -> pl.LazyFrame:
    """Give `frame` with `column` as a float, and its currency's code in `<column>_currency`.

    The code, of three letters in any case, or a sign stands before or behind the amount, which is read as
    `parse_number` reads it with this `decimal` mark. Codes that are withdrawn (DEM) are codes too. `symbols` says
    what `$` or `¥` means here, on top of those that are plain; `bare` is the currency of cells that name none. A cell
    without a currency that is known, with two, or with no number, is null in both columns and a problem
    `money:<column>` (accuracy); an empty cell is null. Nothing is converted: rates change daily. A column that is
    numeric already is left as it is.

    >>> told = parse_money(pl.LazyFrame({"x": ["€ 12.50", "1,234 usd", "$5", "7"]}), "x", ".", symbols={"$": "USD"})
    >>> told.select("x", "x_currency").collect().rows()
    [(12.5, 'EUR'), (1234.0, 'USD'), (5.0, 'USD'), (None, None)]

    Raises:
        SchemaError: where the column is missing.
        ContractError: where `bare` or a symbol's currency is no code of ISO 4217.

    """
    require(frame, [column], "parse_money")
    signs = SYMBOLS | dict(symbols or {})
    codes = currencies()[1].keys()
    unknown = {*signs.values(), *([bare] if bare else [])} - codes
    if unknown:
        raise ContractError(f"no currency's code by ISO 4217: {', '.join(sorted(unknown))}", where=column)
    schema, code = frame.collect_schema(), f"{column}_currency"
    if schema[column] != pl.String:
        there = pl.col(code) if code in schema else pl.lit(bare, pl.String)
        return with_ledgers(frame).with_columns(pl.when(pl.col(column).is_not_null()).then(there).alias(code))
    text = pl.col(column).str.strip_chars()
    before, behind = text.str.extract(BEFORE, 2), text.str.extract(BEHIND, 1)
    named = pl.coalesce(before, behind)
    told = named.replace_strict(signs, default=named.str.to_uppercase(), return_dtype=pl.String)
    known = pl.when(before.is_null() | behind.is_null()).then(told.fill_null(pl.lit(bare, pl.String)))
    amount = text.str.replace(BEFORE, "$1").str.replace(BEHIND, "$2")
    value, currency = pl.col("_dq:money"), pl.col("_dq:known")
    both = value.is_not_null() & currency.is_in(list(codes))
    return (
        with_number(
            with_ledgers(frame).with_columns(amount.alias(AMOUNT), known.alias("_dq:known")),
            AMOUNT,
            "_dq:money",
            decimal,
        )
        .with_columns(
            append(
                "_problems", [mark((text != "") & ~both.fill_null(value=False), column, "money", "accuracy")]
            ),
            pl.when(both).then(value).alias(column),
            pl.when(both).then(currency).alias(code),
        )
        .drop(AMOUNT, "_dq:money", "_dq:known")
    )
