"""Check digits: what tells a card or identity number from any other run of digits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

Digits = npt.NDArray[np.int64]

ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
OLD_ID = r"^(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])[0-9]{13}$"
"""Fifteen digits that begin with a province."""
ID_CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8).astype(np.int64)


def is_card(number: pl.Series) -> pl.Series:
    """Say of each text of digits whether it is a bank card number: 13 to 19 digits that Luhn's sum approves.

    A run of one digit passes the sum where it is zero, and is no card. Null stays null.

    >>> is_card(pl.Series(["4111111111111111", "4111111111111112", "0000000000000000"])).to_list()
    [True, False, False]
    """
    text = number.fill_null("")
    shaped = text.str.contains(r"^[1-9][0-9]{12,18}$")
    digits = _digits(text.str.pad_start(19, "0").set(~shaped, "0" * 19), 19)
    doubled = digits.copy()
    doubled[:, -2::-2] *= 2
    valid = (doubled - 9 * (doubled > 9)).sum(axis=1) % 10 == 0
    return (shaped & pl.Series(valid)).set(number.is_null(), None).alias(number.name)


def is_chinese_id(number: pl.Series) -> pl.Series:
    """Say of each text whether it is a Chinese identity number: 18 places with a day of birth and the right check
    character, or the 15 that were given out until 1999, with a province and a day of birth, which have no check.

    The check is that of GB 11643 (ISO 7064, MOD 11-2). Of random runs of 15 digits one in a hundred looks like an old
    number. Null stays null.

    >>> is_chinese_id(pl.Series(["11010519491231002X", "110105194912310021", "110105491231002"])).to_list()
    [True, False, True]
    """
    text = number.fill_null("").str.to_uppercase()
    # The century of old numbers is that of those who lived then: nobody was given one in the next.
    day = pl.lit("19") + pl.col("old").str.slice(6, 6)
    old = text.to_frame("old").select(
        pl.col("old").str.contains(OLD_ID) & day.str.to_date("%Y%m%d", strict=False).is_not_null()
    )
    shaped = text.str.contains(r"^[1-9][0-9]{16}[0-9X]$")
    born = text.str.slice(6, 8).str.to_date("%Y%m%d", strict=False).dt.year().is_between(1800, 2199)
    plain = text.set(~shaped, "0" * 18)
    sums = _digits(plain.str.slice(0, 17), 17) @ ID_WEIGHTS
    last = _digits(plain.str.slice(17, 1), 1)[:, 0] + ord("0")
    valid = pl.Series(ID_CHECKS[sums % 11] == last)
    new = shaped & born.fill_null(value=False) & valid
    return (new | old.to_series()).set(number.is_null(), None).alias(number.name)


def _digits(text: pl.Series, width: int) -> Digits:
    """Give the characters of texts of one width as numbers, `0` as 0."""
    letters = np.frombuffer(str(text.str.join("").item()).encode(), dtype=np.uint8)
    return letters.reshape(-1, width).astype(np.int64) - ord("0")
