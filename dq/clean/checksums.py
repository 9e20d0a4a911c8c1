"""Check digits: what tells a card or identity number from any other run of digits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

Digits = npt.NDArray[np.int64]

ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
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
    """Say of each text whether it is a Chinese identity number: 18 places, a day of birth, the check
    character.

    The check is that of GB 11643 (ISO 7064, MOD 11-2). Null stays null.

    >>> is_chinese_id(pl.Series(["11010519491231002X", "110105194912310021"])).to_list()
    [True, False]
    """
    text = number.fill_null("").str.to_uppercase()
    shaped = text.str.contains(r"^[1-9][0-9]{16}[0-9X]$")
    born = text.str.slice(6, 8).str.to_date("%Y%m%d", strict=False).dt.year().is_between(1800, 2199)
    plain = text.set(~shaped, "0" * 18)
    sums = _digits(plain.str.slice(0, 17), 17) @ ID_WEIGHTS
    last = _digits(plain.str.slice(17, 1), 1)[:, 0] + ord("0")
    valid = pl.Series(ID_CHECKS[sums % 11] == last)
    return (shaped & born.fill_null(value=False) & valid).set(number.is_null(), None).alias(number.name)


def _digits(text: pl.Series, width: int) -> Digits:
    """Give the characters of texts of one width as numbers, `0` as 0."""
    letters = np.frombuffer(str(text.str.join("").item()).encode(), dtype=np.uint8)
    return letters.reshape(-1, width).astype(np.int64) - ord("0")
