r"""What may be asked besides SQL (`.tables`, `\d`), and how DuckDB's errors are said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

import duckdb

from dq.errors import UserError
from dq.warehouse.names import LAKE, literal, split

TABLES = f"""
select known."table", sizes.rows, known.columns, known.comment
from (
    select schema_name || '.' || table_name as "table", column_count as columns, comment
    from duckdb_tables() where database_name = '{LAKE}'
) known
left join quality.tables sizes on sizes.table_name = known."table"
order by 1
"""
COLUMNS = f"""
select column_name as "column", lower(data_type) as type, comment
from duckdb_columns() where database_name = '{LAKE}' and schema_name = {{}} and table_name = {{}}
order by column_index
"""
# In the lake no table is in the schema that DuckDB's own SHOW TABLES looks at.
_LISTING = {".tables", ".schema", "\\d", "\\dt", "show tables", "show all tables"}
_MISSING = re.compile(r'^Catalog Error: Table with name "?([\w.]+)"? does not exist')
_LINE = re.compile(r"^LINE (\d+):", re.MULTILINE)


def answers(lake: duckdb.DuckDBPyConnection, text: str) -> Iterator[duckdb.DuckDBPyRelation | None]:
    r"""Give the rows of each statement, of `.tables` or `\d`, or of `\d schema.table`; null where one has none.

    A statement is looked at when the answer before it has been taken.

    Raises:
        UserError: a statement is wrong, or would write.

    """
    plain = text.strip().rstrip(";").strip()
    word, _, rest = plain.partition(" ")
    if plain.lower() in _LISTING:
        yield lake.sql(TABLES)
    elif word in _LISTING:
        yield _columns(lake, rest.strip())
    elif word.startswith((".", "\\")):
        raise UserError(f"{word} is no command", hint=".tables, \\d schema.table, or SQL")
    else:
        try:
            statements = lake.extract_statements(text)
        except duckdb.Error as error:
            raise explained(lake, error) from error
        for statement in statements:
            try:
                yield lake.sql(statement.query)
            except duckdb.Error as error:
                raise explained(lake, error, statement.query) from error


def explained(lake: duckdb.DuckDBPyConnection, error: duckdb.Error, statement: str = "") -> UserError:
    """Say what DuckDB says, as one message with what to do; of a statement that does not bind, also where in it."""
    text = (_placed(lake, error, statement) or _unplaced(error)).strip()
    if isinstance(error, duckdb.InvalidInputException) and "attached in read-only mode" in text:
        return UserError(
            "dq sql only reads", hint="tables change by a run (dq run); a temp table may be made and changed"
        )
    if found := _MISSING.match(text):
        said = "\n".join(line for line in text.splitlines() if not line.startswith("Did you mean"))
        return UserError(said, hint=_nearest(lake, found[1]))
    return UserError(text)


def _unplaced(error: duckdb.Error) -> str:
    """Give the error's words; a place in the statement that dq made of the person's own says nothing to them."""
    text = str(error)
    return text if isinstance(error, duckdb.ParserException) else text.partition("\n\nLINE ")[0]


def _placed(lake: duckdb.DuckDBPyConnection, error: duckdb.Error, statement: str) -> str | None:
    """Give the error's words with the line and a mark below the word that is meant.

    What the interface for rows says lacks it. So DuckDB is asked to plan the statement, one line further down.
    """
    if not statement or not isinstance(error, (duckdb.CatalogException, duckdb.BinderException)):
        return None
    try:
        lake.execute(f"explain\n{statement}")
    except duckdb.Error as placed:
        return (
            _LINE.sub(lambda line: f"LINE {int(line[1]) - 1}:", str(placed))
            if type(placed) is type(error)
            else None
        )
    return None


def _nearest(lake: duckdb.DuckDBPyConnection, wanted: str) -> str:
    """Give the tables that may have been meant; else where all are listed."""
    listed = "dq sql .tables lists the tables, as schema.table"
    try:
        names = [name for name, *_ in lake.sql(TABLES).fetchall()]
    except duckdb.Error:
        return listed
    bare = {name: name.partition(".")[2].lower() for name in names}
    short = wanted.rpartition(".")[2].lower()
    close = get_close_matches(short, set(bare.values()), cutoff=0.7)
    meant = [name for name in names if bare[name] == short] or [
        name for name in names if bare[name] in close or (len(short) > 2 and short in bare[name])
    ]
    return f"did you mean {', '.join(meant[:3])}? {listed}" if meant else listed


def _columns(lake: duckdb.DuckDBPyConnection, table: str) -> duckdb.DuckDBPyRelation:
    schema, name = split(table)
    rows = lake.sql(COLUMNS.format(literal(schema), literal(name)))
    if not rows.limit(1).fetchall():
        raise UserError(f"there is no table {table}", hint=_nearest(lake, table))
    return rows
