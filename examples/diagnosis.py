"""Whether a patient has heart disease, learnt from the newest passed release of `medical`, and from its sources.

Raw: the four sources one under the other, each with the label that it gives, which is the opposite in two of them.

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
import polars as pl

from dq.release import Release, open_release
from dq.release.release import releases_home
from dq.training import Loader
from examples.linear import Fields, Softmax, area_under_curve
from examples.raw import ABSENT, not_held, raw_rows

EPOCHS = 30
SOURCES = ("uci", "statlog", "healthcare", "cardiac_arrest")


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
    print(f"  majority  accuracy {max(np.mean(truly), np.mean(~truly)):.3f}   area 0.500   n {len(truly):,}")
    print(
        f"  released  accuracy {np.mean((ill > 0.5) == truly):.3f}   area {area_under_curve(ill, truly):.3f}"
    )
    print(f"  {from_sources(root, release, test)}")
    print(
        f"  resumed   broken off after 50 steps and taken up: {'the same model' if same else 'ANOTHER MODEL'}"
    )
    return area_under_curve(ill, truly)


def from_sources(root: Path, release: Release, test: dict[str, Any]) -> str:
    """Say how a model does that learnt from all rows of all sources, each with its own label, and none merged."""
    tables = raw_rows(root, "medical", [f"core.medical__{name}" for name in SOURCES])
    if tables is None:
        return ABSENT.strip()
    label = release.manifest.label or ""
    names = [name for name in release.manifest.features if all(name in table for table in tables.values())]
    stacked = pl.concat([not_held(table).select(*names, label) for table in tables.values()])
    rows = {name: stacked[name].to_numpy() for name in names}
    fields, model = Fields([rows], names), Softmax(["False", "True"], rate=0.05, decay=1e-3)
    said = stacked[label].cast(pl.String).str.to_titlecase().to_numpy()
    for epoch in range(EPOCHS):
        order = np.random.default_rng(epoch).permutation(len(said))
        for start in range(0, len(order), 16):
            few = order[start : start + 16]
            model.learn(fields.rows({name: column[few] for name, column in rows.items()}), said[few])
    ill, truly = model.probabilities(fields.rows(test))[:, 1], test[label].astype(np.bool_)
    area = area_under_curve(ill, truly)
    return f"raw       accuracy {np.mean((ill > 0.5) == truly):.3f}   area {area:.3f}   trained on {len(said):,} rows"


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
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else releases_home())
