"""Tensors, alone and under torch's DataLoader, with its real worker processes."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed; the loader itself needs none")

from torch.utils.data import DataLoader  # noqa: E402

from dq.errors import PromiseError  # noqa: E402
from dq.release import Release  # noqa: E402
from dq.training import Loader  # noqa: E402
from dq.training.torch import TorchDataset, TorchLoader  # noqa: E402
from tests.dq.training.releases import release, table  # noqa: E402


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return release(Path(tmp_path_factory.mktemp("releases")), table(2_000))


def loader(made: Release) -> Loader:
    return Loader(
        made, "train", 64, columns=["id", "x", "count", "text", "seen", "label"], matrix=True, window=2
    )


def ids(batches: object) -> list[int]:
    return torch.cat([batch["id"] for batch in batches]).tolist()


def test_batches_are_tensors_and_lists(made: Release) -> None:
    """Numbers become tensors of the same type, dates int64, text a list."""
    batch = next(iter(TorchLoader(loader(made))))
    assert {name: value.dtype for name, value in batch.items() if name != "text"} == {
        "id": torch.int64,
        "features": torch.float32,
        "seen": torch.int64,
        "label": torch.bool,
    }
    assert len(batch["text"]) == 64


@pytest.mark.parametrize("workers", [0, 1])
def test_tensors_go_to_a_device_and_the_rest_stays(made: Release, workers: int) -> None:
    """Also where pinning was asked for and there is nothing to pin for."""
    batch = next(iter(TorchLoader(loader(made), device="meta", pin_memory=True, num_workers=workers)))
    assert {name: str(value.device) for name, value in batch.items() if name != "text"} == dict.fromkeys(
        ["id", "features", "seen", "label"], "meta"
    )
    assert isinstance(batch["text"], list)


@pytest.mark.skipif(not torch.accelerator.is_available(), reason="there is no accelerator here")
def test_batches_are_pinned_and_copied(made: Release) -> None:
    """On a GPU the values are the same as beside it."""
    there = TorchLoader(loader(made), device=torch.accelerator.current_accelerator())
    for batch, here in zip(there, TorchLoader(loader(made)), strict=True):
        assert torch.equal(batch["features"].cpu(), here["features"])


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_workers_do_not_change_the_order(made: Release, workers: int) -> None:
    """With any number of workers the batches are the loader's, and the next pass is the next epoch."""
    plain = loader(made)
    batches = TorchLoader(loader(made), num_workers=workers)
    assert ids(batches) == [number for batch in plain for number in batch["id"].tolist()]
    assert batches.epoch == 1
    if workers:
        assert ids(batches) == [number for batch in plain for number in batch["id"].tolist()]


def test_the_state_counts_what_was_given_not_what_was_made_ahead(made: Release) -> None:
    """Killed after 5 batches of a run with 2 workers that had made more, a run without goes on at batch 6."""
    whole = ids(TorchLoader(loader(made)))
    batches = TorchLoader(loader(made), num_workers=2)
    running = iter(batches)
    given = ids([next(running) for _ in range(5)])
    resumed = TorchLoader(loader(made))
    resumed.load_state_dict(batches.state_dict())
    assert given + ids(resumed) == whole


def test_living_workers_follow_the_epoch(made: Release) -> None:
    """Persistent workers, which never see the main process's loader again, still change epochs."""
    dataset = TorchDataset(loader(made))
    batches = DataLoader(dataset, batch_size=None, num_workers=1, persistent_workers=True)
    plain = loader(made)
    for epoch in range(2):
        dataset.set_epoch(epoch)
        assert ids(batches) == [number for batch in plain for number in batch["id"].tolist()]


