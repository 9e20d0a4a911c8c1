"""How good the shuffle is, on the hardest case (rows sorted by label), measured on the order itself."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.release import Release
from dq.release.splitmix import Rows, permutation
from dq.training import Loader
from dq.training.order import Epoch
from tests.dq.training.releases import release

ROWS, BLOCK, BATCH = 120_000, 256, 64


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """469 blocks where lanes and windows hold 64: read as a stream, not as one permutation."""
    frame = pl.DataFrame({"id": np.arange(ROWS)}).with_columns(
        x=pl.lit(0.0).cast(pl.Float32), label=pl.col("id") >= ROWS // 2, split=pl.lit("train")
    )
    return release(tmp_path_factory.mktemp("releases"), frame, block_limit=BLOCK)


def epoch_of(made: Release, epoch: int) -> Rows:
    loader = Loader(made, "train", BATCH, columns=["id"], epoch=epoch)
    return np.concatenate([batch["id"] for batch in loader])


def chi_squared(labels: np.ndarray) -> float:
    """Give chi² per degree of freedom of the label counts in batches: 1.0 is what chance gives."""
    whole = labels[: len(labels) // BATCH * BATCH].reshape(-1, BATCH)
    share = labels.mean()
    return float(((whole.sum(1) - BATCH * share) ** 2 / (BATCH * share * (1 - share))).mean())


def meet_again(first: Rows, second: Rows) -> float:
    """Give how many pairs share a batch in both epochs, over what independent permutations give."""
    batch_of = np.empty(ROWS, dtype=np.int64)
    batch_of[first] = np.arange(ROWS) // BATCH
    other = np.empty(ROWS, dtype=np.int64)
    other[second] = np.arange(ROWS) // BATCH
    together = np.unique(batch_of * ROWS + other, return_counts=True)[1]
    return float((together * (together - 1) / 2).sum() / (ROWS * (BATCH - 1) / 2 * (BATCH - 1) / (ROWS - 1)))


def test_an_epoch_is_as_random_as_a_full_permutation(made: Release) -> None:
    """Sorted labels: the counts in batches scatter as chance does, and no trend is left along the epoch."""
    order = epoch_of(made, 0)
    labels = order >= ROWS // 2
    assert chi_squared(permutation(ROWS, 1) >= ROWS // 2) == pytest.approx(1, abs=0.1)
    assert chi_squared(labels) == pytest.approx(1, abs=0.1)
    assert abs(np.corrcoef(np.arange(ROWS), order)[0, 1]) < 0.02
    assert (np.abs(np.diff(order)) == 1).mean() < 10 / ROWS


def test_epochs_are_independent(made: Release) -> None:
    """Pairs meet again as by chance: blocks ÷ (lanes × window)² = 0.11 more, and not 100s of times."""
    first, second = epoch_of(made, 0), epoch_of(made, 1)
    independent = meet_again(permutation(ROWS, 1), permutation(ROWS, 2))
    assert independent == pytest.approx(1, abs=0.15)
    assert 0.85 < meet_again(first, second) < 1.3
    assert abs(np.corrcoef(np.argsort(first), np.argsort(second))[0, 1]) < 0.15


@settings(max_examples=200)
@given(
    rows=st.integers(1, 400),
    block_rows=st.integers(1, 40),
    lanes=st.integers(1, 9),
    window=st.integers(1, 5),
    epoch=st.integers(0, 3),
)
def test_windows_hold_every_row_once(rows: int, block_rows: int, lanes: int, window: int, epoch: int) -> None:
    """Whatever the sizes, the windows of all lanes are the split, and none is larger than promised."""
    plan = Epoch("hash", "train", 0, epoch, rows=rows, block_rows=block_rows, lanes=lanes, window=window)
    found = []
    for lane in range(plan.active_lanes):
        edges = plan.edges[lane]
        assert (np.diff(edges) > 0).all() or plan.rows < lanes
        for number in range(len(edges) - 1):
            parts = list(plan.parts(lane, number))
            count = sum(part.last - part.first for part in parts)
            assert sorted(plan.shuffle(lane, number).tolist()) == list(range(count))
            assert count <= window * block_rows * (lanes if plan.whole else 1)
            found += [part.block * block_rows + row for part in parts for row in range(part.first, part.last)]
        share = rows // plan.active_lanes + (lane < rows % plan.active_lanes)
        assert edges[-1] == share
    assert sorted(found) == list(range(rows))
