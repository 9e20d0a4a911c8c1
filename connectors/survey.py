"""Questionnaires: exports of the answers, one row an item with all its ratings, or one row a respondent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

import polars as pl

from connectors.delimited import Delimited
from connectors.files import Files
from dq.errors import DecodeError
from dq.origin import Landing
from dq.source import Cursor, Decoded, Fetched, Surroundings


@dataclass(frozen=True)
class Survey:
    """One file a questionnaire; its rows carry the file's name, without suffix, as `questionnaire`.

    `columns` names the columns of a file without a header; without it, the first line does.
    """

    name: str
    glob: str
    columns: tuple[str, ...] = ()
    delimiter: str = "\t"
    quote: str | None = None
    encoding: str | None = "utf-8"
    licence: str = "internal"

    def fetch(self, cursor: Cursor, around: Surroundings) -> Fetched:
        """Land every export that is new or has changed."""
        return self._files.fetch(cursor, around)

    def decode(self, landing: Landing, body: bytes) -> Decoded:
        """Read one export."""
        decoded = self._files.decode(landing, body)
        if "questionnaire" in decoded.rows.columns:
            raise DecodeError("the export has a column named questionnaire itself", where=landing.origin.url)
        stem = PurePosixPath(landing.origin.url.removeprefix("file:")).stem
        rows = decoded.rows.with_columns(questionnaire=pl.lit(stem, pl.String))
        return Decoded(rows, decoded.rejects, decoded.records)

    @property
    def _files(self) -> Files:
        reader = Delimited(self.delimiter, self.columns or True, encoding=self.encoding, quote=self.quote)
        return Files(self.name, self.glob, reader, self.licence)
