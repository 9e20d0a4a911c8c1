"""The interactive prompt of `dq sql`: completion, history, several lines until a semicolon, timing, Ctrl-C."""

from __future__ import annotations

import time
from pathlib import Path

import duckdb
from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.history import FileHistory
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from prompt_toolkit.output import Output
from pygments.lexers.sql import SqlLexer  # type: ignore[import-untyped]
from rich.console import Console
from rich.text import Text

from dq.cli.interruptible import interruptible
from dq.cli.sql_completion import Names
from dq.cli.sql_output import print_table
from dq.cli.sql_words import answers, explained
from dq.errors import UserError
from dq.warehouse import Warehouse

HELP = """\
SQL ends with a semicolon, on any line. Tab completes, arrows and Ctrl-R recall.
Ctrl-C drops a line or ends a query, Ctrl-D leaves.
.tables or \\d   all tables               \\d schema.table   its columns
\\x              rows upright, and back   .quit or \\q       leave"""
LEAVE = {".quit", ".exit", "\\q", "quit", "exit"}


def prompt(
    warehouse: Warehouse,
    history: Path,
    *,
    at: int | str | None = None,
    console: Console | None = None,
    keys: Input | None = None,
    screen: Output | None = None,
) -> None:
    """Ask and answer until Ctrl-D; every question sees the newest snapshot, or all see that of `at`.

    `keys` and `screen` may stand in for the terminal.

    Raises:
        ConfigError: there is no warehouse yet.
        UserError: `at` names no snapshot.

    """
    console = console or Console(highlight=False)
    history.parent.mkdir(parents=True, exist_ok=True)
    # Queries name people and amounts: nobody else's to read.
    history.touch(mode=0o600)
    with warehouse.connect(at=at) as lake:
        if console.is_terminal:
            show_progress(lake)
        names = Names(lake)
        session: PromptSession[str] = PromptSession(
            "dq> " if at is None else f"dq@{at}> ",
            history=FileHistory(str(history)),
            auto_suggest=AutoSuggestFromHistory(),
            completer=names,
            complete_while_typing=False,
            lexer=PygmentsLexer(SqlLexer),
            multiline=True,
            prompt_continuation="  > ",
            key_bindings=_enter_ends_a_statement(),
            input=keys,
            output=screen,
        )
        console.print(Text("Read-only SQL. .help says more.", style="dim"))
        upright = False
        while True:
            names.refresh()
            try:
                text = session.prompt().strip()
            except KeyboardInterrupt:
                continue
            except EOFError:
                return
            word = text.rstrip(";").strip()
            if word.lower() in LEAVE:
                return
            if word in {".help", "\\?", "help"}:
                console.print(Text(HELP))
            elif word == "\\x":
                upright = not upright
                console.print(
                    Text(f"rows {'upright' if upright else 'side by side where they fit'}", style="dim")
                )
            elif word:
                _answer(lake, text, console, upright=upright)


def show_progress(lake: duckdb.DuckDBPyConnection) -> None:
    """Let DuckDB draw a bar on standard output, a terminal's, for a query that takes longer than a second."""
    lake.execute("set enable_progress_bar = true; set progress_bar_time = 1000")


def _answer(lake: duckdb.DuckDBPyConnection, text: str, console: Console, *, upright: bool) -> None:
    def work() -> None:
        begun = time.perf_counter()
        for rows in answers(lake, text):
            words = "done" if rows is None else print_table(rows, console, upright=upright)
            console.print(Text(f"({words}, {time.perf_counter() - begun:.2f} s)", style="dim"))
            begun = time.perf_counter()

    try:
        interruptible(lake, work)
    except KeyboardInterrupt:
        console.print(Text("\ninterrupted", style="yellow"))
    except UserError as error:
        console.print(Text(str(error), style="red"))
    except duckdb.Error as error:
        console.print(Text(str(explained(lake, error)), style="red"))


def _enter_ends_a_statement() -> KeyBindings:
    """Make Enter ask when the statement is whole, and else begin a line."""
    bindings = KeyBindings()

    @bindings.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        text = buffer.text.strip()
        if not text or text.endswith(";") or text.startswith((".", "\\")) or text.lower() in LEAVE | {"help"}:
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    return bindings
