"""Python's garbage collector held off while many objects are made, all of which are still in use."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Hold it off in here: it would look through every record of a page again and again, and find nothing to free.

    >>> with collector_paused():
    ...     gc.isenabled()
    False
    """
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()
