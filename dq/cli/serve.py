"""`dq serve`: the warehouse over the network, read-only, with a token."""

from __future__ import annotations

import secrets
import signal
import threading
import time
from collections.abc import Mapping
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from types import FrameType

from rich.console import Console

from dq.errors import DqError
from dq.warehouse import Warehouse
from dq.warehouse.place import Place
from dq.warehouse.query_watch import Running
from dq.warehouse.server_process import serve_until_overdue
from dq.warehouse.serving import Limits

LOOK_SECONDS = 0.5
# A server that dies this soon after it began, and for no query's sake, would do so again.
SHORT_SECONDS = 5.0


def serve(
    warehouse: Warehouse,
    environment: Mapping[str, str],
    console: Console,
    address: tuple[str, int],
    limits: Limits,
) -> None:
    """Serve until a signal ends it; the token is `DQ_TOKEN`, else a new one that is printed once.

    A query that takes longer than it may ends with the process that serves; the next one listens a second later.

    Raises:
        ConfigError: there is no warehouse yet, or the port cannot be listened on.
        UserError: the token is short, or a limit is not one.

    """
    host, port = address
    given = environment.get("DQ_TOKEN", "")
    token = given or secrets.token_urlsafe(24)
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    server, told = _start(warehouse.place, address, token, limits)
    allowed = f"{limits.memory}, {limits.threads} threads, {limits.seconds:g} s a query"
    console.print(f"serving {warehouse.place} on {host}:{port}, read-only ({allowed})", soft_wrap=True)
    console.print("token    " + ("that of DQ_TOKEN" if given else token), markup=False)
    console.print(f"client   attach 'quack:{host}:{port}' as wh (token '…');", markup=False, soft_wrap=True)
    console.print('         from wh."core.social" limit 5;', markup=False)
    console.print("         from wh.query('select count(*) from lake.core.social');", markup=False)
    console.file.flush()
    while not ended.is_set():
        begun = time.monotonic()
        said = _until_it_dies(server, told, ended, console)
        if ended.is_set():
            break
        if not said and time.monotonic() - begun < SHORT_SECONDS:
            raise DqError(f"the server died (exit {server.exitcode}), as it likely would again")
        server, told = _start(warehouse.place, address, token, limits)
        console.print("serving again; clients attach again", style="dim")
        console.file.flush()
    server.terminate()
    server.join()
    console.print("ended")


def _start(
    place: Place, address: tuple[str, int], token: str, limits: Limits
) -> tuple[SpawnProcess, Connection]:
    """Start a server in a process of its own, and wait until it listens."""
    context = get_context("spawn")
    told, tell = context.Pipe()
    server = context.Process(
        target=serve_until_overdue, args=(place, address, token, limits, tell), daemon=True
    )
    server.start()
    tell.close()
    try:
        answer = told.recv()
    except EOFError:
        server.join()
        raise DqError(f"the server died before it listened (exit {server.exitcode})") from None
    if isinstance(answer, DqError):
        raise answer
    return server, told


def _until_it_dies(
    server: SpawnProcess, told: Connection, ended: threading.Event, console: Console
) -> Running | None:
    """Pass on what the server says until it is no more; give the query for whose sake that is."""
    overdue = None
    while not ended.is_set():
        if not told.poll(LOOK_SECONDS):
            continue
        try:
            said = told.recv()
        except EOFError:
            server.join()
            return overdue
        if isinstance(said, Running):
            overdue = said
            query = " ".join(said.query.split())
            console.print(f"ended after {said.seconds:,.0f} s: {query[:500]!r}", markup=False, soft_wrap=True)
        else:
            console.print(f"not yet up to date: {said}", markup=False, soft_wrap=True)
        console.file.flush()
    return overdue
