"""The interactive prompt of `dq sql`: completion, history, several lines until a semicolon, timing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from prompt_toolkit.output import Output
from pygments.lexers.sql import SqlLexer  # type: ignore[import-untyped]
from rich.console import Console
from rich.text import Text

from dq.cli.sql_output import print_table
from dq.cli.sql_words import answer, explained
from dq.errors import UserError
from dq.warehouse import Warehouse
from dq.warehouse.names import quote

WORDS = (".tables", ".help", ".quit", "\\d")
HELP = """\
SQL ends with a semicolon, on any line. Tab completes, arrows recall, Ctrl-C drops, Ctrl-D leaves.
.tables or \\d   all tables      \\d schema.table   its columns      .quit or \\q   leave"""


class Names(Completer):
    """Completes tables after their schema, columns of the tables that the query names, and keywords."""

    def __init__(self, lake: duckdb.DuckDBPyConnection) -> None:
        self._lake = lake
        self._tables: dict[str, tuple[str, ...]] = {}
        self._keywords: tuple[str, ...] = ()

    def refresh(self) -> None:
        """Learn the names of now."""
        found = self._lake.execute(
            "select schema_name || '.' || table_name, list(column_name order by column_index) "
            "from duckdb_columns() where database_name = 'lake' group by 1 order by 1"
        ).fetchall()
        self._tables = {table: tuple(columns) for table, columns in found}
        words = self._lake.execute(
            "select distinct keyword_name from duckdb_keywords() order by 1"
        ).fetchall()
        self._keywords = tuple(word for (word,) in words)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Give what may stand here, best guesses first: columns in use, tables, commands, keywords."""
        del complete_event
        before = document.text_before_cursor
        start = len(before)
        while start and (before[start - 1].isalnum() or before[start - 1] in "_.\\"):
            start -= 1
        typed = before[start:].lower()
        if not typed:
            return
        text = document.text.lower()
        columns = {
            name: table for table, names in self._tables.items() if table.lower() in text for name in names
        }
        commands = WORDS if not before[:start].strip() else ()
        offered: dict[str, str] = {}
        for group, kind in (
            (columns, ""),
            (self._tables, "table"),
            (commands, "command"),
            (self._keywords, ""),
        ):
            for name in group:
                if name.lower().startswith(typed):
                    offered.setdefault(name, columns.get(name, kind))
        for name, kind in offered.items():
            plain = kind in {"table", "command"} or name.isidentifier()
            yield Completion(name if plain else quote(name), -len(typed), display=name, display_meta=kind)


def prompt(
    warehouse: Warehouse,
    history: Path,
    *,
    console: Console | None = None,
    keys: Input | None = None,
    screen: Output | None = None,
) -> None:
    """Ask and answer until Ctrl-D; every question sees the newest snapshot.

    `keys` and `screen` may stand in for the terminal.

    Raises:
        ConfigError: there is no warehouse yet.

    """
    console = console or Console(highlight=False)
    history.parent.mkdir(parents=True, exist_ok=True)
    with warehouse.connect() as lake:
        if console.is_terminal:
            lake.execute("set enable_progress_bar = true; set progress_bar_time = 1000")
        names = Names(lake)
        session: PromptSession[str] = PromptSession(
            "dq> ",
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
        while True:
            names.refresh()
            try:
                text = session.prompt().strip()
            except KeyboardInterrupt:
                continue
            except EOFError:
                return
            word = text.rstrip(";").strip()
            if word in {".quit", ".exit", "\\q"}:
                return
            if word in {".help", "\\?"}:
                console.print(Text(HELP))
            elif word:
                _answered(lake, text, console)


def _answered(lake: duckdb.DuckDBPyConnection, text: str, console: Console) -> None:
    begun = time.perf_counter()
    try:
        rows = answer(lake, text)
        words = "done" if rows is None else print_table(rows, console)
    except (KeyboardInterrupt, duckdb.InterruptException):
        console.print(Text("interrupted", style="yellow"))
    except UserError as error:
        console.print(Text(str(error), style="red"))
    except duckdb.Error as error:
        console.print(Text(str(explained(error)), style="red"))
    else:
        console.print(Text(f"({words}, {time.perf_counter() - begun:.2f} s)", style="dim"))


def _enter_ends_a_statement() -> KeyBindings:
    """Make Enter ask when the statement is whole, and else begin a line."""
    bindings = KeyBindings()

    @bindings.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        text = buffer.text.strip()
        if not text or text.endswith(";") or text.startswith((".", "\\")):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    return bindings
