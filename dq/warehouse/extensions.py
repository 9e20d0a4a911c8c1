"""DuckDB's extensions, from wheels: nothing downloads, the home folder stays clean."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

import duckdb

from dq.errors import ConfigError
from dq.warehouse.names import literal

_OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "python_enable_replacements": False,  # a table may be named like a variable of ours
}


def bare(*extensions: str) -> duckdb.DuckDBPyConnection:
    """Give a DuckDB in memory with these extensions, which shares nothing with another.

    Raises:
        ConfigError: an extension's wheel is not installed, or is of another version than DuckDB.

    """
    connection = duckdb.connect(":memory:", config=_OFFLINE)
    for name in extensions:
        connection.execute(f"load {literal(_path(name))}")
    return connection


@cache
def _path(name: str) -> str:
    """Give the path of the signed extension that a wheel brought, for the DuckDB that is running."""
    try:
        package = import_module(f"duckdb_extension_{name}")
    except ImportError as error:
        raise ConfigError(
            f"the DuckDB extension {name} is not installed",
            hint=f"install duckdb-extension-{name.replace('_', '-')}=={duckdb.__version__}",
        ) from error
    folder = Path(str(package.__file__)).parent / "extensions" / f"v{duckdb.__version__}"
    path = folder / f"{name}.duckdb_extension"
    if not path.is_file():
        raise ConfigError(
            f"the DuckDB extension {name} is not here for DuckDB {duckdb.__version__}",
            where=str(path),
            hint="install duckdb and the duckdb-extension-* wheels of one and the same version",
        )
    return str(path)
