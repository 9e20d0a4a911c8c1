"""Pairs of sources that disagree in no system, in the ways that come nearest to one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
from disagreement_columns import MADE_UP, REAL, Draw
from disagreement_worlds import MECHANISMS, Case, Frame, Rng, World, batch_of, in_batch, noisy, spoiled_cells


def clean(case: Case) -> World:
    """Make two sources that disagree in no system: the kind of the case is one of `CONTROLS`."""
    rng = np.random.default_rng(
        [case.seed, 1000 + tuple(CONTROLS).index(case.kind), case.size, int(100 * case.noise)]
    )
    draws = REAL if case.real else MADE_UP
    truth, wrong, made_of = CONTROLS[case.kind](rng, case.size, draws)
    _, pages = batch_of(rng, case.size, 1.0)
    return noisy(rng, case, (truth, wrong), pages, f"{case.kind} {made_of}")


Sides = tuple[Frame, Frame, str]


def _drawn(rng: Rng, n: int, draws: Mapping[str, Draw]) -> tuple[pl.Series, str]:
    name = str(rng.choice(list(draws)))
    return draws[name](rng, n).alias("c0"), name


def _errors_only(rng: Rng, n: int, draws: Mapping[str, Draw]) -> Sides:
    values, name = _drawn(rng, n, draws)
    return values.to_frame(), spoiled_cells(rng, values, 0.08, str(rng.choice(MECHANISMS))).to_frame(), name


def _many_errors(rng: Rng, n: int, draws: Mapping[str, Draw]) -> Sides:
    values, name = _drawn(rng, n, draws)
    how, share = str(rng.choice(("other", "garbage", "default"))), rng.uniform(0.2, 0.8)
    return values.to_frame(), spoiled_cells(rng, values, share, how).to_frame(), f"{name} {how} {share:.2f}"


def _bad_batch(rng: Rng, n: int, draws: Mapping[str, Draw]) -> Sides:
    values, name = _drawn(rng, n, draws)
    batch, _ = batch_of(rng, n, 0.4)
    bad = spoiled_cells(rng, values, 0.9, str(rng.choice(MECHANISMS)))
    return values.to_frame(), in_batch(batch, bad.to_frame(), values.to_frame()), name


def _unrelated(rng: Rng, n: int, draws: Mapping[str, Draw]) -> Sides:
    values, name = _drawn(rng, n, draws)
    return values.to_frame(), values.gather(rng.permutation(n)).to_frame(), name


def _correlated(rng: Rng, n: int, _draws: Mapping[str, Draw]) -> Sides:
    level, factor = float(rng.choice([5, 80, 130])), float(rng.choice([0.6, 1, 1.5]))
    # Two numbers that go together more than that, in another proportion, are one number in another unit.
    r = float(rng.choice([0.5, 0.7, 0.9, 0.97, 0.99] if factor == 1 else [0.5, 0.7, 0.8, 0.9]))
    one, other = rng.normal(size=n), rng.normal(size=n)
    two = r * one + np.sqrt(1 - r * r) * other
    digits = int(rng.choice([0, 1, 2]))
    sides = [pl.DataFrame({"c0": np.round(level + 0.15 * level * v, digits)}) for v in (one, two)]
    sides[1] = sides[1].select((pl.col("c0") * factor).round(digits))
    if digits == 0:
        sides = [side.cast(pl.Int64) for side in sides]
    if rng.random() < 0.3:  # both sources list the best first, each by its own values
        order = sides[1]["c0"].arg_sort()
        sides = [side[order] for side in sides]
    return sides[0], sides[1], f"r={r} level={level} times {factor} digits {digits}"


def _nearly_constant(rng: Rng, n: int, draws: Mapping[str, Draw]) -> Sides:
    values, name = _drawn(rng, n, draws)
    usual = values.gather([0] * n)
    one = usual.zip_with(pl.Series(rng.random(n) < 0.93), values)
    two = usual.zip_with(pl.Series(rng.random(n) < 0.93), values.gather(rng.permutation(n)))
    return one.alias("c0").to_frame(), two.alias("c0").to_frame(), name


def _heaping(rng: Rng, n: int, _draws: Mapping[str, Draw]) -> Sides:
    years = (
        rng.integers(1930, 2011, n)
        if rng.random() < 0.5
        else np.round(rng.normal(70, 14, n)).astype(np.int64)
    )
    step = int(rng.choice([5, 10]))
    heaped = np.where(rng.random(n) < rng.uniform(0.2, 1), (years + step // 2) // step * step, years)
    return pl.DataFrame({"c0": years}), pl.DataFrame({"c0": heaped}), f"step {step}"


def _jitter(rng: Rng, n: int, draws: Mapping[str, Draw]) -> Sides:
    name = str(rng.choice([k for k in draws if draws[k](np.random.default_rng(0), 10).dtype.is_numeric()]))
    values = draws[name](rng, n).alias("c0")
    if values.dtype.is_integer():
        steps = rng.choice([-2, -1, 0, 1, 2], n, p=[0.05, 0.2, 0.5, 0.2, 0.05])
        return values.to_frame(), (values + steps).to_frame(), name
    size = float(rng.choice([0.002, 0.01, 0.05]))
    moved = (values * pl.Series(rng.normal(1, size, n))).round(2)
    return values.to_frame(), moved.to_frame(), f"{name} {size}"


def _in_order(rng: Rng, n: int, draws: Mapping[str, Draw]) -> Sides:
    values, name = _drawn(rng, n, draws)
    values = values.sort()
    how, side = str(rng.choice(MECHANISMS)), int(rng.integers(2))
    bad = spoiled_cells(rng, values, rng.uniform(0.1, 0.5), how)
    sides = (values, bad) if side else (bad, values)
    return sides[0].to_frame(), sides[1].to_frame(), f"{name} {how}"


def _walk(rng: Rng, n: int, _draws: Mapping[str, Draw]) -> Sides:
    steps = rng.normal(0, 1, n) if rng.random() < 0.7 else np.sin(np.arange(n) * 2 * np.pi / 7) * 10
    values = pl.Series("c0", np.round(100 + np.cumsum(steps), int(rng.integers(0, 3))))
    stale = rng.random(n) < rng.uniform(0.05, 0.3)
    return (
        values.to_frame(),
        values.zip_with(pl.Series(~stale), values.shift(1).fill_null(values)).to_frame(),
        "",
    )


def _confused(rng: Rng, n: int, _draws: Mapping[str, Draw]) -> Sides:
    kinds = int(rng.integers(3, 7))
    shares = rng.dirichlet(np.ones(kinds) * 3)
    true = rng.choice(kinds, n, p=shares)
    slip = rng.random(n) < rng.uniform(0.1, 0.35)
    near = np.clip(true + rng.choice([-1, 1], n), 0, kinds - 1)
    names = pl.Series(["dull", "fair", "good", "great", "best", "rare"])
    return (
        pl.DataFrame({"c0": names.gather(true)}),
        pl.DataFrame({"c0": names.gather(np.where(slip, near, true))}),
        f"{kinds} kinds",
    )


def _runs(rng: Rng, n: int, draws: Mapping[str, Draw]) -> Sides:
    values, name = _drawn(rng, n, draws)
    grouped = values.gather(np.repeat(np.arange(n), rng.integers(2, 9, n))[:n])
    bad = spoiled_cells(rng, grouped, rng.uniform(0.1, 0.4), str(rng.choice(MECHANISMS)))
    return grouped.to_frame(), bad.to_frame(), name


def _dummies(rng: Rng, n: int, _draws: Mapping[str, Draw]) -> Sides:
    first = rng.random(n) < rng.uniform(0.3, 0.7)
    wrong = rng.random(n) < rng.uniform(0.08, 0.45)
    a = pl.DataFrame({"c0": first, "c1": ~first})
    return a, a.with_columns(pl.col("c0", "c1") ^ pl.Series(wrong)), ""


def _alike(rng: Rng, n: int, draws: Mapping[str, Draw]) -> Sides:
    values, name = _drawn(rng, n, draws)
    other = values.gather(rng.permutation(n)).alias("c1")
    a = pl.DataFrame([values, values.zip_with(pl.Series(rng.random(n) < 0.8), other).alias("c1")])
    bad = [spoiled_cells(rng, a[c], rng.uniform(0.1, 0.3), "other") for c in a.columns]
    return a, pl.DataFrame(bad), name


CONTROLS: Mapping[str, Callable[[Rng, int, Mapping[str, Draw]], Sides]] = {
    "errors only": _errors_only, "many errors": _many_errors, "bad batch": _bad_batch, "unrelated": _unrelated,
    "correlated": _correlated, "nearly constant": _nearly_constant, "heaping": _heaping, "jitter": _jitter,
    "in order": _in_order, "walk": _walk, "confused": _confused, "runs": _runs, "dummies": _dummies,
    "alike": _alike,
}  # fmt: skip
