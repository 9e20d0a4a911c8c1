"""Whether a patient has heart disease, learnt from the newest passed release of `medical`.

The run is broken off in its middle and taken up by another loader from its state, as after a crash: the model
is the one of an undisturbed run.

python -m examples.diagnosis [data/releases]
"""
# ruff: noqa: T201

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from dq.release import Release, open_release
from dq.training import Loader
from examples.linear import Fields, Softmax, area_under_curve

EPOCHS = 30


def main(root: Path) -> float:
    """Train, print accuracy and area under the curve on the test split, give the area."""
    release = open_release("medical", root)
    label = release.manifest.label or ""
    fields = Fields(Loader(release, "train", batch_size=64), release.manifest.features)
    whole, broken = (Softmax(["False", "True"], rate=0.05, decay=1e-3) for _ in range(2))
    train(whole, fields, release, state=None, stop=None)
    state = train(broken, fields, release, state=None, stop=50)
    train(broken, fields, release, state=state, stop=None)

    test = Loader(release, "test", batch_size=10_000).batch(0)
    ill, truly = whole.probabilities(fields.rows(test))[:, 1], test[label].astype(np.bool_)
    same = np.array_equal(ill, broken.probabilities(fields.rows(test))[:, 1])
    rows = release.manifest.splits["train"]
    print(f"{release.dataset}@v{release.version}: {rows:,} patients, {EPOCHS} epochs")
    majority = max(np.mean(truly), np.mean(~truly))
    print(f"  accuracy {np.mean((ill > 0.5) == truly):.3f}   majority {majority:.3f}")
    print(f"  area under the curve {area_under_curve(ill, truly):.3f}   chance 0.500   n {len(truly):,}")
    print(f"  broken off after 50 steps and resumed: {'the same model' if same else 'ANOTHER MODEL'}")
    return area_under_curve(ill, truly)


def train(
    model: Softmax, fields: Fields, release: Release, *, state: dict[str, Any] | None, stop: int | None
) -> dict[str, Any]:
    """Train from `state` on to the end, or for `stop` steps; give the state."""
    loader = Loader(release, "train", batch_size=16)
    if state:
        loader.load_state_dict(state)
    steps = 0
    for epoch in range(loader.epoch, EPOCHS):
        loader.set_epoch(epoch)
        for batch in loader:
            model.learn(fields.rows(batch), batch[release.manifest.label or ""].astype(str))
            steps += 1
            if steps == stop:
                return loader.state_dict()
    return loader.state_dict()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "data/releases"))
