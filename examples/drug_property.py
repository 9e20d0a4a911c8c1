"""Whether a drug crosses the blood-brain barrier, learnt from the newest passed release of `medical__barrier`.

The structure is read as text: runs of one to four signs of its SMILES. Raw data hold skeletons that carry both labels.

python -m examples.drug_property [data/releases]
"""
# ruff: noqa: T201

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import SGDClassifier

from dq.release import open_release
from dq.release.release import releases_home
from dq.training import Loader
from dq.training.sklearn import arrays
from examples.linear import area_under_curve
from examples.raw import ABSENT, not_held, raw_rows

EPOCHS, REPEATS = 20, 5
SIGNS = HashingVectorizer(
    analyzer="char", ngram_range=(1, 4), lowercase=False, n_features=2**16, alternate_sign=False
)


def main(root: Path) -> float:
    """Train on released and on raw molecules, print both on the released test split, give the released one's area."""
    release = open_release("medical__barrier", root)
    (smiles, label), (unseen, truly) = (arrays(Loader(release, split, 512)) for split in ("train", "test"))
    x_test = SIGNS.transform(unseen)
    print(
        f"{release.dataset}@v{release.version}: {len(label):,} molecules, {EPOCHS} epochs, {REPEATS} models"
    )
    majority = max(np.mean(truly), np.mean(~truly))
    area = _score("released", smiles, label, x_test, truly)
    raw = raw_rows(root, release.dataset, ["raw.medical__b3db", "core.medical__b3db"])
    if raw is None:
        print(ABSENT)
    else:
        rows = not_held(_unlike(raw["raw.medical__b3db"]))
        _score("raw", rows["SMILES"].to_list(), rows["BBB+/BBB-"].to_numpy() == "BBB+", x_test, truly)
    print(f"  majority  accuracy {majority:.3f}   area 0.500   n {len(truly):,}")
    return area


def _unlike(rows: pl.DataFrame) -> pl.DataFrame:
    """Leave out raw molecules whose skeleton is tested: a refused twin would give the answer away."""
    skeleton = pl.col("Inchi").str.extract(r"^InChI=1S?/([^/]*(?:/c[^/]*)?(?:/h[^/]*)?)")
    held = rows.filter(pl.col("split").is_in(["validation", "test"])).select(skeleton)["Inchi"]
    return rows.filter(~skeleton.is_in(held.implode()) | pl.col("split").is_in(["validation", "test"]))


def _score(name: str, smiles: Sequence[str], label: np.ndarray, x_test: object, truly: np.ndarray) -> float:
    x, right, area = SIGNS.transform(smiles), [], []
    for seed in range(REPEATS):
        model = SGDClassifier(loss="log_loss", alpha=1e-5, max_iter=EPOCHS, tol=None, random_state=seed).fit(
            x, label
        )
        said = model.decision_function(x_test)
        right.append(np.mean((said > 0) == truly))
        area.append(area_under_curve(said, truly))
    print(
        f"  {name:8}  accuracy {np.mean(right):.3f} ± {np.std(right):.3f}   area {np.mean(area):.3f} ± "
        f"{np.std(area):.3f}   trained on {len(label):,}"
    )
    return float(np.mean(area))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else releases_home())
