"""The process that serves the warehouse: it ends itself when a query takes too long, and another takes its place.

Quack (1.5.5) says which queries run and since when, but has no way to end one. So its process ends, with all that runs
in it, and clients attach again.
"""

from __future__ import annotations

import os
import signal
import time
from multiprocessing.connection import Connection
from types import FrameType

import duckdb

from dq.errors import DqError
from dq.warehouse.place import Place
from dq.warehouse.query_watch import QueryWatch, Running
from dq.warehouse.serving import Limits, serving, show_tables
from dq.warehouse.snapshots import version_of

LOOK_SECONDS = 0.5
OVERDUE = 75


def serve_until_overdue(
    place: Place, address: tuple[str, int], token: str, limits: Limits, parent: Connection
) -> None:
    """Serve until the parent goes, a signal comes, or a query has run for longer than it may.

    Sends the parent `None` when it listens, a `DqError` where it cannot, the overdue query as `Running`, and an error's
    words where new tables could not be shown yet.
    """
    # Ctrl-C reaches parent and child: the parent decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    try:
        with serving(place, *address, token, limits) as lake:
            parent.send(None)
            _look_after(lake, limits, parent)
    except DqError as error:
        parent.send(error)


def _look_after(lake: duckdb.DuckDBPyConnection, limits: Limits, parent: Connection) -> None:
    watch, shown, late = QueryWatch(), version_of(lake, "now"), ""
    while not parent.poll(LOOK_SECONDS):  # whatever comes, or that nothing can come any more, means: end
        try:
            longest = watch.longest(lake, time.monotonic())
            newest = version_of(lake, "now")
            if newest != shown:
                show_tables(lake)
                shown = newest
        except duckdb.Error as error:
            # Clients may have taken all memory, or the catalog's server be away: the next look may do.
            if str(error) != late:
                late = str(error)
                parent.send(late)
            continue
        if longest is not None and longest.seconds > limits.seconds:
            parent.send(Running(longest.query, longest.seconds))
            # Nothing is waited for, since nothing can be lost: what is served is only read.
            os._exit(OVERDUE)


def _leave(number: int, frame: FrameType | None) -> None:
    del number, frame
    os._exit(0)
