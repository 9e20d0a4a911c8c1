"""Pairs of sources with one known systematic disagreement: columns, what spoils them, and noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from disagreement_columns import MADE_UP, PAIRS, REAL, REAL_PAIRS, REAL_SUITS, SUITS

KINDS = (*SUITS, "swapped")
NAMED = {"affine": ("scaled", "offset"), "log": ("scaled",), "off_by_one": ("off_by_one", "offset")}
"""Under which names a kind is reported, where these are others: °C and K are an offset apart."""
MECHANISMS = ("other", "default", "garbage")
HELD_OUT_MECHANISMS = ("neighbour", "slip", "default", "other")
Frame = pl.DataFrame
Rng = np.random.Generator


@dataclass(frozen=True)
class Case:
    """What a world is made of. `share`: how much of the second source is spoiled, in one batch or some pages.

    `noise`: the share of gross errors on each side. `real`: columns of real data and errors of other kinds.
    """

    kind: str
    size: int
    share: float
    noise: float
    seed: int
    real: bool = False


@dataclass(frozen=True)
class World:
    """Two sources, a third that is as true as the first, and from which sort of column they were made."""

    a: Frame
    b: Frame
    c: Frame
    made_of: str


def planted(case: Case) -> World:
    """Make two sources of which one is spoiled in the way that the case says."""
    rng = np.random.default_rng([case.seed, KINDS.index(case.kind), case.size, int(100 * case.share)])
    draws, suits, pairs = (REAL, REAL_SUITS, REAL_PAIRS) if case.real else (MADE_UP, SUITS, PAIRS)
    wanted = pairs if case.kind == "swapped" else [(name,) for name in suits[case.kind]]
    names = wanted[rng.integers(len(wanted))]
    columns = [draws[name](rng, case.size) for name in names]
    if len({values.dtype for values in columns}) > 1:
        columns = [values.cast(pl.Float64) for values in columns]
    batch, pages = batch_of(rng, case.size, case.share)
    truth = pl.DataFrame(columns, schema=[f"c{n}" for n in range(len(names))])
    if case.kind == "swapped":
        crossed = pl.DataFrame([truth["c1"].alias("c0"), truth["c0"].alias("c1")])
        wrong = in_batch(batch, crossed, truth)
    else:
        wrong = SPOIL[case.kind](rng, truth, batch, pages)
    return noisy(rng, case, (truth, wrong), pages, "+".join(names))


def batch_of(rng: Rng, n: int, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Give which rows are spoiled, a run of them or some pages, and the page of each row."""
    per_page = max(10, n // 20) if rng.random() < 0.5 else n
    pages = np.arange(n) // per_page
    if share == 1:
        return np.ones(n, dtype=bool), pages
    if pages[-1] > 3 and rng.random() < 0.5:
        chosen = rng.permutation(pages[-1] + 1)[: max(1, round(share * (pages[-1] + 1)))]
        return np.isin(pages, chosen), pages
    start = rng.integers(0, n - round(share * n) + 1)
    return (np.arange(n) >= start) & (np.arange(n) < start + round(share * n)), pages


def in_batch(batch: np.ndarray, wrong: Frame, truth: Frame) -> Frame:
    which = pl.Series(batch)
    return wrong.select(values.zip_with(which, truth[values.name]).alias(values.name) for values in wrong)


def _inverted(_rng: Rng, truth: Frame, batch: np.ndarray, _pages: np.ndarray) -> Frame:
    values = truth["c0"]
    two = values.unique().sort().to_list()
    return in_batch(batch, values.replace_strict(two, two[::-1], return_dtype=values.dtype).to_frame(), truth)


def _sorted(rng: Rng, truth: Frame, batch: np.ndarray, _pages: np.ndarray) -> Frame:
    values = truth["c0"]
    at = np.flatnonzero(batch)
    some = values.gather(at)
    if values.n_unique() <= 50 and values.dtype == pl.String and rng.random() < 0.5:
        kinds = some.unique().sort().to_list()
        rank = some.replace_strict(kinds, rng.permutation(len(kinds)).tolist(), return_dtype=pl.Int64)
        some = some.gather(rank.arg_sort())
    else:
        some = some.sort(descending=bool(rng.random() < 0.5))
    return values.scatter(at, some).to_frame()


def _shifted(rng: Rng, truth: Frame, batch: np.ndarray, pages: np.ndarray) -> Frame:
    values, by = truth["c0"], int(rng.choice([-3, -1, 1, 2, 5]))
    if pages[-1] > 0:  # within each page, the rest of which stays as it is
        group = pl.Series(pages)
        moved = pl.DataFrame([values, group.alias("p")]).select(pl.col("c0").shift(by).over("p"))
        moved = moved.with_columns(pl.col("c0").fill_null(values))
        return in_batch(batch, moved, truth)
    at = np.flatnonzero(batch)
    return values.scatter(at, values.gather(np.roll(at, by))).to_frame()


def _number(truth: Frame, batch: np.ndarray, to: Callable[[pl.Expr], pl.Expr], digits: int) -> Frame:
    wrong = truth.select(to(pl.col("c0").cast(pl.Float64)).round(digits))
    return in_batch(batch, wrong, truth.cast(pl.Float64))


def _scaled(rng: Rng, truth: Frame, batch: np.ndarray, _pages: np.ndarray) -> Frame:
    factor = float(rng.choice([100, 1000, 0.01, 2.54, 0.45359237, 1.609344, 10, 1.19, 60]))
    middle = abs(float(truth["c0"].cast(pl.Float64).median() or 1)) * factor
    digits = max(0, 3 - int(np.floor(np.log10(max(middle, 1e-9)))))
    return _number(truth, batch, lambda x: x * factor, digits)


def _affine(rng: Rng, truth: Frame, batch: np.ndarray, _pages: np.ndarray) -> Frame:
    slope, add = ((1.8, 32), (5 / 9, -160 / 9), (10.93, -23.5), (1, 273.15))[rng.integers(4)]
    return _number(truth, batch, lambda x: x * slope + add, 1)


def _log(rng: Rng, truth: Frame, batch: np.ndarray, _pages: np.ndarray) -> Frame:
    truth = truth.select(pl.col("c0").cast(pl.Float64).clip(0.5))
    base = 10 if rng.random() < 0.7 else np.e
    return _number(truth, batch, lambda x: x.log(base), 3)


def _recoded(rng: Rng, truth: Frame, batch: np.ndarray, _pages: np.ndarray) -> Frame:
    values = truth["c0"]
    kinds = values.unique().sort().to_list()
    if values.dtype == pl.String and rng.random() < 0.5:
        others = [f"{'XYZ'[k % 3]}{k:02}" for k in rng.permutation(len(kinds))]
    else:
        others = (
            list(np.roll(kinds, 1)) if len(kinds) < 3 else [kinds[k] for k in _derangement(rng, len(kinds))]
        )
    wrong = values.replace_strict(kinds, others, return_dtype=values.dtype)
    return in_batch(batch, wrong.to_frame(), truth)


def _derangement(rng: Rng, n: int) -> np.ndarray:
    while True:
        order = rng.permutation(n)
        if (order != np.arange(n)).all() and (n < 4 or (np.diff(order) != 1).any()):
            return order


def _off_by_one(rng: Rng, truth: Frame, batch: np.ndarray, _pages: np.ndarray) -> Frame:
    by = int(rng.choice([-1, 1]))
    values = truth["c0"]
    moved = (values.cast(pl.Int32) + by).cast(pl.Date) if values.dtype == pl.Date else values + by
    return in_batch(batch, moved.to_frame(), truth)


SPOIL = {
    "inverted": _inverted, "sorted": _sorted, "shifted": _shifted, "scaled": _scaled, "affine": _affine,
    "log": _log, "recoded": _recoded, "off_by_one": _off_by_one,
}  # fmt: skip


def spoiled_cells(rng: Rng, values: pl.Series, share: float, mechanism: str) -> pl.Series:
    """Give the values with a share of them replaced by what has nothing to do with them."""
    at = np.flatnonzero(rng.random(len(values)) < share)
    if not len(at):
        return values
    if values.dtype == pl.Boolean or mechanism == "other":
        return values.scatter(at, values.gather(rng.integers(0, len(values), len(at))))
    if mechanism == "neighbour":
        return values.scatter(at, values.gather((at + 1) % len(values)))
    if mechanism == "default":
        default = "unknown" if values.dtype == pl.String else values.cast(pl.Int64).min()
        return values.scatter(at, pl.Series([default] * len(at)).cast(values.dtype))
    old = values.gather(at)
    if values.dtype == pl.String:
        letters = pl.Series([f"{'qxyz'[k % 4]}{k}" for k in rng.integers(0, 1000, len(at))])
        new = old + letters if mechanism == "garbage" else old.str.slice(1) + old.str.head(1)
    elif values.dtype == pl.Date:
        new = (old.cast(pl.Int32) + rng.integers(-3000, 3000, len(at))).cast(pl.Date)
    elif mechanism == "slip":
        slip = pl.Series(rng.choice([9, -9, 90, -90, 27, 45, 3, 100], len(at)))
        new = (old + slip).cast(values.dtype)
    else:
        low, high = float(values.min()), float(values.max())
        new = pl.Series(np.round(rng.uniform(low - (high - low), 2 * high - low, len(at)), 1)).cast(
            values.dtype
        )
    return values.scatter(at, new)


def noisy(rng: Rng, case: Case, sides: tuple[Frame, Frame], pages: np.ndarray, made_of: str) -> World:
    """Put errors on both sides, and sometimes roundings; give each source an order of rows of its own."""
    mechanisms = HELD_OUT_MECHANISMS if case.real else MECHANISMS
    said = []
    for frame in sides:
        how = str(rng.choice(mechanisms))
        said.append(frame.select(spoiled_cells(rng, values, case.noise, how) for values in frame))
    if rng.random() < 0.4:
        said[1] = said[1].select(_small(rng, values, alike=case.share == 1) for values in said[1])
    ids = np.arange(len(said[0])) * 7 + 11
    if rng.random() < 0.5:
        rng.shuffle(ids)
    text = rng.random() < 0.5
    names = pl.Series("id", ids).cast(pl.String) if text else pl.Series("id", ids)
    a = (
        sides[0]
        .with_columns(names)
        .with_columns(_landing_id=pl.lit("a"), _row=pl.Series(rng.permutation(len(ids))))
    )
    b = said[1].with_columns(
        names,
        _landing_id=pl.Series(pages).cast(pl.String).str.zfill(4) + ("b" if text else "p"),
        _row=pl.int_range(len(ids), eager=True),
    )
    third = sides[0].select(spoiled_cells(rng, v, case.noise, str(rng.choice(mechanisms))) for v in sides[0])
    order = pl.Series(rng.permutation(len(ids)))
    c = third.cast(dict(said[0].schema)).with_columns(names, _landing_id=pl.lit("c"), _row=order)
    return World(a, b, c, made_of)


def _small(rng: Rng, values: pl.Series, *, alike: bool) -> pl.Series:
    if not values.dtype.is_float():
        return values
    spread = float(values.quantile(0.75) or 0) - float(values.quantile(0.25) or 0)
    if rng.random() < 0.5 or not alike:  # values of two sizes are not rounded alike
        return (values * pl.Series(1 + rng.normal(0, 0.001, len(values)))).alias(values.name)
    return values.round(max(0, 2 - int(np.floor(np.log10(spread))))) if spread > 0 else values
