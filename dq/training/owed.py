"""Batches that a worker owes: it sends a word for each, and the process that asked for them makes them.

torch's DataLoader takes some 0.2 ms of CPU to bring anything at all from a worker, and with many workers each reads
every block of the epoch. To send a batch costs that again for short rows and several times that for texts, while to
make one costs less than the word does. So what needs no transform is made where it is used, whatever `num_workers` is.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any
from weakref import WeakValueDictionary

from torch._utils import ExceptionWrapper

from dq.errors import PromiseError
from dq.training.ahead import ahead
from dq.training.loader import Loader
from dq.training.pool import Batch, split_rows
from dq.training.sent import Sent
from dq.training.tensors import tensors

AHEAD = 2
"""How many runs of batches (see `Loader.runs`) a thread makes before they are asked for."""
PASSES = 2
"""How many passes over one dataset may be under way without one of them reading its windows anew."""
AMISS = 256
"""How many steps amiss batches may be asked for, as one worker's word comes before another's."""
Turn = tuple[int, int, tuple[Any, ...]]


def made_ahead(loader: Loader, steps: Sequence[int]) -> Generator[Batch]:
    """Give the batches of these ascending steps, which a thread makes before they are asked for."""
    with closing(ahead(loader.runs(loader.cut(steps)), AHEAD)) as runs:
        for run, sizes in runs:
            yield from split_rows(run, sizes)


class Maker:
    """Makes the batches of one pass in their order; those that come before they are asked for wait.

    Where one cannot be made, all that are asked for from then on have its error: words of several workers come in any
    order, and to end quietly for the second would be to train on a part of the rows.
    """

    def __init__(self, loader: Loader, steps: Sequence[int]) -> None:
        self.loader = loader
        self._left, self._made = iter(steps), made_ahead(loader, steps)
        self._open = len(steps)
        self._early: dict[int, Batch] = {}
        self._failed: Exception | None = None

    def give(self, step: int) -> Batch | None:
        """Give the batch of a step that was not given yet, None where it was."""
        while step not in self._early:
            if self._failed is not None:
                raise self._failed
            at = next(self._left, None)
            if at is None:
                return None
            self._early[at] = self._next(at)
        self._open -= 1
        return self._early.pop(step)

    def _next(self, step: int) -> Batch:
        try:
            return next(self._made)
        except StopIteration:  # which a DataLoader would take for the end of the epoch
            self._failed = PromiseError(f"the pass ended before step {step} of {len(self.loader)}")
            raise self._failed from None
        except Exception as error:
            self._failed = error
            raise

    @property
    def done(self) -> bool:
        """Whether every batch was given."""
        return self._open == 0

    def close(self) -> Loader:
        """Stop, and give the loader for another pass: what it has verified it need not verify again."""
        self._made.close()
        return self.loader


class Makers:
    """The makers of one dataset, where it lives: one a pass, the latest few."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._makers: dict[Turn, Maker] = {}
        self._idle: Loader | None = None
        self._one_at_a_time = threading.Lock()

    def give(self, turn: Turn, state: Mapping[str, Any], step: int) -> Batch:
        """Give the batch of a step of the pass that `turn` names and that began at `state`."""
        with self._one_at_a_time:
            maker = self._makers.get(turn)
            batch = maker.give(step) if maker else None
            if maker is None or batch is None:
                maker = self._begin(turn, state, step)
                batch = maker.give(step)
            if batch is None:
                raise IndexError(f"step {step} of {len(maker.loader)}")
            if maker.done:
                self._idle = self._makers.pop(turn).close()
            return batch

    def _begin(self, turn: Turn, state: Mapping[str, Any], step: int) -> Maker:
        """Put a maker in the place of that of the same pass, which began anew, or of the oldest."""
        while self._makers and (turn in self._makers or len(self._makers) >= PASSES):
            oldest = turn if turn in self._makers else next(iter(self._makers))
            self._idle = self._makers.pop(oldest).close()
        loader, self._idle = self._idle or self._loader.twin(), None
        loader.load_state_dict(state)
        self._makers[turn] = maker = Maker(loader, range(step if step > AMISS else 0, len(loader)))
        return maker


class Owed:
    """A batch that is not made yet; unpickled where its dataset lives, it is the batch itself.

    A `collate_fn` that looks into it in the worker finds it made there, and what it makes of it is sent. No `Mapping`,
    since torch's own collating would look into that.
    """

    def __init__(self, dataset: str, turn: Turn, state: Mapping[str, Any], step: int, here: Maker) -> None:
        self._word, self._here = (dataset, turn, state, step), here
        self._made: dict[str, Any] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Be a word, or where it was looked into, the batch."""
        return (_redeemed, self._word) if self._made is None else Sent(self._made).__reduce__()

    def __getitem__(self, name: str) -> Any:
        return self._batch[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._batch[name] = value

    def __iter__(self) -> Iterator[str]:
        return iter(self._batch)

    def __len__(self) -> int:
        return len(self._batch)

    def __getattr__(self, name: str) -> Any:
        """Give a dict's methods; torch asks for some attributes of its own, which a batch doesn't have either."""
        if name.startswith("_") or not hasattr(dict, name):
            raise AttributeError(name)
        return getattr(self._batch, name)

    @property
    def _batch(self) -> dict[str, Any]:
        if self._made is None:
            self._made = tensors(self._here.give(self._word[-1]) or {})
        return self._made


DATASETS: WeakValueDictionary[str, Any] = WeakValueDictionary()
"""Who is owed to, by name: what has a `makers`."""


def _redeemed(dataset: str, turn: Turn, state: Mapping[str, Any], step: int) -> Any:
    """Make what a worker owed; an error is one of the worker, as torch's DataLoader knows them."""
    try:
        return tensors(DATASETS[dataset].makers.give(turn, state, step))
    except Exception:  # noqa: BLE001 - raised again by the DataLoader, where the batch would have come
        return ExceptionWrapper(where="in the place of a DataLoader worker")
