"""Made-up worlds with known truth: what many sources say of the same things, wrong in the ways that real ones are.

Each world is a kind of mistake that the literature on truth discovery reports of web sources: stale and scheduled
values shown as actual ones, another definition of the same word, minutes off, another time zone, another entity's row,
typos, groups that copy from one another, coverage that differs by source and by column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

COLUMNS = ("scheduled_departure", "actual_departure", "scheduled_arrival", "actual_arrival")
PUBLISHED_GROUPS = ((5, 0.71), (4, 0.53), (3, 0.92), (2, 0.93), (2, 0.61))
"""Sizes and accuracies of the copying groups that were found among 38 flight sites (Li et al., 2012)."""


@dataclass(frozen=True)
class World:
    """`truth`: `id` and the columns; `told`: by source the same (null where it says nothing), `_landing_id`, `_row`.

    `official`: the sources that whoever knows the field would declare, the best first.
    """

    truth: pl.DataFrame
    told: Mapping[str, pl.DataFrame]
    official: tuple[str, ...]


@dataclass(frozen=True)
class Air:
    """How a world of flights goes wrong. Shares are of cells or of sources."""

    flights: int = 100
    sources: int = 38
    groups: tuple[tuple[int, float], ...] = PUBLISHED_GROUPS
    runway: float = 0.3
    whole_rows: float = 0.35
    toil: float = 0.3
    low: float = 0.43
    high: float = 0.97


def flights(seed: int, air: Air) -> World:
    """Flight times on web sites: four columns, minutes since midnight of the day of departure."""
    rng = np.random.default_rng(seed)
    n = air.flights
    truth, wrong = _timetable(rng, n)
    toil = np.where(rng.random(n) < air.toil, -0.45, 0.05)
    airline = rng.integers(0, 3, n)
    told: dict[str, pl.DataFrame] = {}

    def said(accuracy: float, runway: bool) -> np.ndarray:
        weights = rng.dirichlet(np.array([3.0, 2.0, 1.5, 0.7, 0.7, 0.7]))
        values = truth.copy()
        bad_row = rng.random(n) < (1 - accuracy) * air.whole_rows
        for column in range(4):
            miss = rng.random(n) > np.clip(accuracy + toil, 0.02, 1)
            kind = rng.choice(6, size=n, p=weights)
            values[:, column] = np.where(miss, wrong[kind, np.arange(n), column], values[:, column])
            if runway and column in (1, 3):
                values[:, column] = np.where(rng.random(n) < 0.85, wrong[6, :, column], values[:, column])
        row = rng.choice([3, 0], size=n)
        return np.where(bad_row[:, None], wrong[row, np.arange(n)], values)

    def add(name: str, values: np.ndarray, cover: float, actual: float) -> None:
        knows = np.broadcast_to((rng.random(n) < cover)[:, None], (n, 4)) & (
            rng.random((n, 4)) < np.array([0.98, actual, 0.98, actual])
        )
        frame = pl.DataFrame({"id": np.arange(n)}).with_columns(
            pl.Series(name, np.where(knows[:, c], values[:, c], 0)).set(pl.Series(~knows[:, c]), None)
            for c, name in enumerate(COLUMNS)
        )
        frame = frame.filter(pl.any_horizontal(pl.col(COLUMNS).is_not_null()))
        told[name] = frame.with_row_index("_row", offset=1).with_columns(_landing_id=pl.lit(name))

    for number in range(3):
        own = np.where(rng.random((n, 4)) < 0.99, truth, said(0.5, runway=False))
        add(f"airline-{number}", own, 1.0, 0.98)
        mine = pl.Series(np.flatnonzero(airline == number))
        told[f"airline-{number}"] = told[f"airline-{number}"].filter(pl.col("id").is_in(mine.implode()))
    for group, (size, accuracy) in enumerate(air.groups):
        original = said(accuracy, runway=rng.random() < air.runway)
        cover = rng.uniform(0.5, 0.95)
        for copy in range(size):
            taken = rng.random((n, 1)) < rng.uniform(0.88, 0.99)
            add(f"group{group}-{copy}", np.where(taken, original, said(accuracy, runway=False)), cover, 0.8)
    for number in range(air.sources - len(told)):
        accuracy = rng.uniform(air.low, air.high)
        add(
            f"site-{number:02}",
            said(accuracy, runway=rng.random() < air.runway),
            rng.uniform(0.3, 0.95),
            rng.uniform(0.4, 0.95),
        )
    known = pl.DataFrame({"id": np.arange(n)} | {name: truth[:, c] for c, name in enumerate(COLUMNS)})
    return World(known, told, tuple(name for name in told if name.startswith("airline-")))


def _timetable(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the true times (flight, column) and seven ways to be wrong about them (way, flight, column)."""
    leaves = rng.integers(60, 264, n) * 5
    lasts = rng.integers(12, 72, n) * 5
    late = np.where(rng.random(n) < 0.6, rng.integers(-7, 8, n), rng.exponential(45, n).astype(np.int64))
    truth = np.stack(
        [leaves, leaves + late, leaves + lasts, leaves + lasts + late + rng.integers(-20, 12, n)], axis=1
    )
    guessed = (late * rng.uniform(0.2, 0.8, n)).astype(np.int64) // 5 * 5
    old = rng.choice([-30, -15, -10, -5, 5, 10, 20, 30], n)
    stale = np.stack([leaves + old, leaves + guessed, leaves + lasts + old, leaves + lasts + guessed], axis=1)
    scheduled = np.stack([leaves + old, leaves, leaves + lasts + old, leaves + lasts], axis=1)
    minutes = truth + rng.choice([-3, -2, -1, 1, 2, 3], (n, 4))
    other_day = truth + rng.integers(-60, 90, (n, 1)) + rng.integers(-15, 15, (n, 4))
    zone = truth + 60 * rng.choice([-3, -2, -1, 1, 2, 3], (n, 1))
    typo = rng.integers(0, 1440, (n, 4))
    runway = truth + np.stack(
        [0 * leaves, rng.integers(8, 25, n), 0 * leaves, -rng.integers(3, 12, n)], axis=1
    )
    return truth, np.stack([stale, scheduled, minutes, other_day, zone, typo, runway])


