"""A query that Ctrl-C ends: Python hears the key between its own instructions only, and a query of DuckDB is one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

import duckdb

T = TypeVar("T")
LOOK_SECONDS = 0.1
WORKER = "query"


def interruptible(lake: duckdb.DuckDBPyConnection, work: Callable[[], T]) -> T:
    """Do work of one connection in a thread of its own, while this one listens to Ctrl-C.

    On Ctrl-C the connection's query ends, and so does the work; the connection can then be asked again. Should the work
    not end, since whoever reads what it writes has stopped reading, a second Ctrl-C waits no longer.

    Raises:
        KeyboardInterrupt: after Ctrl-C.
        Exception: what the work raised.

    """
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            done.set_exception(error)

    Thread(target=run, name=WORKER, daemon=True).start()
    try:
        # In steps: the system may hand the key to another thread, and that wakes nobody who waits without end.
        while not done.done():
            wait([done], LOOK_SECONDS)
        return done.result()
    except KeyboardInterrupt:
        # Again and again: one between two queries of the work would be forgotten with the next.
        while not done.done():
            lake.interrupt()
            wait([done], LOOK_SECONDS)
        raise
