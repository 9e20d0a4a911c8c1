"""`dq sql`: one query, answered as a table, CSV, JSON or Parquet; or a prompt to ask many."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Literal, TextIO

import duckdb
from rich.console import Console

from dq.cli.sql_output import print_table, write_csv, write_json, write_parquet
from dq.cli.sql_prompt import prompt
from dq.cli.sql_words import answer, explained
from dq.errors import UserError
from dq.warehouse import Warehouse

__all__ = ["prompt", "run_query", "run_sql"]

UNWATCHED_WIDTH = 160


def run_sql(
    warehouse: Warehouse,
    query: str,
    format: Literal["table", "csv", "json", "parquet"] | str = "table",  # noqa: A002, PYI051
    out: TextIO | Path | None = None,
    at: int | str | None = None,
) -> None:
    """Answer one query, read-only, now or as of a snapshot; to `out`, else to standard output.

    Raises:
        ConfigError: there is no warehouse yet.
        UserError: the query is wrong or would write, or the format is not one.

    """
    with warehouse.connect(at=at) as lake:
        run_query(lake, query, format, out)


def run_query(
    lake: duckdb.DuckDBPyConnection,
    query: str,
    format: Literal["table", "csv", "json", "parquet"] | str = "table",  # noqa: A002, PYI051
    out: TextIO | Path | None = None,
) -> None:
    """Answer one query of a connection, as `run_sql` does."""
    if format not in {"table", "csv", "json", "parquet"}:
        raise UserError(f"{format!r} is not a format", hint="table, csv, json or parquet")
    if format == "parquet" and not isinstance(out, Path):
        raise UserError("Parquet needs a file", hint="add --output rows.parquet")
    begun = time.perf_counter()
    try:
        rows = answer(lake, query)
        if rows is None:
            raise UserError("there is nothing to show", hint="write a query, as in: from quality.ledger")
        if isinstance(out, Path):
            _to_file(rows, format, out, begun)
        else:
            _to_stream(rows, format, out or sys.stdout, begun)
    except duckdb.Error as error:
        raise explained(error) from error


def _to_file(rows: duckdb.DuckDBPyRelation, form: str, path: Path, begun: float) -> None:
    """Write aside, then rename: a file that is there is whole."""
    aside = path.with_name(f".{path.name}.part")
    try:
        if form == "parquet":
            write_parquet(rows, aside)
        else:
            with aside.open("w", encoding="utf-8", newline="") as file:
                _to_stream(rows, form, file, begun)
        aside.replace(path)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}", where=str(path)) from error
    finally:
        aside.unlink(missing_ok=True)


def _to_stream(rows: duckdb.DuckDBPyRelation, form: str, out: TextIO, begun: float) -> None:
    try:
        if form == "csv":
            write_csv(rows, out)
        elif form == "json":
            write_json(rows, out)
        else:
            watched = out.isatty()
            console = Console(file=out, width=None if watched else UNWATCHED_WIDTH, highlight=False)
            words = print_table(rows, console)
            console.print(f"({words}, {time.perf_counter() - begun:.2f} s)", style="dim")
        out.flush()
    except BrokenPipeError:
        # The reader has seen enough (`dq sql … | head`); Python must not fail on flushing at exit either.
        if out is sys.stdout:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
