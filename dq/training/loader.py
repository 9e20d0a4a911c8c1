"""Ready batches from a release: exact, elastic, resumable, the same on every machine."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from operator import index
from pathlib import Path
from typing import Any, Literal

from dq.errors import ConfigError, IntegrityError
from dq.release.release import Release, open_release, read_release, release_folders
from dq.release.splitmix import Rows
from dq.training.blocks import Blocks
from dq.training.columns import MATRIX, chosen, matrices
from dq.training.in_order import InOrder
from dq.training.order import ALGORITHM, AS_PUBLISHED, Epoch
from dq.training.pool import Batch, Pool, chunks, split_rows
from dq.training.schedule import Schedule
from dq.training.state import State
from dq.training.stream import Stream


class Loader:
    """An iterable of batches: dicts of contiguous numpy arrays, one epoch a pass.

    Give a release's folder or address, `dataset@version` (under DQ_HOME or ./data), `dataset` (its newest
    passed version) or a `Release`. Columns are the features and the label unless named; `columns` as a
    mapping also says which dtype (as in the manifest) each must have. With `matrix=True`, all numeric and boolean
    features among them come as the columns of one row-major float32 array, `features`; with `matrix="by dtype"` as one
    array a dtype, `features_float32`, `features_int64` and so on. `matrices` says which is where.

    Text comes as an object array of `str`, lists as arrays in an object array. Nulls: NaN in numbers
    (integers and truth values that may be null are float64), NaT in dates, None in text and lists.

    The order depends on release, split, seed and epoch (and `lanes`, `window`: see `dq.training.order`),
    never on `world_size` or workers. Every row comes exactly once an epoch, on exactly one rank, and all
    ranks have equally many batches; see `dq.training.schedule` for the tail. A pass that ran to its end moves
    on to the next epoch; one that was broken off begins again where it began. At most `lanes` × `window`
    blocks (and one lane's more) are in memory.

    With `shuffle=False` every epoch has the published order, which is that of a hash: two blocks are in memory, and
    nothing is gathered. Its state is not that of a shuffled loader, and each refuses the other's.

    Raises:
        GateError: where the release did not pass its gate.
        IntegrityError: where a file is not what was published: its size at the first batch, each block's
            hash when it is first read.
        SchemaError: where a column is unknown or of another dtype than asked.
        ConfigError: for an unknown split, or a batch, rank or state that cannot be.

    """

    def __init__(
        self,
        release: Release | Path | str,
        split: str,
        batch_size: int,
        *,
        columns: Sequence[str] | Mapping[str, str] | None = None,
        matrix: bool | Literal["by dtype"] = False,
        seed: int = 0,
        epoch: int = 0,
        rank: int = 0,
        world_size: int = 1,
        drop_last: bool = False,
        lanes: int = 8,
        window: int = 8,
        shuffle: bool = True,
        verify: bool = True,
    ) -> None:
        self.release = (release if isinstance(release, Release) else open_release(release)).require_passed()
        manifest = self.release.manifest
        if split not in manifest.splits:
            raise ConfigError(
                f"{manifest.dataset} has no split {split!r}",
                hint=f"it has: {', '.join(manifest.splits) or 'none'}",
            )
        batch_size, seed, epoch = (
            _whole("batch_size", batch_size),
            _whole("seed", seed),
            _whole("epoch", epoch),
        )
        rank, world_size = _whole("rank", rank), _whole("world_size", world_size)
        lanes, window = _whole("lanes", lanes), _whole("window", window)
        if min(batch_size, world_size, lanes, window) < 1 or not 0 <= rank < world_size:
            raise ConfigError(
                f"batch_size {batch_size}, rank {rank} of {world_size}, {lanes} lanes of {window}",
                hint="rank is from 0 to world_size - 1, the others from 1",
            )
        self.split, self.batch_size, self.rank, self.world_size = split, batch_size, rank, world_size
        self.drop_last = drop_last
        self.columns = chosen(self.release, columns)
        self.matrices = matrices(self.release, self.columns, matrix)
        self._verify = verify
        self._origin = State(
            ALGORITHM if shuffle else AS_PUBLISHED,
            manifest.content_hash,
            split,
            lanes=lanes if shuffle else 1,
            window=window if shuffle else 1,
            seed=seed,
            epoch=epoch,
            consumed=0,
        )
        self._step = 0
        self._blocks: Blocks | None = None
        self._idle: Pool | None = None
        self._process = os.getpid()
        self._replan()
        if len(self) == 0:
            raise ConfigError(
                f"split {split!r} has {self.rows:,} rows: no batch of {batch_size:,} × {world_size:,} ranks",
                hint="take a smaller batch, or drop_last=False",
            )

    @property
    def rows(self) -> int:
        """How many rows the split has."""
        return self.release.manifest.splits[self.split]

    @property
    def matrix_columns(self) -> tuple[str, ...]:
        """The columns of `features`, where they were asked for with `matrix=True`."""
        return self.matrices[MATRIX].columns if MATRIX in self.matrices else ()

    @property
    def epoch(self) -> int:
        """The epoch that a pass over the loader reads."""
        return self._origin.epoch

    def __len__(self) -> int:
        """Give how many batches a pass has: from the epoch's start, or the state loaded last, to its end."""
        return self._schedule.steps

    def __iter__(self) -> Iterator[Batch]:
        """Give the batches of the epoch, on this rank."""
        self._step = 0
        for batch in self.walk(range(len(self))):
            self._step += 1
            yield batch
        self.set_epoch(self.epoch + 1)

    def walk(self, steps: Sequence[int]) -> Iterator[Batch]:
        """Give the batches of these ascending steps and leave the state alone: for workers."""
        for run, sizes in self.runs(self.cut(steps)):
            yield from split_rows(run, sizes)

    def cut(self, steps: Sequence[int]) -> Iterator[Sequence[int]]:
        """Cut steps to runs of as many as are best made at once."""
        files = [file for file in self.release.manifest.files if file.split == self.split]
        return chunks(steps, self.batch_size, sum(file.bytes for file in files) / max(self.rows, 1))

    def runs(self, steps: Iterable[Sequence[int]]) -> Generator[tuple[Batch, list[int]]]:
        """Give several steps' batches end to end, and the size of each: the cheapest way between threads."""
        with self._walking() as stream:
            for run in steps:
                positions, sizes = self._schedule.run(run)
                yield stream.take(positions), sizes

    def batch(self, step: int) -> Batch:
        """Give one batch of this pass; reads no more than the windows that it lies in."""
        return next(self.walk([self._within(step)]))

    def positions(self, step: int) -> Rows:
        """Give the places in the epoch's global order of the rows of one batch, ascending."""
        return self._schedule.positions(self._within(step))

    def set_epoch(self, epoch: int) -> None:
        """Go to the start of an epoch; stay where the loader is if it is in that epoch already."""
        epoch = _whole("epoch", epoch)
        if epoch != self.epoch:
            self._origin = State(**{**self._origin.to_dict(), "epoch": epoch, "consumed": 0})
            self._step = 0
            self._replan()

    def state_dict(self) -> dict[str, Any]:
        """Give where the latest pass stands: a few numbers and names, the same on every rank."""
        return self.state_at(self._step)

    def state_at(self, step: int) -> dict[str, Any]:
        """Give the state after `step` batches of this pass: for a loop that counts its own steps."""
        return State(**{**self._origin.to_dict(), "consumed": self._schedule.consumed(step)}).to_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken, on this loader's rank, world size and batch size.

        Raises:
            ConfigError: where the state is of another release, split or order algorithm, or out of range,
                or where fewer rows are left than there are ranks.

        """
        new = State.from_dict(state)
        for name in ("algorithm", "content_hash", "split"):
            theirs, ours = getattr(new, name), getattr(self._origin, name)
            if theirs != ours:
                raise ConfigError(
                    f"the state is of another {name.replace('_', ' ')}: {theirs}, the loader has {ours}",
                    hint=self._of(new)
                    or "resume with the release, split and version of dq that the state was taken with",
                )
        if not 0 <= new.consumed <= self.rows or min(new.lanes, new.window) < 1:
            raise ConfigError(f"the state is out of range: {new.consumed:,} of {self.rows:,} rows done")
        old, self._origin, self._step = self._origin, new, 0
        try:
            self._replan()
        except ConfigError:
            self._origin = old
            self._replan()
            raise

    def _of(self, state: State) -> str | None:
        """Say which other version of the dataset beside this one a state is of."""
        ours = self.release
        if state.content_hash == ours.content_hash or ours.address is not None:
            return None
        for folder in release_folders(ours.path.parent.parent, ours.path.parent.name).values():
            with suppress(IntegrityError):  # a neighbour that cannot be read is not what this is about
                one = read_release(folder)
                if one.content_hash == state.content_hash:
                    return f"the state is of {one.dataset}@{one.version}: open that, or begin anew"
        return None

    def __repr__(self) -> str:
        """Say what is read, and from where on."""
        return (
            f"Loader({self.release.dataset}@{self.release.version}, {self.split!r}, {self.batch_size}): "
            f"{self.rows:,} rows, epoch {self.epoch} from row {self._origin.consumed:,}, {len(self):,} batches "
            f"on rank {self.rank} of {self.world_size}"
        )

    def __getstate__(self) -> dict[str, Any]:
        """Leave open files and rows in memory behind: a worker opens its own."""
        return {**self.__dict__, "_blocks": None, "_idle": None}

    def twin(self) -> Loader:
        """Give another loader at the same place, which shares nothing that changes."""
        return copy(self)

    @property
    def blocks_read(self) -> int:
        """How many blocks this loader has read in this process."""
        return self._blocks.blocks_read if self._blocks else 0

    def _within(self, step: int) -> int:
        if not 0 <= step < len(self):
            raise IndexError(f"step {step} of {len(self)}")
        return step

    def _replan(self) -> None:
        origin, manifest = self._origin, self.release.manifest
        self._epoch = Epoch(
            origin.content_hash,
            self.split,
            origin.seed,
            origin.epoch,
            rows=self.rows,
            block_rows=manifest.block_rows,
            lanes=origin.lanes,
            window=origin.window,
            shuffled=origin.algorithm == ALGORITHM,
        )
        self._schedule = Schedule(
            self.rows,
            self._epoch.active_lanes,
            origin.consumed,
            self.batch_size,
            self.rank,
            self.world_size,
            self.drop_last,
        )

    @contextmanager
    def _walking(self) -> Iterator[Stream | InOrder]:
        if (
            self._process != os.getpid()
        ):  # forked, perhaps in the middle of a read: a lock may be held for ever
            self._process, self._blocks, self._idle = os.getpid(), None, None
        if self._blocks is None:
            self._blocks = Blocks(self.release, self.split, self.columns, verify=self._verify)
        if not self._epoch.shuffled:
            with InOrder(self._epoch, self._blocks, self.matrices) as walk:
                yield walk
            return
        with self._memory(self._blocks) as pool, Stream(self._epoch, pool) as stream:
            yield stream

    @contextmanager
    def _memory(self, blocks: Blocks) -> Iterator[Pool]:
        """Give memory for a pass of its own: that of the last one where it fits, which saves its pages."""
        regions = 1 if self._epoch.whole else self._epoch.active_lanes + 1
        rows = self._epoch.window_rows
        pool, self._idle = self._idle, None
        kept = self._epoch.whole
        if pool is None or (pool.regions, pool.window_rows, pool.kept) != (regions, rows, kept):
            pool = Pool(blocks, matrices=self.matrices, regions=regions, window_rows=rows, kept=kept)
        try:
            yield pool
        finally:
            self._idle = pool


def _whole(name: str, value: object) -> int:
    """Give a whole number as Python's own, whatever library it is of: a state has to go through JSON."""
    try:
        return index(value)  # type: ignore[arg-type]
    except TypeError:
        raise ConfigError(f"{name} is {value!r}: not a whole number") from None
