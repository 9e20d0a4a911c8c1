"""Sentiment of English and Chinese texts, learnt from the newest passed release of `social`, and from raw texts.

Raw: the published scores and lists as they stand, with copies, markup, and texts that carry both labels. With what is
tested left out, so plain a model learns as much from them. What copies spoil is the score: split row by row, many
tested texts stand in the training rows too, and the model claims more than it can. Both are printed.

python -m examples.sentiment [data/releases]
"""
# ruff: noqa: T201

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from dq.release import Release, open_release
from dq.release.release import releases_home
from dq.training import Loader
from examples.linear import Softmax, words
from examples.raw import ABSENT, not_held, raw_rows

EPOCHS, BATCH, REPEATS = 8, 128, 3
LABELS = ("negative", "neutral", "positive")


def main(root: Path) -> float:
    """Train on released and on raw texts, print both accuracies on the released test split, give the former."""
    release = open_release("social", root)
    test = list(Loader(release, "test", 512, columns=["text", "language", "label"]))
    tested = {key: np.concatenate([batch[key] for batch in test]) for key in ("text", "language", "label")}
    models, seen = [], Counter[str]()
    for seed in range(REPEATS):
        model = Softmax(LABELS, rate=0.3)
        train = Loader(release, "train", BATCH, columns={"text": "string", "label": "string"}, seed=seed)
        for _ in range(EPOCHS):
            for batch in train:
                model.learn(words(batch["text"]), batch["label"])
                seen.update(batch["label"].tolist())
        models.append(model)
    print(f"{release.dataset}@v{release.version}: {train.rows:,} texts, {EPOCHS} epochs, {REPEATS} models")
    right = score("released", models, tested, seen.most_common(1)[0][0])

    tables = raw_rows(root, "social", ["raw.social__vader", "raw.social__reviews_zh"])
    if tables is None:
        print(ABSENT)
        return right
    raw = unlike(labelled(tables), release)
    models = []
    for seed in range(REPEATS):
        model = Softmax(LABELS, rate=0.3)
        for text, label in shuffled(raw, seed):
            model.learn(words(text), label)
        models.append(model)
    score("raw", models, tested, seen.most_common(1)[0][0])
    print(f"  raw       trained on {raw.height:,} texts, {raw['text'].n_unique():,} of them different")
    claim = split_by_row(labelled(tables).drop_nulls("text"))
    print(f"  raw       {claim}")
    return right


def split_by_row(raw: pl.DataFrame) -> str:
    """Say what a split by row claims of the same model, and how many of its test texts it has seen in training."""
    order = np.random.default_rng(0).permutation(raw.height)
    test, train = raw[order[: raw.height // 10]], raw[order[raw.height // 10 :]]
    model = Softmax(LABELS, rate=0.3)
    for text, label in shuffled(train, 0):
        model.learn(words(text), label)
    said = model.classes[model.probabilities(words(test["text"])).argmax(1)]
    known = test["text"].is_in(train["text"].unique().implode())
    return (
        f"split by row it claims {np.mean(said == test['label'].to_numpy()):.3f}, "
        f"and {np.mean(known.to_numpy()):.0%} of its test texts stand in its training rows too"
    )


def score(name: str, models: Sequence[Softmax], tested: dict[str, np.ndarray], usual: str) -> float:
    """Print the accuracy by language beside that of always saying what is usual; give the accuracy over all."""
    language, label, rows = tested["language"], tested["label"], words(tested["text"])
    hits = np.array([model.classes[model.probabilities(rows).argmax(1)] == label for model in models])
    for group in ("all", "en", "zh"):
        of = (language == group) | (group == "all")
        if of.any():
            right = hits[:, of].mean(axis=1)
            print(
                f"  {name:9} {group:3}  accuracy {right.mean():.3f} ± {right.std():.3f}   "
                f"majority {(label[of] == usual).mean():.3f}   n {of.sum():,}"
            )
    return float(hits.mean())


def labelled(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Give raw texts with the label that the file itself gives them."""
    mean = pl.col("mean").cast(pl.Float64, strict=False)
    rated = tables["raw.social__vader"].select(
        "text",
        "split",
        label=pl.when(mean <= -0.5)
        .then(pl.lit("negative"))
        .when(mean >= 0.5)
        .then(pl.lit("positive"))
        .otherwise(pl.lit("neutral")),
    )
    lists = tables["raw.social__reviews_zh"].select(
        pl.col("review").alias("text"),
        "split",
        label=pl.col("label").replace_strict({"pos": "positive", "neg": "negative"}),
    )
    return pl.concat([rated, lists])


def unlike(raw: pl.DataFrame, release: Release) -> pl.DataFrame:
    """Leave out what is tested, and raw copies of it: they would give the answers away."""
    tested = pl.col("text").str.replace_all(r"\s", "").str.to_lowercase()
    held = [
        text
        for split in ("validation", "test")
        if split in release.manifest.splits
        for batch in Loader(release, split, 512, columns=["text"])
        for text in batch["text"]
    ]
    known = pl.DataFrame({"text": held}, schema={"text": pl.String}).select(tested)["text"].unique()
    return not_held(raw.drop_nulls("text")).filter(~tested.is_in(known.implode()))


def shuffled(raw: pl.DataFrame, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give as many epochs of raw batches, each in another order."""
    text, label = raw["text"].to_numpy(), raw["label"].to_numpy()
    for epoch in range(EPOCHS):
        order = np.random.default_rng((seed, epoch)).permutation(len(text))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            yield text[rows], label[rows]


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else releases_home())
