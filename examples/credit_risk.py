"""Whether a credit turns out bad, learnt from the newest passed release of `finance`.

python -m examples.credit_risk [data/releases]
"""
# ruff: noqa: T201

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from dq.release import open_release
from dq.training import Loader
from examples.linear import Fields, Softmax, area_under_curve

EPOCHS = 30


def main(root: Path) -> float:
    """Train, print accuracy and area under the curve on the test split, give the area."""
    release = open_release("finance", root)
    features, label = release.manifest.features, release.manifest.label or ""
    train = Loader(release, "train", batch_size=64)
    fields = Fields(train, features)
    model = Softmax(["good", "bad"], rate=0.05, decay=1e-3)
    for epoch in range(EPOCHS):
        train.set_epoch(epoch)
        for batch in train:
            model.learn(fields.rows(batch), batch[label])

    test = Loader(release, "test", batch_size=1_000).batch(0)
    bad = model.probabilities(fields.rows(test))[:, 1]
    truly = test[label] == "bad"
    print(f"{release.dataset}@v{release.version}: {train.rows:,} applicants, {EPOCHS} epochs")
    majority = max(np.mean(truly), np.mean(~truly))
    print(f"  accuracy {np.mean((bad > 0.5) == truly):.3f}   majority {majority:.3f}")
    print(f"  area under the curve {area_under_curve(bad, truly):.3f}   chance 0.500   n {len(truly):,}")
    return area_under_curve(bad, truly)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "data/releases"))
