"""Whether a web site is phishing, learnt from the newest passed release of `finance__phishing`.

Many sites look alike. Split row by row, most test rows look like a training row; the release keeps sites that look
alike in one split. Whether that flatters is asked of the same model on the same rows, over many splits of either kind:
with nine signs of three values it hardly does, and that is printed too.

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
    """Train, print the accuracy on the released test split, and over splits by row and by pattern; give the first."""
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
        truth, alike = rows["is_phishing"].to_numpy() == "1", np.unique(signs, axis=0, return_inverse=True)[1]
        print(f"  raw       {over_splits('by row', signs, truth, np.arange(len(truth)))}")
        print(f"  raw       {over_splits('by pattern', signs, truth, alike)}")
    return float(np.mean(right))


def over_splits(name: str, x: np.ndarray, y: np.ndarray, group: np.ndarray) -> str:
    """Say how right the model is over many splits of whole groups, and how many test rows look like a known one."""
    right, seen = [], []
    for seed in range(REPEATS):
        order = np.random.default_rng(seed).permutation(group.max() + 1)
        tested = order[: np.searchsorted(np.cumsum(np.bincount(group)[order]), len(y) // 10) + 1]
        test = np.isin(group, tested)
        model = RandomForestClassifier(random_state=seed).fit(x[~test], y[~test])
        right.append(np.mean(model.predict(x[test]) == y[test]))
        known = {row.tobytes() for row in x[~test]}
        seen.append(np.mean([row.tobytes() in known for row in x[test]]))
    return (
        f"{REPEATS} splits {name}: accuracy {np.mean(right):.3f} ± {np.std(right):.3f}, "
        f"{np.mean(seen):.0%} of the test rows look like one that was trained on"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else releases_home())
