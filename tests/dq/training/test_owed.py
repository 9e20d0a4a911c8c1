"""Batches that workers of torch's DataLoader owe: made where they are used, the loader's in any case."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed; the loader itself needs none")

from torch.utils.data import DataLoader  # noqa: E402

from dq.errors import IntegrityError, PromiseError  # noqa: E402
from dq.release import Release  # noqa: E402
from dq.training import Loader  # noqa: E402
from dq.training.owed import PASSES, Maker, Makers  # noqa: E402
from dq.training.torch import TorchDataset  # noqa: E402
from tests.dq.training.releases import release, table  # noqa: E402

COLUMNS = ["id", "x", "text", "tokens", "seen"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return release(tmp_path_factory.mktemp("releases"), table(2_000))


def loader(made: Release, **more: Any) -> Loader:
    return Loader(made, "train", 64, columns=COLUMNS, window=2, lanes=4, **more)


def numbers(batches: Any) -> list[int]:
    return [number for batch in batches for number in batch["id"].tolist()]


@pytest.mark.parametrize(
    "more", [{}, {"persistent_workers": True, "prefetch_factor": 5}, {"in_order": False}]
)
def test_all_columns_arrive_as_without_workers(made: Release, more: dict[str, Any]) -> None:
    """Numbers, text, lists and dates; two epochs; also where batches may come in the order in which they are ready."""
    dataset = TorchDataset(loader(made))
    batches = DataLoader(dataset, batch_size=None, num_workers=2, **more)
    plain = loader(made)
    for epoch in range(2):
        dataset.set_epoch(epoch)
        found, wanted = list(batches), list(plain)
        if more.get("in_order", True):
            assert numbers(found) == numbers(wanted)
        by_first = {int(batch["id"][0]): batch for batch in found}
        assert len(by_first) == len(wanted)
        for batch in wanted:
            there = by_first[int(batch["id"][0])]
            assert list(there) == COLUMNS
            assert there["text"] == batch["text"].tolist()
            assert there["seen"].tolist() == batch["seen"].astype(int).tolist()
            assert [list(one) for one in there["tokens"]] == [list(one) for one in batch["tokens"]]


def test_passes_at_once_and_broken_off_do_not_disturb_each_other(made: Release) -> None:
    """Three in turns over one dataset, more than are kept, two of them left early; and one from a state."""
    dataset = TorchDataset(loader(made))
    whole = numbers(loader(made))
    passes = [iter(DataLoader(dataset, batch_size=None, num_workers=1)) for _ in range(PASSES + 1)]
    found = [[next(one) for one in passes] for _ in range(6)]
    for place in range(len(passes)):
        assert numbers(batches[place] for batches in found) == whole[: 6 * 64]
    assert numbers(passes[0]) == whole[6 * 64 :]
    dataset.load_state_dict(dataset.state_at(7))
    assert numbers(DataLoader(dataset, batch_size=None, num_workers=2)) == whole[7 * 64 :]


def test_the_same_pass_again_begins_again(made: Release) -> None:
    """A generator that is seeded each time names the passes alike."""
    dataset, whole = TorchDataset(loader(made)), numbers(loader(made))

    def batches() -> Any:
        return iter(
            DataLoader(dataset, batch_size=None, num_workers=1, generator=torch.Generator().manual_seed(1))
        )

    begun = batches()
    assert numbers(next(begun) for _ in range(4)) == whole[: 4 * 64]
    assert numbers(batches()) == whole


def test_what_comes_amiss_is_given_once(made: Release) -> None:
    """Steps asked for in any order give their batches; all given, nothing is kept."""
    makers, plain = Makers(loader(made)), loader(made)
    steps = list(range(len(plain)))
    random.Random(0).shuffle(steps)
    state = plain.state_at(0)
    for step in steps:
        batch = makers.give((1, 1, ()), state, step)
        assert batch["id"].tolist() == plain.batch(step)["id"].tolist()
    assert makers._makers == {}
    maker = Maker(loader(made), range(3, 9, 2))
    assert maker.give(7) is not None
    assert maker.give(7) is None


def test_a_collate_of_ones_own_sees_the_batch_in_the_worker(made: Release) -> None:
    """It reads, adds, or gives something else; what it leaves alone is not sent."""

    def collate(batch: Any) -> Any:
        if int(batch["id"][0]) % 2:
            return {**batch, "process": os.getpid(), "names": sorted(batch), "many": len(batch)}
        batch["process"] = os.getpid()
        return batch

    dataset = TorchDataset(loader(made))
    found = list(DataLoader(dataset, batch_size=None, num_workers=2, collate_fn=collate))
    assert numbers(found) == numbers(loader(made))
    assert len({batch["process"] for batch in found} - {os.getpid()}) == 2
    assert {tuple(batch["names"]) for batch in found if "names" in batch} == {tuple(sorted(COLUMNS))}


@pytest.fixture
def broken(tmp_path: Path) -> Loader:
    """Give a loader of a release of which one byte was changed."""
    changed = release(tmp_path, table(500))
    path = changed.path / "data" / "train-00000.parquet"
    body = bytearray(path.read_bytes())
    body[10] ^= 1
    path.write_bytes(body)
    return Loader(changed, "train", 64, columns=["id"])


def test_an_error_comes_where_the_batch_would_have_come(broken: Loader) -> None:
    """A changed byte is refused in the loop, by its own name."""
    with pytest.raises(IntegrityError, match="not what was published"):
        list(DataLoader(TorchDataset(broken), batch_size=None, num_workers=2))


def test_an_error_is_there_for_every_worker(broken: Loader) -> None:
    """The second worker's word may come first: the first one's has the error too, and no quiet end of the epoch."""
    maker = Maker(broken, range(len(broken)))
    for step in (1, 0, 2):
        with pytest.raises(IntegrityError, match="not what was published"):
            maker.give(step)


def test_an_error_leaves_what_was_made_before_it(made: Release) -> None:
    """A step that the pass does not have is dq's own fault, and said; the batch before it is given."""
    whole = loader(made)
    maker = Maker(whole, range(len(whole)))
    maker._made = (batch for batch in [whole.batch(0)])  # a pass that ends too early
    with pytest.raises(PromiseError, match=f"before step 1 of {len(whole)}"):
        maker.give(1)
    assert maker.give(0) is not None


def test_workers_that_are_spawned_owe_too(made: Release) -> None:
    """Nothing is inherited there: the dataset goes to them as bytes, and is the one that they owe to."""
    dataset = TorchDataset(loader(made))
    batches = DataLoader(dataset, batch_size=None, num_workers=1, multiprocessing_context="spawn")
    assert numbers(batches) == numbers(loader(made))
