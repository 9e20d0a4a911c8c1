"""Countries, currencies, languages and divisions as their ISO codes, whatever code or name they are written with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import polars as pl

from dq.clean.iso_lists import Names, countries, currencies, divisions, languages, plain, plain_division
from dq.clean.marks import append, mark, with_ledgers
from dq.errors import ContractError
from dq.required_columns import require

SEVERAL = "?"
"""Stands, between two steps, for a cell that may mean several codes."""


def country_code(
    frame: pl.LazyFrame, column: str, *, to: Literal["alpha_2", "alpha_3", "numeric", "name"] = "alpha_2"
) -> pl.LazyFrame:
    """Give `frame` with the countries of `column` by ISO 3166-1, whether written as one of its codes or by name.

    Read are the three kinds of code (numbers also without leading zeros) and the usual English and Chinese names:
    "UK", "U.S.A.", "South Korea", "Côte d'Ivoire", "中国", "美國"; case, accents and points aside. A cell that means no
    country of the standard (Scotland) becomes null with a problem `country:<column>` (accuracy), one that means
    several (Congo, Korea) with `country_ambiguous:<column>`: nothing is guessed. `NA` is Namibia: where it says
    "unknown", declare that first by `hidden_missing`. A repair `country:<column>` (consistency) keeps what was
    written. Nulls stay null.

    >>> rows = pl.LazyFrame({"c": ["UK", "中国", "Korea, Republic of", "840", "Congo", "Atlantis"]})
    >>> told = country_code(rows, "c").collect()
    >>> told["c"].to_list(), [problems[0]["rule"] for problems in told["_problems"].to_list()[4:]]
    (['GB', 'CN', 'KR', 'US', None, None], ['country_ambiguous:c', 'country:c'])

    Raises:
        SchemaError: where the column is missing.

    """
    names, told = countries()
    return _coded(frame, column, names, {code: forms[to] for code, forms in told.items()}, "country")


def currency_code(
    frame: pl.LazyFrame, column: str, *, to: Literal["alpha_3", "numeric"] = "alpha_3"
) -> pl.LazyFrame:
    """Give `frame` with the currencies of `column` by ISO 4217: written as a code or by English or Chinese name.

    Codes that are withdrawn (DEM) stay what they are, and have no number. What means none is a problem
    `currency:<column>` (accuracy), what means several ("dollar", "$", "¥") `currency_ambiguous:<column>`. A repair
    `currency:<column>` (consistency) keeps what was written. Nulls stay null.

    >>> rows = pl.LazyFrame({"c": ["usd", "人民币", "Swiss Francs", "978", "$"]})
    >>> currency_code(rows, "c").collect()["c"].to_list()
    ['USD', 'CNY', 'CHF', 'EUR', None]

    Raises:
        SchemaError: where the column is missing.

    """
    names, told = currencies()
    written = {code: forms[to] for code, forms in told.items() if to in forms}
    return _coded(frame, column, names, written, "currency")


def language_code(
    frame: pl.LazyFrame, column: str, *, to: Literal["alpha_2", "alpha_3"] = "alpha_2"
) -> pl.LazyFrame:
    """Give `frame` with the languages of `column` by ISO 639: two letters (639-1) or three (639-3).

    Read are all codes of 639-1, -2 and -3, the language of a tag (`zh-Hant-TW`), and English and Chinese names. What
    means none, or has no code of two letters, is a problem `language:<column>` (accuracy), what means several
    `language_ambiguous:<column>`. A repair `language:<column>` (consistency) keeps what was written. Nulls stay null.

    >>> rows = pl.LazyFrame({"c": ["English", "ger", "zh_CN", "法语", "Klingonese"]})
    >>> language_code(rows, "c").collect()["c"].to_list()
    ['en', 'de', 'zh', 'fr', None]

    Raises:
        SchemaError: where the column is missing.

    """
    names, told = languages()
    written = {code: forms[to] for code, forms in told.items() if to in forms}
    return _coded(frame, column, names, written, "language", tag=True)


def division_code(frame: pl.LazyFrame, column: str, *, country: str = "CN") -> pl.LazyFrame:
    """Give `frame` with the divisions of `country` in `column` by ISO 3166-2: of China, its provinces.

    Read are the codes, and names in the country's letters, for China also in Chinese, with or without the word for the
    kind of division (广东, 广东省, Guangdong). What means none is a problem `division:<column>` (accuracy). A repair
    `division:<column>` (consistency) keeps what was written. Nulls stay null.

    >>> rows = pl.LazyFrame({"c": ["广东省", "内蒙古", "Shaanxi", "廣西", "Utopia"]})
    >>> division_code(rows, "c").collect()["c"].to_list()
    ['CN-GD', 'CN-NM', 'CN-SN', 'CN-GX', None]

    Raises:
        SchemaError: where the column is missing.
        ContractError: where the country has no divisions.

    """
    names, told = divisions(country)
    if not told:
        raise ContractError(f"ISO 3166-2 has no divisions of {country!r}", hint="two letters, such as CN")
    written = {code: forms["code"] for code, forms in told.items()}
    return _coded(frame, column, names, written, "division", form=plain_division)


def _coded(
    frame: pl.LazyFrame,
    column: str,
    names: Names,
    written: Mapping[str, str],
    step: str,
    *,
    tag: bool = False,
    form: Callable[[str], str] = plain,
) -> pl.LazyFrame:
    require(frame, [column], f"{step}_code")

    def told(text: str) -> str | None:
        name = form(text)
        if name.isdecimal() and name != text.strip():
            return None  # 4.0 is not 40
        codes = names.get(name) or names.get(name.zfill(3) if name.isdecimal() else "")
        if codes is None and tag:
            codes = names.get(name.partition(" ")[0]) if len(name.partition(" ")[0]) in (2, 3) else None
        if codes is None:
            return None
        return SEVERAL if len(codes) > 1 else written.get(next(iter(codes)))

    def batch(text: pl.Series) -> pl.Series:
        asked = text.drop_nulls().unique()
        found = pl.Series([told(one) for one in asked.to_list()], dtype=pl.String)
        return text.replace_strict(asked, found, default=None, return_dtype=pl.String)

    cell, found = pl.col(column), pl.col("_dq:found")
    text = cell.cast(pl.String)
    said = text.str.strip_chars() != ""
    return (
        with_ledgers(frame)
        .with_columns(text.map_batches(batch, pl.String, is_elementwise=True).alias("_dq:found"))
        .with_columns(
            append(
                "_repairs",
                [mark((found != SEVERAL) & (found != text.str.strip_chars()), column, step, "consistency")],
            ),
            append(
                "_problems",
                [
                    mark(said & found.is_null(), column, step, "accuracy"),
                    mark(found == SEVERAL, column, f"{step}_ambiguous", "accuracy"),
                ],
            ),
            pl.when(found != SEVERAL).then(found).alias(column),
        )
        .drop("_dq:found")
    )
