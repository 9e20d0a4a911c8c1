"""Batches as torch tensors: alone, or under torch's own DataLoader with any number of workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from dq.errors import ConfigError
from dq.training.blocks import Column
from dq.training.loader import Loader

try:
    import torch
    from torch.utils.data import DataLoader, IterableDataset, get_worker_info
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise
    raise ConfigError(
        "dq.training.torch needs torch, and it is not installed",
        hint="install torch, or iterate over dq.training.Loader: it gives numpy arrays without it",
    ) from error


def tensors(batch: Mapping[str, Column]) -> dict[str, Any]:
    """Give numbers as tensors over the same memory, dates and times as int64 tensors, all else as lists."""
    return {name: _tensor(array) for name, array in batch.items()}


class TorchDataset(IterableDataset):  # type: ignore[misc]
    """A loader's batches as dicts of tensors, for `DataLoader(dataset, batch_size=None, num_workers=k)`.

    Each worker makes every k-th batch, so that the order is the loader's with any number of workers. Call
    `set_epoch` before each epoch, and count the steps for `state_at`: what workers have made ahead is not
    done. `TorchLoader` does both by itself.
    """

    def __init__(self, loader: Loader) -> None:
        super().__init__()
        self._loader = loader
        self._place = torch.zeros(2, dtype=torch.int64).share_memory_()
        self._share()

    def __len__(self) -> int:
        """Give how many batches the pass has."""
        return len(self._loader)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Give this worker's batches of the pass."""
        info = get_worker_info()
        epoch, consumed = self._place.tolist()
        start = {**self._loader.state_at(0), "epoch": epoch, "consumed": consumed}
        if self._loader.state_at(0) != start:
            self._loader.load_state_dict(start)
        first, stride = (info.id, info.num_workers) if info else (0, 1)
        for batch in self._loader.walk(range(first, len(self._loader), stride)):
            yield tensors(batch)

    def set_epoch(self, epoch: int) -> None:
        """Go to the start of an epoch, in workers that live on too; stay if it is this one."""
        self._loader.set_epoch(epoch)
        self._share()

    def state_at(self, step: int) -> dict[str, Any]:
        """Give the state after `step` batches of this pass."""
        return self._loader.state_at(step)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken."""
        self._loader.load_state_dict(state)
        self._share()

    def _share(self) -> None:
        place = self._loader.state_at(0)
        self._place.copy_(torch.tensor([place["epoch"], place["consumed"]]))


class TorchLoader:
    """A loader's batches as dicts of tensors on `device`, with the loader's length, epochs and exact state.

    Without workers the next window is read by a thread while this one is used, which is the fastest for most
    data; with `num_workers` batches are made in processes. On CUDA batches are pinned and copied without
    blocking.
    """

    def __init__(
        self,
        loader: Loader,
        *,
        device: str | torch.device | None = None,
        num_workers: int = 0,
        pin_memory: bool | None = None,
    ) -> None:
        self._loader = loader
        self._dataset = TorchDataset(loader)
        self._device = None if device is None else torch.device(device)
        on_cuda = self._device is not None and self._device.type == "cuda"
        self._pin = on_cuda if pin_memory is None else pin_memory
        self._workers = num_workers
        self._step = 0

    def __len__(self) -> int:
        """Give how many batches a pass has."""
        return len(self._loader)

    @property
    def epoch(self) -> int:
        """The epoch that a pass reads."""
        return self._loader.epoch

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Give the batches of the epoch; at its end, move on to the next."""
        self._step = 0
        batches = DataLoader(
            self._dataset,
            batch_size=None,
            num_workers=self._workers,
            pin_memory=self._pin,
            collate_fn=_as_it_is,
        )
        for batch in batches:
            self._step += 1
            yield self._move(batch)
        self.set_epoch(self.epoch + 1)

    def set_epoch(self, epoch: int) -> None:
        """Go to the start of an epoch; stay where the loader is if it is in that epoch already."""
        if epoch != self.epoch:
            self._step = 0
        self._dataset.set_epoch(epoch)

    def state_dict(self) -> dict[str, Any]:
        """Give where the latest pass stands: what was yielded, not what was made ahead."""
        return self._dataset.state_at(self._step)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken, with any number of workers and ranks."""
        self._dataset.load_state_dict(state)
        self._step = 0

    def _move(self, batch: dict[str, Any]) -> dict[str, Any]:
        if self._device is None:
            return batch
        return {
            name: value.to(self._device, non_blocking=True) if isinstance(value, torch.Tensor) else value
            for name, value in batch.items()
        }


def _as_it_is(batch: dict[str, Any]) -> dict[str, Any]:
    return batch


def _tensor(array: Column) -> Any:
    if array.dtype == object:
        return array.tolist()
    return torch.from_numpy(array.view(np.int64) if array.dtype.kind == "M" else array)
