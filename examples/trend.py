"""How many purchases a day will bring, learnt from the newest passed release of `finance__trend`.

A Poisson regression on what was known the evening before, tested on the last days, against three simple guesses.

python -m examples.trend [data/releases]
"""
# ruff: noqa: T201

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.linear_model import PoissonRegressor

from dq.release import open_release
from dq.release.release import releases_home
from dq.training import Loader
from dq.training.sklearn import arrays
from examples.raw import ABSENT, raw_rows

ALPHAS = (1e-3, 1e-2, 1e-1, 1.0)
Model = Callable[[np.ndarray], np.ndarray]


def main(root: Path) -> float:
    """Train, print the mean absolute error on the last days, give it as a share of the best simple guess's."""
    release = open_release("finance__trend", root)
    splits = ("train", "validation", "test")
    loaders = {split: Loader(release, split, 1_000, matrix=True) for split in splits}
    names = loaders["test"].matrix_columns
    known, check, (later, truly) = (arrays(loader) for loader in loaders.values())
    model = min(
        (_fitted(*known, names, alpha) for alpha in ALPHAS), key=lambda one: _error(one(check[0]), check[1])
    )
    error = _error(model(later), truly)
    guesses = {
        name: _error(later[:, names.index(name)], truly)
        for name in ("day_before", "week_before", "mean_of_week")
    }
    print(f"{release.dataset}@v{release.version}: {len(known[1]):,} days, tested on the {len(truly):,} last")
    print(f"  released  mean absolute error {error:.2f} purchases a day, of {np.mean(truly):.1f}")
    for name, guess in guesses.items():
        print(f"  guess     {guess:.2f}   as {name.replace('_', ' ')}")
    raw = raw_rows(root, release.dataset, ["raw.finance__cdnow"])
    if raw is None:
        print(ABSENT)
    else:
        counted = dict(raw["raw.finance__cdnow"].group_by("date").len().iter_rows())
        days = next(iter(Loader(release, "test", 1_000, columns=["day", "purchases"])))
        named = [str(day).replace("-", "") for day in days["day"]]
        other = sum(counted.get(day, 0) != count for day, count in zip(named, days["purchases"], strict=True))
        print(
            f"  raw       counts differ on {other:,} of {len(named):,} days{'' if other else ': nothing to gain'}"
        )
    return error / min(guesses.values())


def _fitted(x: np.ndarray, y: np.ndarray, names: tuple[str, ...], alpha: float) -> Model:
    """Learn how far a day is from its week's mean, as the level itself falls all the time."""
    week = names.index("mean_of_week")
    model = PoissonRegressor(alpha=alpha, max_iter=1_000)
    model.fit(_seen(x, names), y / x[:, week], sample_weight=x[:, week])
    return lambda days: model.predict(_seen(days, names)) * days[:, week]


def _seen(x: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """Give what the model sees: each count against the week's mean, as logarithms, and each weekday as a column."""
    weekday, week = names.index("weekday"), names.index("mean_of_week")
    counts = np.log1p(np.delete(x, [weekday, week], axis=1)) - np.log1p(x[:, [week]])
    return np.hstack([counts, x[:, [weekday]] == np.arange(1, 8)])


def _error(said: np.ndarray, truly: np.ndarray) -> float:
    return float(np.mean(np.abs(said - truly)))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else releases_home())
