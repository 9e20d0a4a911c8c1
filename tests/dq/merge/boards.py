"""A made-up world with known truth, in the shape of flight times on many web sites.

Sources are right more or less often; when wrong, many show the same stale value; groups of them copy from one
another, the largest groups from bad sources; every source misses part of the entities; some entities are
hard.
"""

import numpy as np
import polars as pl

GROUPS = ((5, 0.50), (4, 0.45), (3, 0.90))
ALONE = 8


def board(seed: int, entities: int = 600, hard: float = 0.2):
    """The truth by entity, the sources by name, and how often each is right."""
    rng = np.random.default_rng(seed)
    truth, stale = rng.integers(0, 1440, entities), rng.integers(0, 1440, entities)
    toil = rng.random(entities) < hard
    told, skill = {}, {}

    def report(accuracy):
        chance = np.clip(accuracy + np.where(toil, -0.35, 0.05), 0.05, 1)
        wrong = np.where(rng.random(entities) < 0.6, stale, rng.integers(0, 1440, entities))
        return np.where(rng.random(entities) < chance, truth, wrong)

    def add(name, accuracy, values):
        shown = rng.random(entities) < rng.uniform(0.4, 0.95)
        rows = pl.DataFrame({"id": np.arange(entities), "at": values}).filter(pl.Series(shown))
        told[name] = rows.with_row_index("_row", offset=1).with_columns(_landing_id=pl.lit(name))
        skill[name] = accuracy

    for group, (size, accuracy) in enumerate(GROUPS):
        original = report(accuracy)
        for copy in range(size):
            taken = rng.random(entities) < rng.uniform(0.9, 0.99)
            add(f"g{group}-{copy}", accuracy, np.where(taken, original, report(accuracy)))
    for number in range(ALONE):
        accuracy = rng.uniform(0.5, 0.97)
        add(f"alone-{number}", accuracy, report(accuracy))
    return dict(enumerate(truth.tolist())), told, skill
