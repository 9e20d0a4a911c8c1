"""Keras 3, on any of its backends: a loader as the `PyDataset` that `model.fit` takes."""

from __future__ import annotations

from threading import Lock
from typing import Any

from dq.errors import ConfigError
from dq.training.loader import Loader
from dq.training.pairs import Pairs, Transform

try:
    from keras.utils import PyDataset
except ModuleNotFoundError as error:
    if error.name != "keras":
        raise
    raise ConfigError(
        "dq.training.keras needs Keras 3, and it is not installed",
        hint="install keras and one of its backends, or iterate over dq.training.Loader: it gives numpy arrays",
    ) from error


class KerasDataset(PyDataset):  # type: ignore[misc]
    """A loader's batches as (x, y), for `model.fit(KerasDataset(loader), shuffle=False, epochs=…)`.

    Each epoch of `fit` is the loader's next one, shuffled by the loader: `shuffle=False` keeps Keras from asking for
    batches in an order of its own, which is right too, but reads a window of blocks for each. `state_at(step)` is what
    to keep beside a checkpoint after `step` batches of this epoch.
    """

    def __init__(self, loader: Loader, transform: Transform | None = None, **more: Any) -> None:
        super().__init__(**more)
        self._loader, self._pairs = loader, Pairs(loader, transform)
        self._next, self._walk = 0, loader.walk(range(len(loader)))
        self._one_at_a_time = Lock()

    def __len__(self) -> int:
        """Give how many batches an epoch has."""
        return len(self._loader)

    def __getitem__(self, step: int) -> tuple[Any, Any]:
        """Give the batch of a step; steps that are asked for in turn are streamed."""
        with self._one_at_a_time:
            if step != self._next:
                self._walk = self._loader.walk(range(step, len(self)))
            self._next = (
                -1
            )  # a walk that fails is over: whoever asks again has the error again, no end of the epoch
            batch = self._pairs.of(next(self._walk))
            self._next = step + 1
            return batch

    def on_epoch_end(self) -> None:
        """Go to the next epoch's order, or where this one was only looked into, back to its start; Keras calls it."""
        with self._one_at_a_time:
            if self._next == len(self):
                self._loader.set_epoch(self._loader.epoch + 1)
            self._next, self._walk = 0, self._loader.walk(range(len(self)))

    def state_at(self, step: int) -> dict[str, Any]:
        """Give the loader's state after `step` batches of this epoch."""
        return self._loader.state_at(step)
