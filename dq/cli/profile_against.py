"""`dq profile --against`: what rows break in a contract that exists, and what it could ask on top."""

from __future__ import annotations

import importlib
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandera.polars as pa
from rich.table import Table

from dq.cli.plain import plain
from dq.cli.profile_draft import told_of
from dq.console import Console
from dq.contract import Contract
from dq.errors import UserError
from dq.profile.against import Comparison, compare
from dq.profile.profile import profile
from dq.profile.read_file import Rows
from dq.warehouse import Warehouse


def print_comparison(
    name: str, rows: Rows, contract: Contract, warehouse: Warehouse, console: Console, *, as_json: bool
) -> None:
    """Print what the rows break in a contract, and what it could ask of them on top."""
    references = {table: warehouse.read(table) for table in contract.references}
    made = compare(rows.frame, profile(rows.frame, name, rows.total), contract, references)
    if as_json:
        told = {"contract": contract.table, "version": contract.version}
        console.print_data(
            told | told_of(made.report) | {"differences": [asdict(one) for one in made.differences]},
            allow_nan=False,
        )
        return
    report = made.report
    console.print(
        f"[bold]{plain(contract.table)}[/bold] accepts {report.accepted:,} of {report.rows_in:,} rows"
        f" of {plain(name)}",
        highlight=False,
    )
    console.print(_differences(made))


def _differences(made: Comparison) -> Table | str:
    if not made.differences:
        return "Nothing is broken, and nothing could be tighter."
    table = Table(pad_edge=False)
    for title in ("what", "column", "rule"):
        table.add_column(title, overflow="fold")
    table.add_column("rows", justify="right", no_wrap=True)
    for title in ("the data", "one may"):
        table.add_column(title, overflow="fold")
    styles = {"broken": "red", "missing": "red", "unread": "red", "tighten": "green"}
    for one in made.differences:
        rule = one.rule.removeprefix(f"{one.column}:")
        words = [one.kind, one.column or "", rule, f"{one.count:,}", one.says, one.proposal]
        table.add_row(*map(plain, words), style=styles.get(one.kind, ""))
    return table


def contract_for(named: str, table: str, checkout: Path) -> Contract:
    """Give the contract `module:Model`, or that of the table in the deployment's `checks/`.

    Raises:
        UserError: there is none.

    """
    if str(checkout) not in sys.path:
        sys.path.insert(0, str(checkout))  # the deployment lives in the checkout, not in the wheel
    if named != "known":
        return Contract(_model(named))
    for path in sorted((checkout / "checks").glob("*.py")):
        if table in path.read_text(encoding="utf-8"):
            module = importlib.import_module(f"checks.{path.stem}")
            for model in vars(module).values():
                if _is_model(model) and str(model.to_schema().name) == table:
                    return Contract(model)
    raise UserError(
        f"no contract in checks/ is for {table}", where=str(checkout), hint="name one: --against module:Model"
    )


def _model(named: str) -> type[Any]:
    module, _, name = named.partition(":")
    try:
        model = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(
            f"there is no contract {named}",
            hint="write module:Model, such as checks.medical:Medical, or known",
        ) from error
    if not _is_model(model):
        raise UserError(f"{named} is no Pandera DataFrameModel", hint="write module:Model")
    return model  # type: ignore[no-any-return]


def _is_model(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, pa.DataFrameModel) and value is not pa.DataFrameModel
