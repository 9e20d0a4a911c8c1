r"""What may be asked besides SQL (`.tables`, `\d`), and how DuckDB's errors are said."""

from __future__ import annotations

import duckdb

from dq.errors import UserError
from dq.warehouse.names import literal, split

TABLES = """
select known."table", sizes.rows, known.columns, known.comment
from (
    select schema_name || '.' || table_name as "table", column_count as columns, comment
    from duckdb_tables() where database_name = 'lake'
) known
left join quality.tables sizes on sizes.table_name = known."table"
order by 1
"""
COLUMNS = """
select column_name as "column", lower(data_type) as type, comment
from duckdb_columns() where database_name = 'lake' and schema_name = {} and table_name = {}
order by column_index
"""


def answer(lake: duckdb.DuckDBPyConnection, query: str) -> duckdb.DuckDBPyRelation | None:
    r"""Give the rows of a query, of `.tables` or `\d`, or of `\d schema.table`; null where it has none.

    Raises:
        UserError: the query is wrong, or would write.

    """
    text = query.strip().rstrip(";").strip()
    word, _, rest = text.partition(" ")
    try:
        if word in {".tables", "\\d", "\\dt", ".schema"}:
            return lake.sql(TABLES) if not rest.strip() else _columns(lake, rest.strip())
        if word.startswith((".", "\\")):
            raise UserError(f"{word} is no command", hint=".tables, \\d schema.table, or SQL")
        return lake.sql(query)
    except duckdb.Error as error:
        raise explained(error) from error


def explained(error: duckdb.Error) -> UserError:
    """Say what DuckDB says, as one message with what to do."""
    text = str(error).strip()
    if "read-only" in text:
        return UserError("dq sql only reads", hint="tables change by a run: dq run")
    if isinstance(error, duckdb.CatalogException) and "Table with name" in text:
        return UserError(text.splitlines()[0], hint="dq sql .tables lists the tables, as schema.table")
    return UserError(text)


def _columns(lake: duckdb.DuckDBPyConnection, table: str) -> duckdb.DuckDBPyRelation:
    schema, name = split(table)
    rows = lake.sql(COLUMNS.format(literal(schema), literal(name)))
    if not rows.limit(1).fetchall():
        raise UserError(f"there is no table {table}", hint=".tables lists them")
    return rows
