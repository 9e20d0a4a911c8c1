"""A contract drafted from a sample: types, what may be missing, what names a row; a person tightens the rest."""

from __future__ import annotations

import json
import keyword
import re
from dataclasses import dataclass

import pandera.polars as pa
import polars as pl

from dq.clean.parse import DECIMAL, INTEGER

TYPES = {"int": pl.Int64, "float": pl.Float64, "bool": pl.Boolean, "date": pl.Date, "str": pl.String}
_LONGEST = 110
_BY_NAME = re.compile(r"(^|_|\.)(id|key|uuid|code|no|number)$", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """One column of a drafted contract; `kind` is one of `TYPES`, `about` says what it is, in words."""

    name: str
    kind: str
    nullable: bool = False
    unique: bool = False
    about: str = ""


def drafted(rows: pl.DataFrame) -> list[Column]:
    """Read types from text: the narrowest in which every cell of the sample can be read.

    A number with a leading zero is a code, hence text. Nullable is what was missing at least once, unique a
    column that is named like a key, or a first one of numbers, where no value repeats.

    >>> rows = pl.DataFrame({"id": ["1", "2"], "zip": ["01234", None], "on": ["2026-01-31", "2026-02-01"]})
    >>> [(column.name, column.kind, column.nullable, column.unique) for column in drafted(rows)]
    [('id', 'int', False, True), ('zip', 'str', True, False), ('on', 'date', False, False)]
    """
    data = rows.select(pl.exclude("^_.*$")).select(pl.col(pl.String))
    return [_column(data[name], first=name == data.columns[0]) for name in data.columns]


def contract_file(table: str, columns: list[Column], *, sampled: int) -> str:
    """Give the file `checks/<name>.py` of a table `core.<name>`."""
    name = table.partition(".")[2]
    origin = f"drafted from {sampled:,} rows" if sampled else "as declared"
    dates = ["from datetime import date", ""] if any(column.kind == "date" for column in columns) else []
    taken: set[str] = set()
    fields = [line for column in columns for line in _field(column, taken)]
    lines = [
        f'"""Contract of {name}, {origin}."""',
        "",
        "from __future__ import annotations",
        "",
        *dates,
        "import pandera.polars as pa",
        "",
        "",
        f"class {class_name(name)}(pa.DataFrameModel):",
        f'    """One row a record of {name}."""',
        "",
        *fields,
        "",
        "    class Config:",
        '        """The table it is for."""',
        "",
        f'        name = "{table}"',
    ]
    return "\n".join(lines) + "\n"


def class_name(source: str) -> str:
    """Name the contract's class after the source.

    >>> class_name("finance__bank_branches")
    'BankBranchesRow'
    """
    return "".join(part.capitalize() for part in source.partition("__")[2].split("_") if part) + "Row"


def _column(cells: pl.Series, *, first: bool) -> Column:
    text = cells.str.strip_chars()
    text = text.set(text == "", None)
    known = text.drop_nulls()
    kind = _kind(known)
    keyed = _BY_NAME.search(cells.name) is not None or (first and kind == "int")
    unique = (
        keyed
        and known.len() == cells.len() > 1
        and known.n_unique() == known.len()
        and kind in {"int", "str"}
    )
    return Column(cells.name, kind, known.len() < cells.len(), unique, _about(known, kind))


def _kind(known: pl.Series) -> str:
    if known.is_empty():
        return "str"
    coded = known.str.contains(r"^[+-]?0[0-9]").any()
    whole = known.str.replace(r"\.0*$", "").cast(pl.Int64, strict=False)
    if known.str.contains(INTEGER).all() and not coded and not whole.null_count():
        return "int"
    if known.str.contains(DECIMAL).all() and not coded:
        return "float"
    if known.str.to_lowercase().is_in(["true", "false"]).all():
        return "bool"
    if known.str.contains(r"^\d{4}-\d{2}-\d{2}$").all() and known.str.to_date(strict=False).null_count() == 0:
        return "date"
    return "str"


def _about(known: pl.Series, kind: str) -> str:
    if known.is_empty():
        return "always empty in the sample"
    if kind in {"int", "float"}:
        numbers = known.cast(pl.Float64).to_list()
        return f"from {min(numbers):,.12g} to {max(numbers):,.12g} in the sample"
    days = known.to_list()
    if kind == "str":
        count = known.n_unique()
        return f"text; {count:,} different in the sample" if count > 1 else "text; one value in the sample"
    return f"from {min(days)} to {max(days)} in the sample" if kind == "date" else "yes or no"


def _field(column: Column, taken: set[str]) -> list[str]:
    name = _attribute(column.name)
    while name in taken:
        name += "_"
    taken.add(name)
    given: dict[str, str] = {}
    if name != column.name:
        given["alias"] = json.dumps(column.name, ensure_ascii=False)
    if column.unique:
        given["unique"] = "True"
    if column.nullable:
        given["nullable"] = "True"
    given["description"] = json.dumps(column.about or "as declared", ensure_ascii=False)
    arguments = [f"{key}={value}" for key, value in given.items()]
    line = f"    {name}: {column.kind} = pa.Field({', '.join(arguments)})"
    if len(line) <= _LONGEST:
        return [line]
    inner = f"        {', '.join(arguments)}"
    body = [inner] if len(inner) <= _LONGEST else [f"        {one}," for one in arguments]
    return [f"    {name}: {column.kind} = pa.Field(", *body, "    )"]


def _attribute(column: str) -> str:
    """Name a class attribute after a column, whatever the column is called."""
    name = re.sub(r"\W+", "_", column).strip("_").lower() or "column"
    if name[0].isdigit():
        name = f"column_{name}"
    if keyword.iskeyword(name) or hasattr(pa.DataFrameModel, name) or name in TYPES:
        name += "_"
    return name
