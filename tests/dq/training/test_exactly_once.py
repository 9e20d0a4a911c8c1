"""The law of the loader, over real files: any kill, any ranks and workers, every row once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dq.errors import ConfigError
from dq.release import Release
from dq.training import Loader
from tests.dq.training.releases import release

SIZES = (1, 5, 16, 33, 90, 200)
worlds = st.integers(1, 6)


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Release]:
    made = {}
    for rows in SIZES:
        frame = pl.DataFrame({"id": np.arange(rows), "x": np.arange(rows, dtype=np.float32)})
        frame = frame.with_columns(split=pl.lit("train"))
        made[rows] = release(Path(tmp_path_factory.mktemp("releases")), frame, block_limit=4)
    return made


@cache
def whole_order(made: Path, seed: int, lanes: int, window: int, *, shuffle: bool) -> list[int]:
    """Give the ids of the epoch as one rank reads them in batches of 7."""
    loader = Loader(made, "train", 7, columns=["id"], seed=seed, lanes=lanes, window=window, shuffle=shuffle)
    return [number for batch in loader for number in batch["id"].tolist()]


def seen(loader: Loader, steps: range) -> dict[int, int]:
    """Give id by position of what a rank reads in these steps, each batch of which has rows."""
    found: dict[int, int] = {}
    for step, batch in zip(steps, loader.walk(steps), strict=True):
        assert len(batch["id"]) > 0
        found |= dict(zip(loader.positions(step).tolist(), batch["id"].tolist(), strict=True))
    return found


@settings(
    max_examples=1000, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_every_row_comes_once_in_the_same_order_whatever_happens(
    releases: dict[int, Release], data: st.DataObject
) -> None:
    """Kill a run at any step, go on with another world, batch size, workers: nothing lost or doubled, 1,000 times.

    The rows of both runs, put at their positions, are the epoch as a single undisturbed rank reads it.
    """
    made = releases[data.draw(st.sampled_from(SIZES), label="rows")]
    rows = made.manifest.splits["train"]
    order = {"seed": data.draw(st.integers(0, 2)), "lanes": data.draw(st.sampled_from([1, 2, 3, 8]))}
    order |= {"window": data.draw(st.integers(1, 3)), "shuffle": data.draw(st.booleans(), label="shuffle")}
    before, after = data.draw(worlds, label="before"), data.draw(worlds, label="after")
    batch_before, batch_after = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 40))
    drop_last = data.draw(st.booleans(), label="drop_last")
    workers = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 3)), label="workers")
    least = [
        world * (size if drop_last else 1) for world, size in ((before, batch_before), (after, batch_after))
    ]
    assume(rows >= max(least))

    def ranks(world: int, size: int) -> list[Loader]:
        return [
            Loader(
                made, "train", size, columns=["id"], rank=rank, world_size=world, drop_last=drop_last, **order
            )
            for rank in range(world)
        ]

    first = ranks(before, batch_before)
    assert len({len(loader) for loader in first}) == 1
    kill = data.draw(st.integers(0, len(first[0])), label="kill")
    found: dict[int, int] = {}
    for loader in first:
        for worker in range(workers[0]):
            part = seen(loader, range(worker, kill, workers[0]))
            assert not found.keys() & part.keys()
            found |= part
    states = [loader.state_at(kill) for loader in first]
    assert all(state == states[0] for state in states)
    left = rows - states[0]["consumed"]
    assert len(found) == rows - left

    assume(drop_last or not 0 < left < after)
    second = ranks(after, batch_after)
    for loader in second:
        loader.load_state_dict(states[0])
        for worker in range(workers[1]):
            part = seen(loader, range(worker, len(loader), workers[1]))
            assert not found.keys() & part.keys()
            found |= part
    assert len({len(loader) for loader in second}) == 1
    lost = rows - len(found)
    assert lost < after * batch_after if drop_last else lost == 0
    assert [found[position] for position in range(len(found))] == whole_order(made.path, **order)[
        : len(found)
    ]


@settings(max_examples=100)
@given(rows=st.sampled_from(SIZES), world=worlds, size=st.integers(1, 40), data=st.data())
def test_what_cannot_be_dealt_is_refused(
    releases: dict[int, Release], rows: int, world: int, size: int, data: st.DataObject
) -> None:
    """Fewer rows than ranks, or no whole batch, at the start or after a kill: said, and no rank waits for one."""
    made, drop_last = releases[rows], data.draw(st.booleans(), label="drop_last")
    if rows < world * (size if drop_last else 1):
        with pytest.raises(ConfigError):
            Loader(made, "train", size, world_size=world, drop_last=drop_last)
        return
    single = Loader(made, "train", 1)
    left = data.draw(st.integers(0, min(rows, 6)), label="left")
    loader = Loader(made, "train", size, world_size=world, drop_last=drop_last)
    if 0 < left < world and not drop_last:
        with pytest.raises(ConfigError, match="rows are left"):
            loader.load_state_dict(single.state_at(rows - left))
        assert loader.state_dict()["consumed"] == 0
    else:
        loader.load_state_dict(single.state_at(rows - left))
        whole = len(loader) * world * size
        assert whole <= left < whole + world * size if drop_last else left - whole < world
        assert loader.state_at(len(loader))["consumed"] == rows - left + (whole if drop_last else left)
