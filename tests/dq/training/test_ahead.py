"""A thread that works ahead of a loop."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import closing

import pytest

from dq.training.ahead import ahead


def counting(upto: int, made: list[str], ended: list[str]) -> Generator[int]:
    try:
        for number in range(upto):
            made.append(threading.current_thread().name)
            yield number
    finally:
        ended.append("closed")


def test_items_come_in_their_order() -> None:
    """All of them, once, however far ahead the thread is, which makes every one."""
    for depth in (0, 1, 2, 50):
        made: list[str] = []
        ended: list[str] = []
        assert list(ahead(counting(20, made, ended), depth)) == list(range(20))
        assert ended == ["closed"]
        assert all(name.startswith("dq-ahead") for name in made)


def test_no_more_is_made_than_asked_for() -> None:
    """After two items at most three more are made; a loop that is left closes what it looped over."""
    made: list[str] = []
    ended: list[str] = []
    with closing(ahead(counting(1_000, made, ended), 3)) as items:
        assert [next(items), next(items)] == [0, 1]
    assert len(made) <= 6
    assert len(ended) == 1


def test_an_error_comes_in_its_place() -> None:
    """What was made before it is given first."""

    def failing() -> Generator[int]:
        yield 1
        yield 2
        raise OSError("the disk is gone")

    items = ahead(failing(), 5)
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(OSError, match="the disk is gone"):
        next(items)
