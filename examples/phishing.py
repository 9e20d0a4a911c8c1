"""Whether a web site is phishing, learnt from the newest passed release of `finance__phishing`.

Many sites look alike. Split row by row, most test rows stand in the training rows too, and the score flatters; the
release keeps sites that look alike in one split. Both are printed, of the same model on the same rows.

python -m examples.phishing [data/releases]
"""
# ruff: noqa: T201

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.ensemble import RandomForestClassifier

from dq.release import open_release
from dq.release.release import releases_home
from dq.training import Loader
from dq.training.sklearn import arrays
from examples.raw import ABSENT, raw_rows

REPEATS = 20


def main(root: Path) -> float:
    """Train, print the accuracy on patterns never seen and on a split by row, give the former."""
    release = open_release("finance__phishing", root)
    (x, y), (unseen, truly) = (
        arrays(Loader(release, split, 256, matrix=True)) for split in ("train", "test")
    )
    right = [
        np.mean(RandomForestClassifier(random_state=seed).fit(x, y).predict(unseen) == truly)
        for seed in range(REPEATS)
    ]
    print(f"{release.dataset}@v{release.version}: {len(y):,} sites, {REPEATS} forests")
    majority = max(np.mean(truly), np.mean(~truly))
    print(
        f"  released  accuracy {np.mean(right):.3f} ± {np.std(right):.3f}   majority {majority:.3f}   n {len(truly):,}"
    )
    raw = raw_rows(root, release.dataset, ["raw.finance__phishing"])
    if raw is None:
        print(ABSENT)
    else:
        rows = raw["raw.finance__phishing"]
        signs = rows.select(release.manifest.features).cast(pl.Float64).to_numpy()
        print(f"  raw       {split_by_row(signs, rows['is_phishing'].to_numpy() == '1')}")
    return float(np.mean(right))


def split_by_row(x: np.ndarray, y: np.ndarray) -> str:
    """Say what a split by row claims of the same model, and how many of its test rows it has seen in training."""
    claimed, seen = [], []
    for seed in range(REPEATS):
        order = np.random.default_rng(seed).permutation(len(y))
        test, train = order[: len(y) // 10], order[len(y) // 10 :]
        model = RandomForestClassifier(random_state=seed).fit(x[train], y[train])
        claimed.append(np.mean(model.predict(x[test]) == y[test]))
        known = {row.tobytes() for row in x[train]}
        seen.append(np.mean([row.tobytes() in known for row in x[test]]))
    return (
        f"split by row it claims {np.mean(claimed):.3f} ± {np.std(claimed):.3f}, "
        f"and {np.mean(seen):.0%} of its test rows look like one it was trained on"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else releases_home())
