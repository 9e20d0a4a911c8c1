"""How names and values get into SQL: the only place that may quote."""

from __future__ import annotations

import re

from dq.errors import UserError

LAKE = "lake"
"""What the lake is attached as."""
META = f"__ducklake_metadata_{LAKE}"
"""The catalog behind it, as DuckLake attaches it."""

_TABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\.([A-Za-z_][A-Za-z0-9_]*)")


def quote(identifier: str) -> str:
    """Give an identifier that SQL reads as exactly this name.

    >>> print(quote('12" disc'))
    "12"" disc"
    """
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Give a string literal that SQL reads as exactly this text.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def one_file(path: str) -> str:
    """Give a literal that a function which expands patterns takes for exactly this file.

    >>> one_file("/data[1]/a*.parquet")
    "'/data[[]1]/a[*].parquet'"
    """
    return literal(re.sub(r"([*?[])", r"[\1]", path))


def split(table: str) -> tuple[str, str]:
    """Give schema and name of a table's address.

    Raises:
        UserError: where it is not `schema.name` in letters, digits and underscores.

    >>> split("core.finance__cdnow")
    ('core', 'finance__cdnow')

    """
    match = _TABLE.fullmatch(table)
    if match is None:
        raise UserError(
            f"{table!r} is not the name of a table", hint="write schema.name, as in core.finance__cdnow"
        )
    return match[1], match[2]


def qualified(table: str) -> str:
    """Give a table's address as SQL reads it.

    >>> qualified("core.finance__cdnow")
    '"core"."finance__cdnow"'
    """
    schema, name = split(table)
    return f"{quote(schema)}.{quote(name)}"
