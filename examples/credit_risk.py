"""Whether a credit turns out bad, learnt from the newest passed release of `finance`, and from the raw pages.

Raw: the bank's pages as they read, of which one column was sorted by itself and is wrong for 599 of 1,000 applicants.

python -m examples.credit_risk [data/releases]
"""
# ruff: noqa: T201

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from dq.release import open_release
from dq.release.release import releases_home
from dq.training import Loader
from examples.linear import Fields, Softmax, area_under_curve
from examples.raw import ABSENT, raw_rows

EPOCHS, BATCH, REPEATS = 30, 64, 5
Columns = dict[str, np.ndarray]


def main(root: Path) -> float:
    """Train on released and on raw applicants, print both on the same test applicants, give the released area."""
    release = open_release("finance", root)
    features, label = release.manifest.features, release.manifest.label or ""
    train, test = (
        whole(list(Loader(release, split, 1_000, columns=[release.manifest.key, *features, label])))
        for split in ("train", "test")
    )
    truly = test[label] == "bad"
    print(
        f"{release.dataset}@v{release.version}: {len(train[label]):,} applicants, {EPOCHS} epochs, {REPEATS} models"
    )
    print(f"  majority  accuracy {max(np.mean(truly), np.mean(~truly)):.3f}   area 0.500   n {len(truly):,}")
    area = score("released", train, train[label], test, truly, features=features)
    tables = raw_rows(root, "finance", ["raw.finance__applicant_pages"])
    if tables is None:
        print(ABSENT)
    else:
        raw = typed(tables["raw.finance__applicant_pages"])
        columns = [name for name in raw.columns if name not in {"applicant", "creditability", "split"}]
        parts = {split: part for (split,), part in raw.group_by("split") if split is not None}
        learnt, asked = ({n: p[n].to_numpy() for n in columns} for p in (parts["train"], parts["test"]))
        said = parts["train"]["creditability"].to_numpy()
        score(
            "raw", learnt, said, asked, parts["test"]["creditability"].to_numpy() == "bad", features=columns
        )
    return area


def score(
    name: str, train: Columns, label: np.ndarray, test: Columns, truly: np.ndarray, *, features: Sequence[str]
) -> float:
    """Train, print accuracy and area under the curve, give the area; means over models of other orders."""
    fields, right, areas = Fields([train], features), [], []
    for seed in range(REPEATS):
        model = Softmax(["good", "bad"], rate=0.05, decay=1e-3)
        for epoch in range(EPOCHS):
            order = np.random.default_rng((seed, epoch)).permutation(len(label))
            for start in range(0, len(order), BATCH):
                rows = order[start : start + BATCH]
                model.learn(fields.rows({key: train[key][rows] for key in features}), label[rows])
        bad = model.probabilities(fields.rows(test))[:, 1]
        right.append(np.mean((bad > 0.5) == truly))
        areas.append(area_under_curve(bad, truly))
    print(
        f"  {name:9} accuracy {np.mean(right):.3f} ± {np.std(right):.3f}   "
        f"area {np.mean(areas):.3f} ± {np.std(areas):.3f}"
    )
    return float(np.mean(areas))


def whole(batches: list[dict[str, Any]]) -> Columns:
    """Give the batches as one."""
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}


def typed(raw: pl.DataFrame) -> pl.DataFrame:
    """Give columns that read as numbers as numbers, and leave all else as it was read."""
    numbers = [
        name
        for name in raw.columns
        if raw[name].dtype == pl.String
        and raw[name].cast(pl.Float64, strict=False).null_count() == raw[name].null_count()
    ]
    return raw.with_columns(pl.col(numbers).cast(pl.Float64)).drop("^_.*$")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else releases_home())
