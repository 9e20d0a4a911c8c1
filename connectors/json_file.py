"""JSON files → rows of text: one document that holds a list, or one object a line."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from connectors.json_rows import at, load, rows
from connectors.lines import split_lines
from dq.errors import DecodeError
from dq.source import REJECT_SCHEMA, Decoded


@dataclass(frozen=True)
class JsonFile:
    """How one JSON file is written: `items` is the dotted path of its list ("" where the file is the list).

    With `lines`, each line that is not empty is an object of its own (NDJSON), `_row` is its line number, and a
    line that is no object is a reject; otherwise `_row` is the item's number. Cells are as in an API's answer.
    """

    items: str = ""
    lines: bool = False

    def read(self, body: bytes, where: str) -> Decoded:
        r"""Read all records.

        Raises:
            DecodeError: where the file is not JSON, or holds no list at that place.

        >>> JsonFile(lines=True).read(b'{"a": 1.10}\n{"a"\n', "x.ndjson").rows.rows()
        [('1.10', 1)]

        """
        if self.lines:
            return self._lines(body, where)
        found = at(load(body, where), self.items)
        if not isinstance(found, list):
            raise DecodeError(f"no list at {self.items!r}", where=where, hint="correct `items`")
        return rows(found, where)

    def _lines(self, body: bytes, where: str) -> Decoded:
        lines = split_lines(body, "utf-8", where)
        records = lines.frame.filter(pl.col("text").str.strip_chars() != "")
        parsed: list[object] = []
        broken: list[tuple[int, str, str]] = []
        kept: list[int] = []
        for number, text, bad in records.select("line", "text", "bad").iter_rows():
            try:
                found = None if bad else load(text.encode(), where)
                what = f"bytes that are not valid {lines.encoding}" if bad else "not an object"
            except DecodeError as error:
                found, what = None, error.what
            if isinstance(found, dict):
                parsed.append(found)
                kept.append(number)
            else:
                broken.append((number, text, f"{where}, line {number}: {what}"))
        good = rows(parsed, where).rows.with_columns(pl.Series("_row", kept, dtype=pl.Int64))
        offsets = lines.offsets(body, pl.Series([number for number, _, _ in broken], dtype=pl.Int64))
        rejects = [
            (number, offset, text, "json:line", None, message)
            for (number, text, message), offset in zip(broken, offsets, strict=True)
        ]
        return Decoded(good, pl.DataFrame(rejects, schema=REJECT_SCHEMA, orient="row"), records.height)
