"""What Tab offers at the prompt of `dq sql`: columns, tables, commands, keywords and functions."""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from dq.warehouse.names import LAKE, quote

COMMANDS = (".tables", ".help", ".quit", "\\d", "\\x")
# A table and what it is called in the query: `core.finance f`, `core.finance as f`.
_NAMED = re.compile(
    r"\b(?:from|join)\s+([\w.]+)(?:\s+(?:as\s+)?(\w+))?|,\s*(\w+\.\w+)\s+(?:as\s+)?(\w+)",
    re.IGNORECASE,
)


class Names(Completer):
    """Completes columns of the tables that the query names, tables after their schema, keywords and functions."""

    def __init__(self, lake: duckdb.DuckDBPyConnection) -> None:
        self._lake = lake
        self._tables: dict[str, tuple[str, ...]] = {}
        self._stale = True
        self._keywords = self._words("select distinct keyword_name from duckdb_keywords() order by 1")
        self._functions = self._words(
            "select distinct function_name from duckdb_functions() "
            "where regexp_full_match(function_name, '[a-z][a-z0-9_]*') order by 1"
        )

    def refresh(self) -> None:
        """Learn the tables anew, when they are next asked for."""
        self._stale = True

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Give what may stand here, best guesses first: columns in use, tables, commands, keywords, functions."""
        del complete_event
        before = document.text_before_cursor
        start = len(before)
        while start and (before[start - 1].isalnum() or before[start - 1] in "_.\\"):
            start -= 1
        typed = before[start:].lower()
        if not typed:
            return
        tables = self._known()
        columns = _columns(tables, document.text, typed)
        commands = COMMANDS if not before[:start].strip() else ()
        offered: dict[str, str] = {}
        for group, kind in (
            (columns, ""),
            (tables, "table"),
            (commands, "command"),
            (self._keywords, ""),
            (self._functions, "function"),
        ):
            for name in group:
                if name.lower().startswith(typed):
                    offered.setdefault(name, columns.get(name, kind))
        for name, kind in offered.items():
            above, _, last = name.rpartition(".") if name in columns else ("", "", name)
            plain = kind in {"table", "command"} or last.isidentifier()
            text = name if plain else f"{above}.{quote(last)}" if above else quote(last)
            yield Completion(text, -len(typed), display=name, display_meta=kind)

    def _known(self) -> dict[str, tuple[str, ...]]:
        if self._stale:
            found = self._lake.execute(
                "select schema_name || '.' || table_name, list(column_name order by column_index) "
                f"from duckdb_columns() where database_name = '{LAKE}' group by 1 order by 1"
            ).fetchall()
            self._tables = {table: tuple(columns) for table, columns in found}
            self._stale = False
        return self._tables

    def _words(self, query: str) -> tuple[str, ...]:
        return tuple(word for (word,) in self._lake.execute(query).fetchall())


def _columns(tables: dict[str, tuple[str, ...]], text: str, typed: str) -> dict[str, str]:
    """Give the columns of the tables that the query names, and whose they are; after `f.` those of `f`."""
    lower = {name.lower(): name for name in tables}
    if "." in typed:
        called = typed.rpartition(".")[0]
        for found in _NAMED.finditer(text):
            table, alias = found[1] or found[3], found[2] or found[4]
            names = {(alias or "").lower(), table.lower(), table.lower().rpartition(".")[2]}
            if called in names and (whole := lower.get(table.lower())):
                return {f"{called}.{column}": whole for column in tables[whole]}
        return {}
    named = text.lower()
    return {column: name for small, name in lower.items() if small in named for column in tables[name]}
