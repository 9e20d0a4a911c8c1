"""Sentiment of English and Chinese texts, learnt from the newest passed release of `social`.

python -m examples.sentiment [data/releases]
"""
# ruff: noqa: T201

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import numpy as np

from dq.release import open_release
from dq.training import Loader
from examples.linear import Softmax, words

EPOCHS = 8


def main(root: Path) -> float:
    """Train, print the accuracy on the test split against the commonest label's, give the accuracy."""
    release = open_release("social", root)
    train = Loader(release, "train", batch_size=128, columns={"text": "string", "label": "string"})
    model = Softmax(["negative", "neutral", "positive"], rate=0.3)
    seen: Counter[str] = Counter()
    for _ in range(EPOCHS):
        for batch in train:
            model.learn(words(batch["text"]), batch["label"])
            seen.update(batch["label"].tolist())

    right: dict[str, list[bool]] = {"all": [], "en": [], "zh": []}
    usual: dict[str, list[bool]] = {"all": [], "en": [], "zh": []}
    for batch in Loader(release, "test", batch_size=512, columns=["text", "language", "label"]):
        said = model.classes[model.probabilities(words(batch["text"])).argmax(1)]
        for language, hit, common in zip(
            batch["language"],
            said == batch["label"],
            batch["label"] == seen.most_common(1)[0][0],
            strict=True,
        ):
            for group in ("all", language):
                right[group].append(hit)
                usual[group].append(common)
    print(f"{release.dataset}@v{release.version}: {train.rows:,} texts, {EPOCHS} epochs")
    for group, hits in right.items():
        if hits:
            scores = f"accuracy {np.mean(hits):.3f}   majority {np.mean(usual[group]):.3f}"
            print(f"  {group:3}  {scores}   n {len(hits):,}")
    return float(np.mean(right["all"]))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "data/releases"))
