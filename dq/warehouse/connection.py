"""One way to reach the lake, for readers and writers, now or as of a snapshot."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from weakref import WeakSet

import duckdb

from dq.errors import ConfigError, UserError
from dq.warehouse.bookkeeping import furnish
from dq.warehouse.extensions import bare
from dq.warehouse.instances import give_back, take
from dq.warehouse.names import LAKE, literal
from dq.warehouse.place import Place


def _moment(at: int | str | None) -> str:
    """Give the option of ATTACH that pins a snapshot."""
    text = str("now" if at is None else at).strip()
    if text == "now":
        return ""
    if text.isdigit():
        return f", snapshot_version {text}"
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(
            f"{text!r} is neither a version nor a time", hint="write a number, or 2026-01-31 12:00 (UTC)"
        ) from None
    # Said with its zone: the catalog would take it for a time of this machine's.
    return f", snapshot_time {literal((time if time.tzinfo else time.replace(tzinfo=UTC)).isoformat())}"


def _attach(
    connection: duckdb.DuckDBPyConnection, place: Place, options: str = "", *, aside: bool = False
) -> None:
    address, own = place.attachment(aside=aside)
    place.files.let_in(connection)
    connection.execute(
        f"attach {literal(f'ducklake:{address}')} as {LAKE} "
        f"(data_path {literal(f'{place.files}/')}, override_data_path true, {own}{options})"
    )
    _settle(connection)


def _settle(connection: duckdb.DuckDBPyConnection) -> None:
    # Instants read the same on every machine; a person's session may set its own zone.
    connection.execute(f"use {LAKE}; set timezone = 'UTC'")


def open_lake(place: Place, *, read_only: bool, at: int | str | None = None) -> duckdb.DuckDBPyConnection:
    """Connect to the lake, attached as `lake` and made current; the connection shares nothing.

    A writer's connection makes a lake where there is none; a reader's says that there is none.

    Raises:
        ConfigError: where there is nothing to read, or it cannot be opened.
        UserError: where `at` names no snapshot, or was asked for to write.

    """
    if not read_only:
        if at is not None:
            raise UserError("the past is read-only", hint="leave out the version, or open it read-only")
        create(place)
    elif not place.identity():
        raise _none_yet(place)
    return _opened(bare(*_needed(place)), place, read_only=read_only, at=at)


def _none_yet(place: Place) -> ConfigError:
    return ConfigError("no warehouse here yet", where=str(place), hint="run make run")


def _needed(place: Place) -> tuple[str, ...]:
    return (*place.extensions, "ducklake")


def _opened(
    connection: duckdb.DuckDBPyConnection, place: Place, *, read_only: bool, at: int | str | None = None
) -> duckdb.DuckDBPyConnection:
    """Attach the lake that is there, or close the connection."""
    try:
        _attach(connection, place, (", read_only" if read_only else "") + _moment(at))
    except UserError:
        connection.close()
        raise
    except duckdb.Error as error:
        connection.close()
        if at is not None and "snapshot" in str(error).lower():
            raise UserError(f"the warehouse has no snapshot at {at}", where=str(place)) from error
        raise ConfigError(f"the warehouse cannot be opened: {error}", where=str(place)) from error
    return connection


def empty_lake(place: Place) -> duckdb.DuckDBPyConnection:
    """Connect to the catalog that is being made aside; made empty where there is none yet."""
    connection = take(_needed(place))
    try:
        _attach(connection, place, aside=True)
    except BaseException:
        connection.close()
        raise
    return connection


def serving_lake(place: Place) -> duckdb.DuckDBPyConnection:
    """Give a reader's connection that can also be served to others; it shares nothing."""
    if not place.identity():
        raise _none_yet(place)
    connection = bare(*place.extensions, "ducklake", "httpfs", "quack")
    _attach(connection, place, ", read_only")
    return connection


def session(place: Place, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Give a connection for one short piece of work: as `open_lake`, 100 times as fast from the second on.

    Loading the extensions takes 0.2 s, so a process keeps the instances of the few lakes it last worked with.
    """
    identity = place.identity()
    if not identity and not read_only:
        create(place)
        identity = place.identity()
    with _KEEPING:
        connection = _kept(_Key(place, read_only, identity, os.getpid()))
        place.files.let_in(connection)  # keys may have been renewed
    _settle(connection)
    return connection


@dataclass(frozen=True)
class _Key:
    place: Place
    read_only: bool
    identity: int
    process: int


@dataclass(frozen=True)
class _Instance:
    """A DuckDB that has a lake attached, and the connections to it that somebody may still use."""

    connection: duckdb.DuckDBPyConnection
    lent: WeakSet[duckdb.DuckDBPyConnection] = field(default_factory=WeakSet)


_KEEPING = Lock()
_LAKES_KEPT = 8
_INSTANCES: dict[_Key, _Instance] = {}


def _kept(key: _Key) -> duckdb.DuckDBPyConnection:
    """Give a new connection to the instance of a lake; of many lakes, those used last keep theirs."""
    instance = _INSTANCES.pop(key, None) or _new_instance(key)
    _INSTANCES[key] = instance
    if len(_INSTANCES) > _LAKES_KEPT:
        oldest = next(iter(_INSTANCES))
        retired = _INSTANCES.pop(oldest)
        if not retired.lent:
            give_back(retired.connection, _needed(oldest.place))
    lent = instance.connection.cursor()
    instance.lent.add(lent)
    return lent


def _new_instance(key: _Key) -> _Instance:
    if not key.identity:
        raise _none_yet(key.place)
    return _Instance(_opened(take(_needed(key.place)), key.place, read_only=key.read_only))


def create(place: Place) -> None:
    """Make a furnished catalog where there is none; of many that try, one does, and nobody meets half of it."""
    if place.identity():
        return
    with place.turn():
        if place.identity():
            return
        place.begin()
        connection = empty_lake(place)
        try:
            # Rows of published tables are in Parquet files only: the list of files is the whole truth.
            connection.execute(f"call {LAKE}.set_option('data_inlining_row_limit', 0)")
            furnish(connection)
        finally:
            give_back(connection, _needed(place))
        place.finish()
