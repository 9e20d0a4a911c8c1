"""How probable each label of a row is, by a small model that has not seen the row: evidence for doubting a label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dq.clean.normal_text import normal_text
from dq.errors import ContractError
from dq.required_columns import require
from dq.stable_hash import stable_hash

FOLDS = 5
BINS = 10
MOST_CODES = 50
PULL = 3.0
"""How strongly, in rows, what is seen of a piece in one class is drawn towards what is seen of it in all."""
PIECE = r"\p{Han}|[^\s\p{Han}]+"
TEMPERATURES = (1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 35.0, 60.0)
ROW = "__dq_row"
Scores = NDArray[np.float64]
"""One row per row of the frame, one column per class."""


def out_of_fold(
    frame: pl.DataFrame,
    features: Sequence[str],
    label: str,
    *,
    group: str,
    folds: int = FOLDS,
    salt: str = "labels",
) -> tuple[pl.DataFrame, dict[str, str]]:
    """Give `frame` with a probability for each class, and the column of each class, as label doubts want them.

    A row is judged by the rows of other folds alone; rows of one `group` (an entity, a text) are in one fold. The model
    is naive Bayes over words and pairs of neighbouring words of texts, codes, and tenths of numbers, its certainty
    tempered to what it gets right: no match for a model made for the task, but quick, explainable, and the same in any
    order of the rows. Null features say nothing; rows without a label are judged by all others.

    >>> rows = pl.DataFrame({"id": range(40), "t": ["good day", "bad day"] * 20, "y": ["pos", "neg"] * 20})
    >>> told, of = out_of_fold(rows, ["t"], "y", group="id")
    >>> bool((told[of["pos"]] > 0.5).eq(rows["y"] == "pos").all())
    True

    Raises:
        SchemaError: where a column is missing.
        ContractError: where there are fewer than two classes.

    """
    require(frame, (*features, label, group), "doubting labels")
    classes = frame[label].cast(pl.String).drop_nulls().unique().sort().to_list()
    if len(classes) < 2:
        raise ContractError("two classes at least are needed to doubt a label", where=label)
    fold = stable_hash(frame[group].cast(pl.String).fill_null(""), salt).to_numpy() % folds
    rows = pl.DataFrame(
        {ROW: np.arange(frame.height), "fold": fold.astype(np.int64), "label": frame[label].cast(pl.String)}
    )
    pieces = _pieces(frame, features)
    scores = _log_likelihood(rows, pieces, classes)
    known = frame[label].is_not_null().to_numpy()
    truth = rows["label"].replace_strict(classes, range(len(classes)), default=-1).to_numpy()
    probabilities = _tempered(scores, truth, known)
    of = {name: f"probability:{name}" for name in classes}
    added = [pl.Series(column, probabilities[:, at]) for at, column in enumerate(of.values())]
    return frame.with_columns(added), of


def _pieces(frame: pl.DataFrame, features: Sequence[str]) -> pl.DataFrame:
    """Give what each row says, a row a piece: `ROW`, `piece`; each piece once a row."""
    numbered = frame.lazy().with_row_index(ROW).with_columns(pl.col(ROW).cast(pl.Int64))
    parts = [_of_feature(numbered, name, frame[name]) for name in features]
    return pl.concat(parts).drop_nulls().unique().collect(engine="streaming")


def _of_feature(numbered: pl.LazyFrame, name: str, cells: pl.Series) -> pl.LazyFrame:
    if cells.dtype == pl.String and cells.n_unique() > MOST_CODES:
        words = numbered.select(ROW, normal_text(name).str.extract_all(PIECE).alias("word")).explode("word")
        follows = pl.col("word").shift(-1).over(ROW)
        pairs = words.with_columns(word=pl.col("word") + " " + follows)
        return pl.concat([words, pairs]).select(ROW, piece=pl.lit(f"{name}: ") + pl.col("word"))
    if cells.dtype.is_numeric() and cells.n_unique() > BINS:
        numbers = cells.cast(pl.Float64)
        found = (numbers.quantile(at / BINS, "nearest") for at in range(1, BINS))
        tenth = (
            pl.col(name)
            .cast(pl.Float64)
            .bin_intervals(sorted({cut for cut in found if cut is not None}), labels=False, right_closed=True)
            .cast(pl.String)
        )
        return numbered.select(ROW, piece=pl.lit(f"{name} in ") + tenth)
    return numbered.select(ROW, piece=pl.lit(f"{name} = ") + pl.col(name).cast(pl.String))


def _log_likelihood(rows: pl.DataFrame, pieces: pl.DataFrame, classes: Sequence[str]) -> Scores:
    """Give, a row and class, the log of how likely the row is in that class by the rows of the other folds.

    How often a piece is met in a class is drawn towards how often it is met at all: else the smallest class, where a
    piece never met weighs least, would win whatever is rare.
    """
    # Added up in one order per row: in another, floats give another sum.
    ordered = pieces.sort(ROW, pl.col("piece").hash())
    row = ordered[ROW].to_numpy()
    piece = ordered["piece"].cast(pl.Categorical).to_physical().to_numpy()
    fold = rows["fold"].to_numpy()
    label = (
        rows["label"]
        .replace_strict(classes, range(len(classes)), default=-1, return_dtype=pl.Int64)
        .to_numpy()
    )
    folds, size = int(fold.max()) + 1, int(piece.max()) + 1 if len(piece) else 0
    met, there = np.zeros((len(classes), folds, size)), np.zeros((len(classes), folds))
    for at in range(len(classes)):
        there[at] = np.bincount(fold[label == at], minlength=folds)
        mine = label[row] == at
        np.add.at(met[at], (fold[row[mine]], piece[mine]), 1)
    elsewhere, rows_elsewhere = met.sum(axis=1, keepdims=True) - met, there.sum(axis=1, keepdims=True) - there
    all_met, all_rows = elsewhere.sum(axis=0), rows_elsewhere.sum(axis=0)
    known = all_met[fold[row], piece] > 0
    row, piece = row[known], piece[known]
    drawn = PULL * all_met[fold[row], piece] / all_rows[fold[row]]
    out = np.zeros((rows.height, len(classes)))
    for at in range(len(classes)):
        log = np.log((elsewhere[at][fold[row], piece] + drawn) / (rows_elsewhere[at][fold[row]] + PULL))
        out[:, at] = np.bincount(row, weights=log, minlength=rows.height) + np.log(
            rows_elsewhere[at][fold] + 1
        )
    return out


def _tempered(scores: Scores, truth: NDArray[np.int64], known: NDArray[np.bool_]) -> Scores:
    """Give probabilities, their certainty such as makes the given labels most likely: naive Bayes is too sure."""

    def at(temperature: float) -> Scores:
        flat = scores / temperature
        flat -= flat.max(axis=1, keepdims=True)
        shares = np.exp(flat)
        return np.asarray(shares / shares.sum(axis=1, keepdims=True), dtype=np.float64)

    where = np.flatnonzero(known)
    loss = [-np.log(at(heat)[where, truth[where]] + 1e-12).sum() for heat in TEMPERATURES]
    return at(TEMPERATURES[int(np.argmin(loss))])
