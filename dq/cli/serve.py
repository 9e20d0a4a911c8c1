"""`dq serve`: the warehouse over the network, read-only, with a token."""

from __future__ import annotations

import secrets
import signal
import threading
from collections.abc import Mapping
from types import FrameType

from rich.console import Console

from dq.warehouse import Warehouse
from dq.warehouse.serving import Limits, serving, show_tables
from dq.warehouse.snapshots import version_of

LOOK_SECONDS = 2.0


def serve(
    warehouse: Warehouse,
    environment: Mapping[str, str],
    console: Console,
    address: tuple[str, int],
    limits: Limits,
) -> None:
    """Serve until a signal ends it; the token is `DQ_TOKEN`, else a new one that is printed once.

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

    with serving(warehouse.place, host, port, token, limits) as lake:
        shown = version_of(lake, "now")
        shell = f"attach 'quack:{host}:{port}' as wh (token '…');"
        console.print(
            f"serving {warehouse.place} on {host}:{port}, read-only ({limits.memory}, {limits.threads} threads)",
            soft_wrap=True,
        )
        console.print("token    " + ("that of DQ_TOKEN" if given else token))
        console.print(f"client   {shell}", markup=False)
        console.print('         from wh."core.social" limit 5;', markup=False)
        console.print("         from wh.query('select count(*) from lake.core.social');", markup=False)
        console.file.flush()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end)
        while not ended.wait(LOOK_SECONDS):
            newest = version_of(lake, "now")
            if newest != shown:
                show_tables(lake)
                shown = newest
    console.print("ended")
