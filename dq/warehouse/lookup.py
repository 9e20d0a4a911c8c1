"""Single rows of a warehouse, looked up by where they came from."""

from __future__ import annotations

from typing import Any

from dq.warehouse.names import qualified
from dq.warehouse.warehouse import Warehouse


class Lookup:
    """The warehouse as of now, or of one snapshot; `columns` are those of every table, in their order."""

    def __init__(self, warehouse: Warehouse, at: int | None = None) -> None:
        self._lake = warehouse.connect(at=at)
        self.columns: dict[str, list[str]] = {}
        for table, column in self._lake.execute(
            "select table_schema || '.' || table_name, column_name from information_schema.columns "
            "order by ordinal_position"
        ).fetchall():
            self.columns.setdefault(table, []).append(column)

    def ask(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Give rows as dicts."""
        found = self._lake.execute(query, list(values))
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def row_of(self, table: str, landing_id: str, row: int, *, about: str | None = None) -> dict[str, Any]:
        """Give what a table has of a row, `about` one table where it speaks of several; empty where that is nothing."""
        if not {"_landing_id", "_row"} <= set(self.columns.get(table, ())):
            return {}
        more, values = ("", []) if about is None else (" and table_name = ?", [about])
        found = self.ask(
            f"select * from {qualified(table)} where _landing_id = ? and _row = ?{more} limit 1",
            landing_id,
            row,
            *values,
        )
        return found[0] if found else {}
