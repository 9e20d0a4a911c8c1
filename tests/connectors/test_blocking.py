import asyncio

import pytest

from connectors.blocking import blocking


async def answer() -> int:
    await asyncio.sleep(0)
    return 42


def test_it_runs_also_where_a_loop_runs_already() -> None:
    """A source's fetch can be called from a notebook, whose loop is running."""

    async def notebook() -> int:
        return blocking(answer())

    assert blocking(answer()) == asyncio.run(notebook()) == 42


def test_errors_come_through() -> None:
    """What the coroutine raises is what the caller sees, in both ways."""

    async def fails() -> None:
        raise ValueError("inside")

    async def notebook() -> None:
        blocking(fails())

    with pytest.raises(ValueError, match="inside"):
        blocking(fails())
    with pytest.raises(ValueError, match="inside"):
        asyncio.run(notebook())


def test_what_comes_is_not_written_out_on_the_way() -> None:
    """asyncio.run makes text of a task's result; a fetch of many pages would pay for that, and show them."""

    class Large:
        def __repr__(self) -> str:
            raise AssertionError

    large = Large()

    async def fetch() -> Large:
        return large

    assert blocking(fetch()) is large
