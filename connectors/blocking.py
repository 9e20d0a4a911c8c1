"""Asynchronous inside, synchronous outside: how a source runs its coroutine, wherever it is called from."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


def blocking(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end and give the result; where a loop runs already, as in a notebook, in a thread beside it.

    >>> blocking(asyncio.sleep(0, "done"))
    'done'
    """
    found: list[Result] = []

    async def held() -> (
        None
    ):  # asyncio.run writes out what a coroutine gives, be it large, when it looks at signals
        found.append(await coroutine)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(held())
    else:
        with ThreadPoolExecutor(1) as beside:
            beside.submit(asyncio.run, held()).result()
    return found[0]
