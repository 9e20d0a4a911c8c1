"""Batches as torch tensors: alone, or under torch's own DataLoader with any number of workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

from dq.errors import ConfigError, PromiseError
from dq.training.loader import Loader
from dq.training.space import Column

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

from dq.training.owed import DATASETS, Maker, Makers, Owed, made_ahead
from dq.training.sent import Sent
from dq.training.tensors import tensors

Transform = Callable[[dict[str, Column]], Mapping[str, Any]]
PLACE = ("lanes", "window", "seed", "epoch", "consumed")
"""What of a state can change in a loader's life: shared with workers, which live on between epochs."""


class TorchDataset(IterableDataset):  # type: ignore[misc]
    """A loader's batches as dicts of tensors, for `DataLoader(dataset, batch_size=None, num_workers=k)`.

    Each worker answers for every k-th batch, so that the order is the loader's with any number of workers. Call
    `set_epoch` before each epoch, and count the steps for `state_at`: what workers have made ahead is not
    done. `TorchLoader` does both by itself. `transform`, say a tokenizer, is given each batch of numpy arrays
    in the worker and gives a dict of what the model wants; without one a batch is made where it is asked for, which
    costs less than to send it (see `dq.training.owed`).
    """

    def __init__(self, loader: Loader, transform: Transform | None = None) -> None:
        super().__init__()
        self._loader, self._transform = loader, transform
        self._place = torch.zeros(len(PLACE), dtype=torch.int64).share_memory_()
        self._share()
        self._name, self._turns = uuid4().hex, 0
        self._remember()

    def __getstate__(self) -> dict[str, Any]:
        """Leave behind what is being made: a worker makes its own."""
        return {name: value for name, value in self.__dict__.items() if name != "makers"}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Be the same dataset in another process."""
        self.__dict__.update(state)
        self._remember()

    def _remember(self) -> None:
        """Be found by what a worker of this process, or of one that this is a copy for, owes."""
        self.makers = Makers(self._loader)
        DATASETS[self._name] = self

    def __len__(self) -> int:
        """Give how many batches the pass has."""
        return len(self._loader)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Give this worker's batches of the pass."""
        worker, workers = self._follow()
        steps, info = range(worker, len(self._loader), workers), get_worker_info()
        if info and not self._transform:
            yield from self._owed(steps, info.seed - worker)
            return
        for batch in self._loader.walk(steps):
            made = tensors(self._transform(batch) if self._transform else batch)
            yield Sent(made) if info else made

    def _owed(self, steps: Sequence[int], seed: int) -> Iterator[Any]:
        """Give a word for each batch; all workers of a pass name it alike."""
        self._turns += 1
        state, here = self._loader.state_at(0), Maker(self._loader, steps)
        for step in steps:
            yield Owed(self._name, (seed, self._turns, tuple(state.values())), state, step, here)

    def _follow(self) -> tuple[int, int]:
        """Go where the main process's loader is; give which worker this is, of how many."""
        info = get_worker_info()
        here = self._loader.state_at(0)
        there = {**here, **dict(zip(PLACE, self._place.tolist(), strict=True))}
        if here != there:
            self._loader.load_state_dict(there)
        return (info.id, info.num_workers) if info else (0, 1)

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
        self._place.copy_(torch.tensor([place[name] for name in PLACE]))


class TorchLoader:
    """A loader's batches as dicts of tensors on `device`, with the loader's length, epochs and exact state.

    The next window is read by a thread while this one is used. With `num_workers`, batches are made ahead too: by
    another thread, since numbers are copied without the GIL and a queue between processes costs many times what the
    batch does; or, where there is a `transform` (see `TorchDataset`), by so many processes, which live on from epoch to
    epoch: one pass at a time. On CUDA batches are pinned
    and copied without blocking; `pin_memory` does nothing where there is no accelerator, as in torch.
    """

    def __init__(
        self,
        loader: Loader,
        *,
        device: str | torch.device | None = None,
        num_workers: int = 0,
        transform: Transform | None = None,
        pin_memory: bool | None = None,
    ) -> None:
        self._loader = loader
        self._dataset, self._transformed = TorchDataset(loader, transform), transform is not None
        self._device = None if device is None else torch.device(device)
        on_cuda = self._device is not None and self._device.type == "cuda"
        self._pin = (on_cuda if pin_memory is None else pin_memory) and torch.accelerator.is_available()
        self._workers = num_workers
        self._processes: DataLoader | None = None
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
        self._step, given, due = 0, 0, len(self)
        for batch in self._batches():
            self._step, given = self._step + 1, given + 1
            yield self._move(batch)
        if given != due:  # torch's processes stand between: no epoch ends early in silence
            raise PromiseError(f"the epoch ended after {given:,} of {due:,} batches")
        self.set_epoch(self.epoch + 1)

    def _batches(self) -> Iterator[dict[str, Any]]:
        if not self._workers:
            return iter(self._dataset)
        if not self._transformed:
            return (tensors(batch) for batch in made_ahead(self._loader, range(len(self))))
        if self._processes is None:
            self._processes = DataLoader(
                self._dataset,
                batch_size=None,
                num_workers=self._workers,
                collate_fn=_as_it_is,
                persistent_workers=True,
            )
        batches: Iterator[dict[str, Any]] = iter(self._processes)
        return batches

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
        if self._device is None and not self._pin:
            return batch
        return {
            name: self._tensor_there(value) if isinstance(value, torch.Tensor) else value
            for name, value in batch.items()
        }

    def _tensor_there(self, value: torch.Tensor) -> torch.Tensor:
        pinned = value.pin_memory() if self._pin else value
        return pinned if self._device is None else pinned.to(self._device, non_blocking=True)


def _as_it_is(batch: Any) -> Any:
    return batch