def prices(seed: int, items: int = 300, sources: int = 24) -> World:
    """Prices and volumes on 24 sites: rounded, delayed, of another date, in thousands; two groups copy."""
    rng = np.random.default_rng(seed)
    names = ("close", "volume", "high")
    close = np.round(rng.lognormal(3.5, 0.8, items), 2)
    truth = np.stack(
        [
            close,
            np.round(rng.lognormal(9, 1.2, items)),
            np.round(close * (1 + rng.exponential(0.02, items)), 2),
        ],
        axis=1,
    )
    yesterday = np.round(truth * (1 + rng.normal(0, 0.03, truth.shape)), 2)
    delayed = np.round(truth * (1 + rng.normal(0, 0.004, truth.shape)), 2)
    told: dict[str, pl.DataFrame] = {}

    def said(accuracy: float) -> np.ndarray:
        kind = rng.choice(4, size=truth.shape, p=rng.dirichlet(np.ones(4) * 1.5))
        noise = np.round(truth * (1 + rng.normal(0, 0.01, truth.shape)), 2)
        wrong = np.choose(kind, [yesterday, delayed, np.round(truth, 0), noise])
        return np.where(rng.random(truth.shape) < accuracy, truth, wrong)

    def add(name: str, values: np.ndarray) -> None:
        knows = rng.random(truth.shape) < rng.uniform(0.4, 0.95)
        frame = pl.DataFrame({"id": np.arange(items)}).with_columns(
            pl.Series(column, values[:, c]).set(pl.Series(~knows[:, c]), None)
            for c, column in enumerate(names)
        )
        told[name] = frame.with_row_index("_row", offset=1).with_columns(_landing_id=pl.lit(name))

    add("exchange", np.where(rng.random(truth.shape) < 0.99, truth, said(0.5)))
    for group, (size, accuracy) in enumerate(((6, 0.45), (4, 0.6))):
        original = said(accuracy)
        for copy in range(size):
            add(f"group{group}-{copy}", np.where(rng.random(truth.shape) < 0.95, original, said(accuracy)))
    for number in range(sources - len(told)):
        add(f"site-{number:02}", said(rng.uniform(0.4, 0.95)))
    known = pl.DataFrame({"id": np.arange(items)} | {column: truth[:, c] for c, column in enumerate(names)})
    return World(known, told, ("exchange",))


