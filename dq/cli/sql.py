"""`dq sql`: queries, answered as a table or in a format for programs; or a prompt to ask many."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from typing import TextIO

import duckdb
from rich.console import Console

from dq.cli.interruptible import interruptible
from dq.cli.sql_formats import BINARY, FORMATS, TEXT, format_of, write_arrow, write_parquet
from dq.cli.sql_output import print_table
from dq.cli.sql_prompt import prompt, show_progress
from dq.cli.sql_words import answers, explained
from dq.errors import UserError
from dq.scratch import Scratch
from dq.warehouse import Warehouse

__all__ = ["prompt", "run_query", "run_sql"]

UNWATCHED_WIDTH = 160


def run_sql(
    warehouse: Warehouse,
    query: str,
    format: str | None = None,  # noqa: A002
    out: TextIO | Path | None = None,
    at: int | str | None = None,
) -> None:
    """Answer a query, read-only, now or as of a snapshot; to `out`, else to standard output.

    The format is one of `sql_formats.FORMATS`; without one it is what the file's name asks for, else a table.

    Raises:
        ConfigError: there is no warehouse yet.
        UserError: the query is wrong or would write, or the format is not one, or cannot go where it should.
        KeyboardInterrupt: Ctrl-C ended the query.

    """
    with warehouse.connect(at=at) as lake:
        if sys.stdout.isatty():
            show_progress(lake)
        interruptible(lake, lambda: run_query(lake, query, format, out))


def run_query(
    lake: duckdb.DuckDBPyConnection,
    query: str,
    format: str | None = None,  # noqa: A002
    out: TextIO | Path | None = None,
) -> None:
    """Answer a query of a connection, as `run_sql` does.

    Of several statements a table is printed for each that has rows; all other formats hold the rows of one.
    """
    form = format or (format_of(out) if isinstance(out, Path) else "table")
    if form not in FORMATS:
        raise UserError(f"{form!r} is not a format", hint=", ".join(FORMATS))
    if form in BINARY and not isinstance(out, Path):
        stream = out or sys.stdout
        if stream.isatty() or not hasattr(stream, "buffer"):
            raise UserError(
                f"{form} needs a file", hint=f"add --output rows.{form}, or send it to another program"
            )
    try:
        if isinstance(out, Path):
            _to_file(lake, query, form, out)
        else:
            _to_stream(lake, query, form, out or sys.stdout)
    except duckdb.Error as error:
        raise explained(lake, error) from error


def _to_file(lake: duckdb.DuckDBPyConnection, query: str, form: str, path: Path) -> None:
    """Write aside, then rename: a file that is there is whole."""
    aside = path.with_name(f".{path.name}.part")
    try:
        if form == "parquet":
            write_parquet(_rows(lake, query), aside)
        elif form == "arrow":
            with aside.open("wb") as file:
                write_arrow(_rows(lake, query), file)
        else:
            with aside.open("w", encoding="utf-8", newline="") as text:
                _as_text(lake, query, form, text)
        aside.replace(path)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}", where=str(path)) from error
    finally:
        aside.unlink(missing_ok=True)


def _to_stream(lake: duckdb.DuckDBPyConnection, query: str, form: str, out: TextIO) -> None:
    try:
        if form == "parquet":
            # By way of a file, which DuckDB writes by itself, with every type that it has.
            with Scratch("sql") as folder:
                path = folder / "rows.parquet"
                write_parquet(_rows(lake, query), path)
                with path.open("rb") as file:
                    shutil.copyfileobj(file, out.buffer)
        elif form == "arrow":
            write_arrow(_rows(lake, query), out.buffer)
        else:
            _as_text(lake, query, form, out)
        out.flush()
    except BrokenPipeError:
        # The reader has seen enough (`dq sql … | head`); Python must not fail on flushing at exit either.
        if out is sys.stdout:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _as_text(lake: duckdb.DuckDBPyConnection, query: str, form: str, out: TextIO) -> None:
    if form != "table":
        TEXT[form](_rows(lake, query), out)
        return
    console = Console(file=out, width=None if out.isatty() else UNWATCHED_WIDTH, highlight=False)
    asked, begun = 0, time.perf_counter()
    for rows in answers(lake, query):
        asked += 1
        # Rich would take a pipe that is closed for an error, and exit.
        with console.capture() as shown:
            if rows is not None:
                words = print_table(rows, console)
                console.print(f"({words}, {time.perf_counter() - begun:.2f} s)", style="dim")
        out.write(shown.get())
        begun = time.perf_counter()
    if not asked:
        raise _nothing()


def _rows(lake: duckdb.DuckDBPyConnection, query: str) -> duckdb.DuckDBPyRelation:
    """Give the rows of the last statement; those before it may set something up, and have none."""
    rows = None
    for answer in answers(lake, query):
        if rows is not None:
            raise UserError("there are rows of two statements", hint="give one; a table shows all")
        rows = answer
    if rows is None:
        raise _nothing()
    return rows


def _nothing() -> UserError:
    return UserError("there is nothing to show", hint="write a query, as in: from quality.ledger")
