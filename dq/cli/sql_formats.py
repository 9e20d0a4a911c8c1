"""Rows for programs and for pages: CSV, JSON, NDJSON, Markdown, Parquet and Arrow, all of them and to the letter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, TextIO

import duckdb
import polars as pl
import pyarrow as pa

from dq.cli.sql_output import as_texts, is_number, printable, uniquely_named
from dq.warehouse.names import literal, quote

BATCH_ROWS = 65_536

Format = StrEnum("Format", ("table", "csv", "json", "ndjson", "markdown", "parquet", "arrow"))
"""How rows are written: `table` for people, who are shown the first ones; all others hold every row."""


def write_csv(rows: duckdb.DuckDBPyRelation, out: TextIO) -> None:
    """Write a header and every row; null is an empty field, empty text is `""`, nested values are JSON."""
    # As text, not straight to the stream: Polars would write past `out` to its file descriptor.
    out.write(pl.DataFrame(rows.columns).transpose().write_csv(include_header=False))
    out.writelines(frame.write_csv(include_header=False) for frame in _batches(as_texts(rows)))


def write_json(rows: duckdb.DuckDBPyRelation, out: TextIO) -> None:
    """Write one array of objects, a line each; a number that JSON does not know (NaN, infinity) is null."""
    out.write("[")
    between = "\n"
    for objects in _objects(rows):
        out.write(between + ",\n".join(objects))
        between = ",\n"
    out.write("\n]\n")


def write_ndjson(rows: duckdb.DuckDBPyRelation, out: TextIO) -> None:
    """Write an object a line, each as `write_json` does."""
    out.writelines("\n".join(objects) + "\n" for objects in _objects(rows))


def write_markdown(rows: duckdb.DuckDBPyRelation, out: TextIO) -> None:
    """Write a table as GitHub and GitLab read it; null is an empty cell."""
    names = [_markdown(name) for name in rows.columns]
    right = [is_number(str(dtype)) for dtype in rows.types]
    out.write(f"| {' | '.join(names)} |\n| {' | '.join('---:' if number else '---' for number in right)} |\n")
    for frame in _batches(as_texts(rows)):
        out.writelines(
            f"| {' | '.join('' if cell is None else _markdown(cell) for cell in row)} |\n"
            for row in frame.iter_rows()
        )


def write_parquet(rows: duckdb.DuckDBPyRelation, path: Path) -> None:
    """Write all rows to a file."""
    rows.write_parquet(str(path), compression="zstd")


def write_arrow(rows: duckdb.DuckDBPyRelation, out: BinaryIO) -> None:
    """Write all rows as a stream of Arrow's IPC, which `pyarrow.ipc.open_stream` and Polars read."""
    reader = uniquely_named(rows).to_arrow_reader(BATCH_ROWS)
    with pa.ipc.new_stream(out, reader.schema) as stream:
        for batch in reader:
            stream.write_batch(batch)


TEXT: Mapping[str, Callable[[duckdb.DuckDBPyRelation, TextIO], None]] = {
    "csv": write_csv,
    "json": write_json,
    "ndjson": write_ndjson,
    "markdown": write_markdown,
}
BINARY = ("parquet", "arrow")
FORMATS = tuple(Format)
_OF_SUFFIX = {
    "csv": "csv", "json": "json", "ndjson": "ndjson", "jsonl": "ndjson", "md": "markdown",
    "parquet": "parquet", "arrow": "arrow", "arrows": "arrow",
}  # fmt: skip


def format_of(path: Path) -> str:
    """Give the format that a file's name asks for; a table where it asks for none.

    >>> format_of(Path("rows.jsonl"))
    'ndjson'
    """
    return _OF_SUFFIX.get(path.suffix.lower().lstrip("."), "table")


def _objects(rows: duckdb.DuckDBPyRelation) -> Iterator[list[str]]:
    """Give batches of JSON objects."""
    rows = uniquely_named(rows)
    fields = ", ".join(
        f"{literal(name)}: "
        + (f"case when isfinite({quote(name)}) then {quote(name)} end" if _is_float(dtype) else quote(name))
        for name, dtype in zip(rows.columns, map(str, rows.types), strict=True)
    )
    for frame in _batches(rows.project(f"to_json({{{fields}}})::varchar as object")):
        yield frame["object"].to_list()


def _markdown(text: str) -> str:
    r"""Give a cell that stays in its cell, and that no browser obeys.

    >>> _markdown("a|b\n<i>")
    'a\\|b<br>&lt;i>'
    """
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace("\\", "\\\\").replace("|", "\\|")
    return "<br>".join(map(printable, plain.splitlines()))


def _is_float(dtype: str) -> bool:
    return dtype in {"FLOAT", "DOUBLE"}


def _batches(rows: duckdb.DuckDBPyRelation) -> Iterator[pl.DataFrame]:
    for batch in rows.to_arrow_reader(BATCH_ROWS):
        yield pl.DataFrame(pl.from_arrow(batch))
