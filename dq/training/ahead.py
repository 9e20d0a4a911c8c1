"""Working ahead of a loop in a thread of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Generator[Item], depth: int) -> Generator[Item]:
    """Give the items in their order, of which a thread makes up to `depth` before they are asked for.

    An error comes where its item would have come. A loop that is left early closes `items`.
    """
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dq-ahead")
    waiting: deque[Future[Item]] = deque()
    try:
        while True:
            while len(waiting) <= depth:
                waiting.append(thread.submit(next, items))
            try:
                item = waiting.popleft().result()
            except StopIteration:
                return
            yield item
    finally:
        thread.shutdown(wait=True, cancel_futures=True)
        items.close()
