"""Questionnaires: exports of the answers, one row per item with all its ratings, or one row per respondent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

import polars as pl

from connectors.column_names import named
from connectors.delimited import Delimited
from connectors.excel import Excel
from connectors.files import Files
from connectors.reader import Reader
from dq.errors import ConfigError, DecodeError
from dq.origin import Landing
from dq.source import Cursor, Decoded, Fetched, Surroundings

_ANYTHING = frozenset({"", "Response", "Open-Ended Response"})  # what stands where a question has no options
_LONG = ("item", "question", "answer", "line")
_TEXT = {"delimiter": None, "quote": '"'}
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")


@dataclass(frozen=True)
class Survey:
    """One file per questionnaire; its rows carry the file's name, without suffix, as `questionnaire`.

    `columns` names the columns of a file without a header; without it, the first line does, where questions that repeat
    get a number. Workbooks are known by the glob's ending; `reader` reads other files than these and delimited text.
    `label_rows` of the rows below the header say what the columns mean and are no
    respondents; with `two_headers`, the second row holds options, and a column is named `question: option`.

    With `long`, the columns that it names stay, and each other column of a respondent becomes a row: `item` (the
    column), `question` (its label, or the column again), `answer` (null where there is none) and `line` (the
    respondent's line). `_row` is then the line times a power of ten, plus the item's number.
    """

    name: str
    glob: str
    columns: tuple[str, ...] = ()
    delimiter: str | None = "\t"
    quote: str | None = None
    encoding: str | None = "utf-8"
    licence: str = "internal"
    reader: Reader | None = None
    label_rows: int = 0
    two_headers: bool = False
    long: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.two_headers and self.label_rows:
            raise ConfigError(f"{self.name}: an export has a second header or rows of labels, not both")

    @classmethod
    def qualtrics(cls, name: str, glob: str, **more: Any) -> Survey:
        """Declare an export of Qualtrics: names, then the questions' texts, then import ids. CSV, TSV or Excel."""
        return cls(name, glob, **{**_TEXT, "label_rows": 2, **more})

    @classmethod
    def survey_monkey(cls, name: str, glob: str, **more: Any) -> Survey:
        """Declare an export of SurveyMonkey: questions, below them the options of those that have several."""
        return cls(name, glob, **{**_TEXT, "two_headers": True, **more})

    @classmethod
    def google_forms(cls, name: str, glob: str, **more: Any) -> Survey:
        """Declare the answers of a Google form: questions as they were asked; a grid's rows as `question [row]`."""
        return cls(name, glob, **{**_TEXT, **more})

    @classmethod
    def lime_survey(cls, name: str, glob: str, **more: Any) -> Survey:
        """Declare an export of LimeSurvey: codes as `Q2[SQ001]`, or the questions' texts."""
        return cls(name, glob, **{**_TEXT, **more})

    @classmethod
    def kobo(cls, name: str, glob: str, **more: Any) -> Survey:
        """Declare an export of KoboToolbox: `group/question`, and `group/question/option` where there are several."""
        return cls(name, glob, **{**_TEXT, **more})

    @classmethod
    def wjx(cls, name: str, glob: str, **more: Any) -> Survey:
        """Declare an export of 问卷星: Excel, or CSV in whatever Chinese encoding."""
        return cls(name, glob, **{**_TEXT, "encoding": None, **more})

    def fetch(self, cursor: Cursor, around: Surroundings) -> Fetched:
        """Land every export that is new or has changed."""
        return self._files.fetch(cursor, around)

    def decode(self, landing: Landing, body: bytes) -> Decoded:
        """Read one export.

        Raises:
            DecodeError: where a row of labels cannot be read, or a column has a name that is taken.

        """
        where = landing.origin.url
        decoded, questions = self._described(self._files.decode(landing, body), where)
        taken = {"questionnaire", *(_LONG if self.long else ())} & {*decoded.rows.columns}
        if taken:
            raise DecodeError(f"the export has a column named {', '.join(sorted(taken))} itself", where=where)
        if self.long:
            decoded = self._lengthened(decoded, questions, where)
        stem = PurePosixPath(where.removeprefix("file:")).stem
        rows = decoded.rows.with_columns(questionnaire=pl.lit(stem, pl.String))
        return Decoded(rows, decoded.rejects, decoded.records)

    def _described(self, decoded: Decoded, where: str) -> tuple[Decoded, dict[str, str]]:
        """Take the rows that describe the columns from those of respondents; gives the questions by column."""
        names = [name for name in decoded.rows.columns if name != "_row"]
        above = self.label_rows or int(self.two_headers)
        head = decoded.rows.head(above)
        if head.height < above or (decoded.rejects["_row"] <= (head["_row"].max() or 0)).any():
            raise DecodeError(
                "the rows that describe the columns cannot be read",
                where=where,
                hint="is it this tool's export?",
            )
        rest = Decoded(decoded.rows.slice(above), decoded.rejects, decoded.records - above)
        if self.two_headers:
            titles = _titles(names, head.row(0))
            renamed = dict(zip(names, named(titles, (), where, repeats=True), strict=True))
            return replace(rest, rows=rest.rows.rename(renamed)), {name: name for name in renamed.values()}
        said = head.row(0) if above else ()
        return rest, {name: (label or name) for name, label in zip(names, said or names, strict=False)}

    def _lengthened(self, decoded: Decoded, questions: dict[str, str], where: str) -> Decoded:
        items = [name for name in decoded.rows.columns if name not in {*self.long, "_row"}]
        if missing := [name for name in self.long if name not in decoded.rows.columns]:
            raise DecodeError(
                f"the export has no column {', '.join(missing)}", where=where, hint="correct `long`"
            )
        step = 10 ** len(str(len(items)))
        numbers = {name: number for number, name in enumerate(items, 1)}
        item = pl.col("item")
        rows = (
            decoded.rows.unpivot(items, index=[*self.long, "_row"], variable_name="item", value_name="answer")
            .with_columns(
                item.replace_strict(questions, default=item, return_dtype=pl.String).alias("question"),
                pl.col("_row").cast(pl.String).alias("line"),
                pl.col("_row") * step + item.replace_strict(numbers, return_dtype=pl.Int64),
            )
            .sort("_row")
            .select(*self.long, *_LONG, "_row")
        )
        rejects = decoded.rejects.with_columns(pl.col("_row") * step)
        return Decoded(rows, rejects, rows.height + rejects["_row"].n_unique())

    @property
    def _files(self) -> Files:
        reader = self.reader
        if reader is None and self.glob.lower().endswith(_WORKBOOKS):
            reader = Excel(columns=self.columns, repeats=True)
        text = Delimited(
            self.delimiter, self.columns or True, encoding=self.encoding, quote=self.quote, repeats=True
        )
        return Files(self.name, self.glob, reader or text, self.licence)


def _titles(questions: list[str], options: tuple[Any, ...]) -> list[str]:
    """Name each column of two headers: a question stands above the first of its options only."""
    titles: list[str] = []
    question = ""
    for number, (name, option) in enumerate(zip(questions, options, strict=False), 1):
        question = question if name == f"column_{number}" else name
        titles.append(question if (option or "") in _ANYTHING else f"{question}: {option}".removeprefix(": "))
    return titles
