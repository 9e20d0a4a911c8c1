"""The contract of one table: a plain Pandera model, and the verdict that it gives on every row."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl

from dq.contract.compile import compile_steps
from dq.contract.docs import ColumnDoc
from dq.contract.example_rows import example_rows
from dq.contract.judge import Judged, judge_batch
from dq.contract.model import dtype_of, schema_of
from dq.contract.rejected import with_reasons
from dq.contract.report import Tally, make_report
from dq.contract.rules import Rule
from dq.contract.settings import read_settings
from dq.contract.steps import Fresh, Step, Unique
from dq.contract.stream import needs_staging, stream
from dq.contract.structure import Form, Structure
from dq.contract.version import version_of
from dq.contract.whole import Marks, mark
from dq.verdict import Report, RuleResult, Verdict

LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)
"""A time before all others: judged at it, no value is too old."""


class Contract:
    """Judge frames by a `pandera.polars.DataFrameModel`: every row, every reason, nothing lost.

    The table's name is the model's `Config.name`; what Pandera has no place for stands in metadata.

    >>> import pandera.polars as pa
    >>> class People(pa.DataFrameModel):
    ...     age: int = pa.Field(ge=0)
    ...     class Config:
    ...         name = "core.people"
    >>> verdict = Contract(People).judge(pl.DataFrame({"age": [3, -1, None]}))
    >>> verdict.accepted["age"].to_list()
    [3]
    >>> [[reason["rule"] for reason in row] for row in verdict.rejected["_reasons"]]
    [['age:ge(0)'], ['age:not_null']]

    Raises:
        ContractError: where the model cannot be run as it is written.

    """

    def __init__(self, model: type[Any]) -> None:
        schema = schema_of(model)
        self.model = model
        self._schema = schema
        self._settings = read_settings(model, schema)
        self._dtypes: dict[str, pl.DataType] = {
            name: dtype_of(name, column, model) for name, column in schema.columns.items()
        }
        self._steps: tuple[Step, ...] = compile_steps(schema, self._dtypes, self._settings)
        self._structure = Structure(schema, self._dtypes, self.table)
        self._known_form: tuple[tuple[tuple[str, pl.DataType], ...], Form] | None = None
        self._version = version_of(schema, self._dtypes, self._steps, self._settings)

    def __repr__(self) -> str:
        return (
            f"Contract({self.model.__name__}: {self.table}, {len(self._steps)} rules, version {self.version})"
        )

    @property
    def table(self) -> str:
        """The table that the contract is for, `schema.name`."""
        return self._settings.table

    @property
    def version(self) -> str:
        """A hash of all that can change a verdict, the same on every machine."""
        return self._version

    @property
    def references(self) -> tuple[str, ...]:
        """The other tables that rules name, to be given to `judge`."""
        settings = self._settings
        return tuple(sorted({table for _, table, _ in (*settings.references, *settings.covers)}))

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule, in the order of the model."""
        return tuple(step.rule for step in self._steps)

    @property
    def columns(self) -> Mapping[str, pl.DataType]:
        """What the accepted frame has, in order, before the framework's columns."""
        return MappingProxyType(self._dtypes)

    def docs(self) -> tuple[ColumnDoc, ...]:
        """Give each column in words."""
        alone = {
            step.columns[0] for step in self._steps if isinstance(step, Unique) and len(step.columns) == 1
        }
        return tuple(
            ColumnDoc(
                name=name,
                dtype=str(self._dtypes[name]),
                nullable=column.nullable,
                unique=name in alone,
                constraints=tuple(
                    rule.description or rule.name.removeprefix(f"{name}:")
                    for rule in self.rules
                    if rule.column == name and rule.name not in {f"{name}:not_null", f"{name}:unique"}
                ),
                description=column.description or (column.metadata or {}).get("description", ""),
            )
            for name, column in self._schema.columns.items()
        )

    def example(
        self,
        rows: int = 10,
        *,
        seed: int = 0,
        columns: Mapping[str, pl.Expr] | None = None,
        references: Mapping[str, pl.LazyFrame] | None = None,
    ) -> pl.DataFrame:
        """Make rows that the contract accepts, for tests: the same for the same seed.

        Cells follow from types and built-in checks; rows that break another rule are thrown away and made anew.
        `columns` says how a column follows from others, where chance would hardly find it: a sum, a copy.
        References are drawn from the tables given.

        >>> import pandera.polars as pa
        >>> class People(pa.DataFrameModel):
        ...     name: str = pa.Field(unique=True, str_matches="^[A-Z][a-z]+$")
        ...     age: int = pa.Field(in_range={"min_value": 18, "max_value": 99})
        ...     class Config:
        ...         name = "core.people"
        >>> contract = Contract(People)
        >>> contract.judge(contract.example(100)).report.rejected
        0

        Raises:
            ContractError: where no such rows are found; names the rules that most rows break.

        """
        return example_rows(
            lambda frame, others: self.judge(frame, others, now=LONG_AGO),
            self._schema,
            self._dtypes,
            self._steps,
            rows=rows,
            seed=seed,
            columns=columns or {},
            references=references or {},
            table=self.table,
        )

    def judge(
        self,
        frame: pl.LazyFrame | pl.DataFrame,
        references: Mapping[str, pl.LazyFrame] | None = None,
        *,
        now: datetime | None = None,
    ) -> Verdict:
        """Judge every row by every rule.

        Columns with an underscore in front pass through. `_problems` holds cells that cleaning could not
        read: each is a broken rule. A lazy frame is collected. `references` holds the tables that rules name,
        `now` the time, for rules that ask how old the newest value is.

        Raises:
            SchemaError: where a column is missing or has the wrong type: then no row is judged.
            ContractError: where a check raises, or a reference table is missing.

        """
        rows = frame.collect() if isinstance(frame, pl.LazyFrame) else frame
        form = self._form(rows.schema)
        marks = self._marks(rows.lazy(), form, rows.height, references or {}, now)
        judged = judge_batch(rows, self._steps, form, marks)
        tally = Tally()
        tally.add(judged.accepted.height, judged.found)
        return Verdict(
            judged.accepted, with_reasons([judged.found.rejected]), self._report(tally, form, marks)
        )

    @property
    def asks_age(self) -> bool:
        """Whether a rule asks how old the newest value is."""
        return any(isinstance(step, Fresh) for step in self._steps)

    def freshness(self, frame: pl.LazyFrame, now: datetime) -> tuple[RuleResult, ...]:
        """Judge the rules on freshness alone: they can start to fail while nobody writes to the table."""
        steps = tuple(step for step in self._steps if isinstance(step, Fresh))
        form = self._form(frame.collect_schema())
        marks = mark(steps, frame, 0, {}, now=now, table=self.table)
        return make_report(
            Tally(), steps=steps, settings=self._settings, version=self.version, form=form, marks=marks
        ).rules

    def judge_streaming(
        self,
        frame: pl.LazyFrame,
        *,
        accepted: Path,
        rejected: Path,
        references: Mapping[str, pl.LazyFrame] | None = None,
        now: datetime | None = None,
    ) -> Report:
        """Judge as `judge` does, in memory that hardly grows with the rows; write both sides as Parquet.

        Rows keep their order. Rules over rows take one pass; a rule that must see every row takes one more
        over its own columns, so a frame that is more than a scan of files is first written beside `accepted`.

        Raises:
            SchemaError: as `judge`.
            ContractError: as `judge`; neither file is written.

        """
        form = self._form(frame.collect_schema())
        with tempfile.TemporaryDirectory(dir=accepted.parent, prefix=f".{accepted.stem}-") as folder:
            rows = frame
            if needs_staging(frame, self._steps):
                staged = Path(folder) / "staged"
                frame.sink_parquet(staged, engine="streaming", compression="lz4")
                rows = pl.scan_parquet(staged)
            height = int(rows.select(pl.len()).collect(engine="streaming").item())
            marks = self._marks(rows, form, height, references or {}, now)

            def judge(batch: pl.DataFrame, first: int) -> Judged:
                return judge_batch(batch, self._steps, form, marks.part(first, batch.height))

            tally = stream(rows, height, judge, accepted=accepted, rejected=rejected)
        return self._report(tally, form, marks)

    def _form(self, schema: Mapping[str, pl.DataType]) -> Form:
        """Give the frame's form; the last one is kept, as most frames of a table look alike."""
        known = self._known_form
        if known is None or known[0] != tuple(schema.items()):
            known = (tuple(schema.items()), self._structure.form(schema))
            self._known_form = known
        return known[1]

    def _marks(
        self,
        rows: pl.LazyFrame,
        form: Form,
        height: int,
        references: Mapping[str, pl.LazyFrame],
        now: datetime | None,
    ) -> Marks:
        prepared = rows.with_columns(*form.added).with_columns(*form.prepared).select(form.view)
        return mark(self._steps, prepared, height, references, now=now, table=self.table)

    def _report(self, tally: Tally, form: Form, marks: Marks) -> Report:
        return make_report(
            tally, steps=self._steps, settings=self._settings, version=self.version, form=form, marks=marks
        )