def words(seed: int, items: int = 300, sources: int = 15) -> World:
    """Names and codes from 15 lists: typos, an old name, the neighbour's row; one group copies."""
    rng = np.random.default_rng(seed)
    names = ("maker", "model", "code")
    syllables = np.array(["ba", "ri", "to", "ne", "ku", "sol", "ver", "mi", "dan", "os"])
    truth = np.array([["".join(rng.choice(syllables, 4)) for _ in names] for _ in range(items)], dtype=object)
    old = np.array([["".join(rng.choice(syllables, 3)) for _ in names] for _ in range(items)], dtype=object)
    told: dict[str, pl.DataFrame] = {}

    def said(accuracy: float) -> np.ndarray:
        cut = rng.integers(0, 5, truth.shape)
        typo = np.array(
            [
                [t[:k] + "x" + t[k:] for t, k in zip(*row, strict=True)]
                for row in zip(truth, cut, strict=True)
            ],
            dtype=object,
        )
        kind = rng.choice(3, size=truth.shape, p=rng.dirichlet(np.ones(3)))
        wrong = np.where(kind == 0, old, np.where(kind == 1, typo, np.roll(truth, 1, axis=0)))
        return np.where(rng.random(truth.shape) < accuracy, truth, wrong)

    def add(name: str, values: np.ndarray) -> None:
        knows = rng.random(truth.shape) < rng.uniform(0.4, 0.95)
        frame = pl.DataFrame({"id": np.arange(items)}).with_columns(
            pl.Series(column, values[:, c].tolist()).set(pl.Series(~knows[:, c]), None)
            for c, column in enumerate(names)
        )
        told[name] = frame.with_row_index("_row", offset=1).with_columns(_landing_id=pl.lit(name))

    add("register", np.where(rng.random(truth.shape) < 0.985, truth, said(0.5)))
    original = said(0.5)
    for copy in range(5):
        add(f"group0-{copy}", np.where(rng.random(truth.shape) < 0.95, original, said(0.5)))
    for number in range(sources - len(told)):
        add(f"list-{number:02}", said(rng.uniform(0.5, 0.95)))
    known = pl.DataFrame(
        {"id": np.arange(items)} | {column: truth[:, c].tolist() for c, column in enumerate(names)}
    )
    return World(known, told, ("register",))


WORLDS: Mapping[str, Callable[[int], World]] = {
    "flights": lambda seed: flights(seed, Air()),
    "flights, 600": lambda seed: flights(seed, Air(flights=600)),
    "flights, no copies": lambda seed: flights(seed, Air(groups=())),
    "flights, bad crowd": lambda seed: flights(seed, Air(groups=((8, 0.45), (6, 0.5), (3, 0.9)))),
    "flights, two clocks": lambda seed: flights(seed, Air(runway=0.45, toil=0.2)),
    "flights, hard": lambda seed: flights(seed, Air(toil=0.5, high=0.9)),
    "flights, 12 sites": lambda seed: flights(seed, Air(sources=12, groups=((3, 0.5), (2, 0.7)))),
    "prices": prices,
    "words": words,
}
