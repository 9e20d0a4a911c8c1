"""Runs, from their start to their end; and those whose end nobody noted, because their process is gone."""

from __future__ import annotations

import hashlib
import os
from contextlib import ExitStack
from datetime import datetime
from threading import Lock

import duckdb

from dq.errors import UserError
from dq.warehouse.bookkeeping import append
from dq.warehouse.connection import session
from dq.warehouse.place import Place
from dq.warehouse.postgres import trace
from dq.warehouse.publishing import Note, in_turn

LOST = "lost"
"""The status of a run whose process ended without saying how the run did."""

_HELD: dict[tuple[Place, str, int], ExitStack] = {}
_HOLDING = Lock()


def start_run(place: Place, run_id: str, code_version: str, now: datetime) -> None:
    """Note that a run began, and let others know that this process works on it, for as long as it lives.

    A run that began before keeps its start and is running again. Runs whose processes are gone become `lost`.
    """
    _hold(place, run_id)

    def work(lake: duckdb.DuckDBPyConnection) -> None:
        known = lake.execute("select 1 from quality.runs where run_id = ?", [run_id]).fetchone()
        if known:
            lake.execute(
                "update quality.runs set status = 'running', finished_at = null where run_id = ?", [run_id]
            )
        else:
            row = {"run_id": run_id, "started_at": now, "status": "running", "code_version": code_version}
            append(lake, "quality.runs", [row | {"finished_at": None}])
        _give_up(lake, _gone(lake, place))

    in_turn(place, work, Note(run_id, "run began"))


def finish_run(place: Place, run_id: str, status: str, now: datetime) -> None:
    """Note how a run ended; nothing is written where that is known.

    Raises:
        UserError: no such run was started.

    """
    lake = session(place, read_only=True)
    try:
        known = lake.execute(
            "select status, finished_at is not null from quality.runs where run_id = ?", [run_id]
        ).fetchone()
    finally:
        lake.close()
    if known is None:
        raise UserError(f"no run {run_id} was started", where="quality.runs")
    if known != (status, True):

        def work(lake: duckdb.DuckDBPyConnection) -> None:
            lake.execute(
                "update quality.runs set status = ?, finished_at = ?::timestamptz where run_id = ?",
                [status, now, run_id],
            )

        in_turn(place, work, Note(run_id, f"run {status}"))
    with _HOLDING:
        held = _HELD.pop((place, run_id, os.getpid()), None)
    if held is not None:
        held.close()


def give_up_lost(place: Place) -> tuple[str, ...]:
    """Note of the runs whose processes are gone that they are lost; give their ids."""
    lake = session(place, read_only=True)
    try:
        gone = _gone(lake, place)
    finally:
        lake.close()
    if gone:
        in_turn(place, lambda lake: _give_up(lake, gone), Note("maintain", "runs lost"))
    return gone


def _hold(place: Place, run_id: str) -> None:
    key = (place, run_id, os.getpid())
    with _HOLDING:
        if key not in _HELD:
            held = ExitStack()
            held.enter_context(place.living(_name(run_id)))
            _HELD[key] = held


def _name(run_id: str) -> str:
    """Give a name that a file may have, whatever the run is called."""
    return f"run-{hashlib.sha256(run_id.encode()).hexdigest()[:32]}"


def _gone(lake: duckdb.DuckDBPyConnection, place: Place) -> tuple[str, ...]:
    rows = lake.execute("select run_id from quality.runs where status = 'running' order by 1").fetchall()
    # Looked at after the rows: who notes a run lets others know of it before.
    alive = place.alive(0) if rows else set()
    return tuple(run_id for (run_id,) in rows if not trace(_name(run_id), alive))


def _give_up(lake: duckdb.DuckDBPyConnection, runs: tuple[str, ...]) -> None:
    if runs:
        lake.execute(
            f"update quality.runs set status = '{LOST}' where status = 'running' "
            "and run_id in (select unnest(?::varchar[]))",
            [list(runs)],
        )
