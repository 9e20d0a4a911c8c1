"""Made-up worlds of other shapes than flights: one recipe, told by a few numbers, and a list of them in two halves.

`SHAPES` were looked at while the rule `trusted` was written; `UNSEEN` were run, never looked into.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from merge_worlds import World

NAMES = (
    "ada",
    "bo",
    "cy",
    "dee",
    "eve",
    "fay",
    "gus",
    "hal",
    "ike",
    "joy",
    "kit",
    "lou",
    "max",
    "ned",
    "ona",
)


@dataclass(frozen=True)
class Shape:
    """What a world is made of. Shares are of cells; `accuracy` and `cover` are drawn by source from a range.

    `kind`: `number` (the wrong ones near and far), `category` (of `values`), `authors` (a list of names, written in
    several ways, of which one is the truth). `common`: how many of the wrong ones say the cell's one usual mistake.
    `groups`: for each group of copies its size, the accuracy of its original and how much is copied; `chain`: each
    copies from the one before it and not all from the first; `ring`: the first one also from the last. `copied`: in
    how many of the columns it copies. `experts`: a source is good in its one column and bad in the others. `feeds`:
    for each upstream feed the sites that show it and by column how often it means what is asked, else all its sites
    show its other meaning. `stale`: sources lag, and say what was true then.
    """

    entities: int = 200
    columns: int = 3
    sources: int = 20
    accuracy: tuple[float, float] = (0.5, 0.95)
    cover: tuple[float, float] = (0.4, 0.9)
    kind: str = "number"
    values: int = 12
    common: float = 0.3
    groups: tuple[tuple[int, float, float], ...] = ()
    chain: bool = False
    ring: bool = False
    copied: float = 1.0
    experts: bool = False
    stale: bool = False
    feeds: tuple[tuple[int, tuple[float, ...]], ...] = ()
    official: float = 0.0


def world(seed: int, shape: Shape) -> World:
    """Make a world of the shape."""
    return _Maker(seed, shape).made()


class _Maker:
    def __init__(self, seed: int, shape: Shape) -> None:
        self.rng, self.shape = np.random.default_rng(seed), shape
        self.size = (shape.entities, shape.columns)
        self.told: dict[str, pl.DataFrame] = {}
        self.truth, self.usual = self._truth(), self._truth()
        # What was true one, two, three days ago; a third of the cells change each day.
        self.past = [self.truth]
        for _ in range(3):
            self.past.append(np.where(self.rng.random(self.size) < 0.33, self._truth(), self.past[-1]))

    def made(self) -> World:
        """Tell everything."""
        shape, official = self.shape, ()
        if shape.official:
            own = np.where(self.rng.random(self.size) < 0.99, self.truth, self._wrong())
            self._add("official", own, shape.official)
            official = ("official",)
        for number, (sites, meant) in enumerate(shape.feeds):
            self._feed(number, sites, meant)
        for number, (size, accuracy, rate) in enumerate(shape.groups):
            self._copies(number, size, accuracy, rate)
        for number in range(max(0, shape.sources - len(self.told))):
            self._add(f"site-{number:02}", self._said(self.rng.uniform(*shape.accuracy), number))
        known = {f"c{c}": self.truth[:, c].tolist() for c in range(shape.columns)}
        return World(pl.DataFrame({"id": np.arange(shape.entities)} | known), self.told, official)

    def _truth(self) -> np.ndarray:
        if self.shape.kind == "number":
            return np.round(self.rng.lognormal(5, 0.7, self.size), 1)
        if self.shape.kind == "category":
            words = np.array([f"v{n}" for n in range(self.shape.values)], dtype=object)
            return self.rng.choice(words, self.size, p=self.rng.dirichlet(np.ones(self.shape.values) * 2))
        return np.array([[self._authors() for _ in range(self.size[1])] for _ in range(self.size[0])], object)

    def _authors(self) -> str:
        picked = self.rng.choice(NAMES, (int(self.rng.integers(1, 4)), 2))
        return "; ".join(f"{first} {last}son" for first, last in picked)

    def _wrong(self) -> np.ndarray:
        usual = self.rng.random(self.size) < self.shape.common
        return np.where(usual, self.usual, self._own_mistakes())

    def _own_mistakes(self) -> np.ndarray:
        if self.shape.kind == "number":
            near = np.round(self.truth * (1 + self.rng.normal(0, 0.01, self.size)), 1)
            return np.where(self.rng.random(self.size) < 0.6, near, self._truth())
        if self.shape.kind == "category":
            return self._truth()
        return np.array([[self._written(t) for t in row] for row in self.truth], dtype=object)

    def _written(self, text: str) -> str:
        people = text.split("; ")
        kind = int(self.rng.integers(0, 4))
        if kind == 0 and len(people) > 1:
            return "; ".join(people[:-1])
        if kind == 1:
            return "; ".join(", ".join(p.split()[::-1]) for p in people)
        if kind == 2:
            return "; ".join(f"{p[0]}. {p.split()[1]}" for p in people)
        return "; ".join(people[::-1]) if len(people) > 1 else text.replace("son", "sen")

    def _said(self, accuracy: float, number: int) -> np.ndarray:
        chance = np.full(self.size[1], accuracy)
        if self.shape.experts:
            chance[:] = 0.3
            chance[number % self.size[1]] = 0.95
        right = self.truth
        if self.shape.stale:
            right = self.past[int(self.rng.integers(0, 4))]
        return np.where(self.rng.random(self.size) < chance, right, self._wrong())

    def _copies(self, number: int, size: int, accuracy: float, rate: float) -> None:
        first = before = self._said(accuracy, number)
        copied = self.rng.random(self.size[1]) < self.shape.copied
        for copy in range(size):
            own = self._said(self.rng.uniform(*self.shape.accuracy), copy)
            taken = (self.rng.random(self.size) < rate) & copied
            said = np.where(taken, before if self.shape.chain else first, own)
            if self.shape.ring and copy == size - 1:
                again = self.rng.random(self.size) < rate / 2
                self._add(f"group{number}-0", np.where(again, said, first))
            if not (self.shape.ring and copy == 0):
                self._add(f"group{number}-{copy}", said)
            before = said

    def _feed(self, number: int, sites: int, meant: tuple[float, ...]) -> None:
        other = np.where(self.rng.random(self.size) < 0.1, self.truth, self.usual)
        shown = np.where(self.rng.random(self.size) < np.array(meant), self.truth, other)
        for site in range(sites):
            own = self._said(self.rng.uniform(*self.shape.accuracy), site)
            taken = self.rng.random(self.size) < self.rng.choice([0.8, 0.95, 1.0])
            self._add(f"feed{number}-{site}", np.where(taken, shown, own))

    def _add(self, name: str, values: np.ndarray, cover: float | None = None) -> None:
        share = self.rng.uniform(*self.shape.cover) if cover is None else cover
        knows = self.rng.random(self.size) < share
        columns = [
            pl.Series(f"c{c}", values[:, c].tolist()).set(pl.Series(~knows[:, c]), None)
            for c in range(self.size[1])
        ]
        frame = pl.DataFrame({"id": np.arange(self.size[0])}).with_columns(columns)
        frame = frame.filter(pl.any_horizontal(pl.exclude("id").is_not_null()))
        self.told[name] = frame.with_row_index("_row", offset=1).with_columns(_landing_id=pl.lit(name))


FEEDS = (
    (5, (0.97, 0.15, 0.6, 0.97)),
    (4, (0.97, 0.15, 0.05, 0.97)),
    (3, (0.97, 0.95, 0.97, 0.97)),
    (2, (0.97, 0.9, 0.92, 0.97)),
    (3, (0.97, 0.4, 0.95, 0.97)),
    (3, (0.97, 0.15, 0.05, 0.97)),
)
FEW_FEEDS = ((6, (0.95, 0.1, 0.2)), (3, (0.95, 0.95, 0.9)), (2, (0.95, 0.9, 0.95)), (2, (0.9, 0.2, 0.9)))

SHAPES: Mapping[str, Shape] = {
    "feeds of two meanings": Shape(
        columns=4, sources=24, entities=120, feeds=FEEDS, accuracy=(0.4, 0.9), common=0.7, official=0.5
    ),
    "few strong, many weak": Shape(
        sources=24, accuracy=(0.2, 0.45), groups=((1, 0.96, 1.0),) * 3, common=0.7, official=0.6
    ),
    "copies in half of the columns": Shape(
        columns=4, sources=14, groups=((5, 0.45, 0.9), (4, 0.55, 0.9)), copied=0.5, common=0.6, official=0.7
    ),
    "experts of one column": Shape(sources=15, experts=True, common=0.6),
    "3 claims a cell": Shape(
        entities=600, sources=40, cover=(0.03, 0.12), accuracy=(0.5, 0.98), kind="category", values=30
    ),
    "authors, many sellers": Shape(
        entities=300,
        columns=1,
        sources=60,
        cover=(0.02, 0.2),
        kind="authors",
        accuracy=(0.3, 0.9),
        common=0.5,
    ),
    "other feeds": Shape(
        columns=3, sources=16, entities=150, feeds=FEW_FEEDS, accuracy=(0.4, 0.9), common=0.7, official=0.4
    ),
    "few strong categories": Shape(
        sources=20, accuracy=(0.25, 0.5), groups=((1, 0.95, 1.0),) * 4, kind="category", official=0.6
    ),
    "copy chains": Shape(
        sources=17,
        groups=((6, 0.5, 0.85), (5, 0.6, 0.85)),
        chain=True,
        kind="category",
        values=40,
        official=0.7,
    ),
    "copy ring": Shape(sources=12, groups=((6, 0.4, 0.9),), chain=True, ring=True, common=0.6, official=0.7),
    "experts, categories": Shape(columns=4, sources=20, experts=True, kind="category", values=20, common=0.6),
    "3 numbers a cell": Shape(entities=800, sources=30, cover=(0.05, 0.15), accuracy=(0.5, 0.98), common=0.5),
    "stale": Shape(sources=14, stale=True, accuracy=(0.8, 0.98), common=0.2, official=0.7),
    "authors, copied": Shape(
        entities=200,
        columns=1,
        sources=30,
        cover=(0.1, 0.4),
        kind="authors",
        groups=((6, 0.4, 0.95),),
        common=0.5,
    ),
}
UNSEEN: Mapping[str, Shape] = {
    "weather-like": Shape(
        columns=5, sources=12, accuracy=(0.4, 0.9), cover=(0.7, 1.0), common=0.5, official=0.3
    ),
    "products, feeds": Shape(
        columns=5,
        sources=22,
        entities=250,
        kind="category",
        values=60,
        feeds=(
            (6, (0.95, 0.3, 0.9, 0.1, 0.8)),
            (5, (0.9, 0.9, 0.95, 0.95, 0.9)),
            (4, (0.95, 0.2, 0.5, 0.2, 0.9)),
            (3, (0.9, 0.9, 0.3, 0.9, 0.95)),
        ),
        accuracy=(0.5, 0.9),
        common=0.6,
        official=0.5,
    ),
    "ring and chain": Shape(
        columns=4,
        sources=22,
        groups=((5, 0.55, 0.8), (4, 0.5, 0.9)),
        chain=True,
        ring=True,
        common=0.5,
        official=0.6,
    ),
    "copied in part, categories": Shape(
        columns=4,
        sources=20,
        groups=((5, 0.5, 0.6), (5, 0.6, 0.6)),
        copied=0.6,
        kind="category",
        values=25,
        official=0.6,
    ),
    "stale, many": Shape(sources=26, stale=True, accuracy=(0.7, 0.98), cover=(0.2, 0.6), common=0.3),
    "few weak": Shape(sources=6, accuracy=(0.45, 0.85), cover=(0.6, 0.9), kind="category", values=15),
    "authors, two columns": Shape(
        entities=250,
        columns=2,
        sources=45,
        cover=(0.05, 0.3),
        kind="authors",
        accuracy=(0.35, 0.9),
        common=0.4,
    ),
}