@pytest.mark.parametrize("rows", [3, 40_000])
def test_what_a_worker_makes_arrives_as_it_was(tmp_path: Path, rows: int) -> None:
    """Small tensors sent as bytes, lists of them, large ones shared, and what numpy has no type for."""
    frame = table(rows).with_columns(split=pl.lit("train"))
    made = release(tmp_path, frame, block_limit=16_384)

    def odd(batch: dict[str, np.ndarray]) -> dict[str, object]:
        x = torch.from_numpy(batch["x"])
        return {
            **batch,
            "half": x.bfloat16(),
            "wide": x[:, None].expand(-1, 2),
            "learnt": x.clone().requires_grad_(),
        }

    plain, there = (
        DataLoader(TorchDataset(Loader(made, "train", rows), odd), batch_size=None, num_workers=workers)
        for workers in (0, 1)
    )
    for here, sent in zip(plain, there, strict=True):
        assert list(here) == list(sent)
        for name, value in here.items():
            if isinstance(value, torch.Tensor):
                assert (sent[name].dtype, sent[name].requires_grad) == (value.dtype, value.requires_grad)
                assert torch.equal(sent[name].nan_to_num(), value.nan_to_num())
                sent[name].detach().zero_()
            else:
                assert [type(one) for one in sent[name]] == [type(one) for one in value]
                assert all(np.array_equal(one, other) for one, other in zip(sent[name], value, strict=True))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_transform_runs_in_the_workers(made: Release, workers: int) -> None:
    """A tokenizer is given each batch and gives what the model wants, in the loader's order."""

    def lengths(batch: dict[str, np.ndarray]) -> dict[str, object]:
        count = np.array([len(text or "") for text in batch["text"]])
        return {"id": batch["id"], "length": torch.from_numpy(count), "process": os.getpid()}

    batches = list(TorchLoader(loader(made), num_workers=workers, transform=lengths))
    assert ids(batches) == ids(TorchLoader(loader(made)))
    text = table(2_000)["text"].fill_null("").str.len_chars()
    assert all(
        text[number] == length
        for b in batches
        for number, length in zip(b["id"].tolist(), b["length"].tolist(), strict=True)
    )
    assert len({batch["process"] for batch in batches} - {os.getpid()}) == workers


def test_processes_live_on_and_follow(made: Release) -> None:
    """The same two over epochs, a pass that is broken off, and a state that is loaded."""

    def named(batch: dict[str, np.ndarray]) -> dict[str, object]:
        return {"id": batch["id"], "process": os.getpid()}

    batches, plain = TorchLoader(loader(made), num_workers=2, transform=named), loader(made)
    seen = {batch["process"] for batch in batches}
    next(iter(batches))
    assert ids(batches) == ids(TorchLoader(Loader(made, "train", 64, columns=["id"], epoch=1, window=2)))
    batches.load_state_dict(plain.state_at(20))
    rest = list(batches)
    assert ids(rest) == [number for step in range(20, 25) for number in plain.batch(step)["id"].tolist()]
    assert {batch["process"] for batch in rest} == seen


def test_no_epoch_ends_early_in_silence(made: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where what stands between gives fewer batches, the loop fails, and the loader stays in the epoch."""
    tensors = TorchLoader(loader(made), num_workers=2, transform=dict)
    monkeypatch.setattr(DataLoader, "__iter__", lambda _: iter([{"id": torch.zeros(1)}]))
    with pytest.raises(PromiseError, match=f"after 1 of {len(tensors)} batches"):
        list(tensors)
    assert tensors.epoch == 0


def test_a_fork_in_the_middle_of_a_read_does_no_harm(made: Release) -> None:
    """Workers of a loader whose thread holds the lock of its files at that moment open files of their own."""
    reading = loader(made)
    reading.batch(0)
    assert reading._blocks is not None
    with reading._blocks._one_at_a_time:
        batches = DataLoader(TorchDataset(reading), batch_size=None, num_workers=1, timeout=300)
        assert ids(batches) == ids(TorchLoader(loader(made)))


def test_living_workers_follow_a_state_of_another_seed(made: Release) -> None:
    """All of the order that a state carries reaches workers that were started before it was loaded."""
    dataset = TorchDataset(loader(made))
    batches = DataLoader(dataset, batch_size=None, num_workers=1, persistent_workers=True)
    ids(batches)
    other = Loader(made, "train", 64, columns=["id"], seed=5, lanes=3, window=1)
    dataset.load_state_dict(other.state_at(4))
    assert ids(batches) == [number for step in range(4, 25) for number in other.batch(step)["id"].tolist()]
