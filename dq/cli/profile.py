"""`dq profile`: what a file or table is like, a contract drafted from it, and what differs from one that exists."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandera.polars as pa
import polars as pl
from rich.markup import escape
from rich.table import Table

from dq.cli.sql_output import printable
from dq.console import Console
from dq.contract import Contract
from dq.errors import UserError
from dq.profile.against import Comparison, compare
from dq.profile.column import Column
from dq.profile.draft import Draft, draft
from dq.profile.profile import Profile, describe, profile
from dq.profile.read_file import Rows, at_most, read_file
from dq.profile.suspects import suspects
from dq.verdict import Report
from dq.warehouse import Warehouse

BARS = " ▁▂▃▄▅▆▇█"
TOLD = 8
WIDEST = 40


def read_rows(warehouse: Warehouse, named: str, most: int) -> tuple[str, Rows]:
    """Give the rows of a file, or of a table of the warehouse, and the name of the table that they are.

    Raises:
        UserError: there is neither.

    """
    path = Path(named)
    is_table = named.count(".") == 1 and "/" not in named and not path.exists()
    if is_table and path.suffix.lower() not in {
        ".csv",
        ".tsv",
        ".txt",
        ".json",
        ".parquet",
        ".xlsx",
        ".ndjson",
    }:
        return named, at_most(warehouse.read(named), most)
    rows = read_file(path, most)
    stem = "".join(letter if letter.isalnum() else "_" for letter in path.name.partition(".")[0]).strip("_")
    return f"core.{stem or 'table'}", rows


def print_profile(name: str, rows: Rows, console: Console, *, as_json: bool) -> None:
    """Print what the table is like."""
    found = profile(rows.frame, name, rows.total)
    if as_json:
        _print_json(console, found.as_json())
        return
    looked = "" if found.rows == found.total else f", every {-(-found.total // found.rows)}th looked at"
    console.print(f"[bold]{_plain(name)}[/bold]  {found.total:,} rows{looked}, {len(found.columns)} columns")
    if rows.left_out is not None:
        out = rows.left_out
        console.print(
            f"[yellow]left out[/yellow]  {out.lines:,} {'line' if out.lines == 1 else 'lines'}, "
            f"the first is line {out.first:,}: {_plain(out.why)}"
        )
    console.print(_columns(found))
    _print_lines(console, "Likely keys", [" + ".join(key) for key in found.keys])
    hidden = [
        f"{column.name}: {one['value'] or repr(one['value'])} in {one['count']:,} rows; {one['reason']}"
        for column in found.columns
        for one in column.hidden.sort("sure", descending=True).to_dicts()
    ]
    _print_lines(console, "Likely hidden missing values", hidden)
    given = [
        f"{one.given} gives {one.then} in {_share(one.agree)} of {one.rows:,} rows"
        for one in found.dependencies
    ]
    _print_lines(console, "Columns that give others", given)
    ordered = [f"{one.low} ≤ {one.high} in {_share(one.hold)} of {one.rows:,} rows" for one in found.orders]
    _print_lines(console, "Columns in order", ordered)


def _columns(found: Profile) -> Table:
    table = Table(pad_edge=False)
    table.add_column("column", overflow="fold")
    table.add_column("reads as")
    for title in ("null", "distinct"):
        table.add_column(title, justify="right", no_wrap=True)
    for title in ("values", "shape"):
        table.add_column(title, overflow="fold")
    for column in found.columns:
        missing, told = column.nulls / column.rows if column.rows else 0.0, describe(column)
        table.add_row(
            _plain(column.name),
            _plain(str(column.reading)),
            "·" if not column.nulls else _share(missing),
            f"{column.values.height:,}",
            _plain(_values(column, told)),
            _plain(_shape(column, told)),
        )
    return table


def _values(column: Column, told: dict[str, Any]) -> str:
    if column.values.is_empty():
        return ""
    if told.get("vocabulary") or column.reading.kind in {"text", "boolean"}:
        common = [f"{_short(one['value'])} {_share(one['count'] / column.known)}" for one in told["top"][:4]]
        return ", ".join(common) + (" …" if column.values.height > 4 else "")
    if "quantiles" in told:
        return f"{told['min']:g} … {told['quantiles']['0.5']:g} … {told['max']:g}"
    return f"{_short(told['min'])} … {_short(told['max'])}"


def _shape(column: Column, told: dict[str, Any]) -> str:
    if told.get("histogram"):
        return bars(told["histogram"])
    return ", ".join(
        _short(one["pattern"]) for one in told.get("patterns", [])[:2] if column.reading.kind == "code"
    )


def bars(heights: Sequence[int]) -> str:
    """Draw numbers as bars; what is not nothing is seen.

    >>> bars([0, 1, 50, 100])
    ' ▁▄█'
    """
    top = max(heights, default=0) or 1
    return "".join(BARS[0 if not height else max(1, height * 8 // top)] for height in heights)


def _short(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def _share(share: float) -> str:
    """Write a share so that only all is 100 %, and only nothing 0 %.

    >>> _share(1.0), _share(0.99999), _share(0.00001)
    ('100%', '99.9%', '<0.1%')
    """
    if 0 < share < 0.001:
        return "<0.1%"
    return f"{int(share * 1000) / 10:g}%"


def _print_lines(console: Console, title: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    console.print(f"\n{title}", style="bold")
    for line in lines[:TOLD]:
        console.print(f"  {printable(line)}", markup=False, highlight=False)
    if len(lines) > TOLD:
        console.print(f"  … and {len(lines) - TOLD} more: see --json", style="dim")


def _print_json(console: Console, told: Any) -> None:
    console.print_json(json.dumps(told, ensure_ascii=False, allow_nan=False))


def print_draft(name: str, rows: Rows, console: Console, *, output: Path | None, as_json: bool) -> None:
    """Draft a contract and print it, or write it to a file; say how the sample fared by it.

    Raises:
        UserError: the file is there already.

    """
    if output is not None and output.exists():
        raise UserError(f"{output} is there already", hint="take another name, or remove it")
    made = draft(rows.frame, profile(rows.frame, name, rows.total))
    if output is not None:
        output.write_text(made.source, encoding="utf-8")
    if as_json:
        told = {
            "source": made.source,
            "left_out": list(made.left_out),
            "undecided": list(made.undecided),
            "output": output and str(output),
        }
        _print_json(console, told | _report(made.report))
        return
    if output is None:
        console.file.write(made.source)
    print_fate(made, Console(stderr=True) if output is None else console)
    if output is not None:
        console.print(f"wrote {output}", markup=False, highlight=False)


def print_fate(made: Draft, console: Console) -> None:
    """Say how many rows of the sample a draft accepts, and what it says of the others."""
    report = made.report
    share = _share(report.accepted / report.rows_in) if report.rows_in else "none"
    console.print(
        f"the draft accepts {report.accepted:,} of {report.rows_in:,} rows ({share})", highlight=False
    )
    for rule in sorted(report.rules, key=lambda rule: -rule.failed):
        if rule.failed and not (rule.on_fail == "warn" and rule.passed):
            does = "warns of" if rule.on_fail == "warn" else "rejects"
            few = ", ".join(_short(repr(one.value)) for one in rule.examples if one.value is not None)
            console.print(
                f"  {does} {rule.failed:,}: {rule.rule}  {few}", markup=False, highlight=False, style="dim"
            )
    for words in made.undecided:
        console.print(f"  undecided, day or month first: {_plain(words)}", markup=False, style="yellow")
    for rule_name in made.left_out:
        console.print(f"  left out, as too many rows break it: {rule_name}", markup=False, style="dim")


def _report(report: Report) -> dict[str, Any]:
    failing = [rule for rule in report.rules if rule.failed]
    return {
        "rows": report.rows_in,
        "accepted": report.accepted,
        "rejected": report.rejected,
        "broken": [{"rule": one.rule, "on_fail": one.on_fail, "failed": one.failed} for one in failing],
    }


def print_comparison(
    name: str, rows: Rows, contract: Contract, warehouse: Warehouse, console: Console, *, as_json: bool
) -> None:
    """Print what the rows break in a contract, and what it could ask of them on top."""
    references = {table: warehouse.read(table) for table in contract.references}
    made = compare(rows.frame, profile(rows.frame, name, rows.total), contract, references)
    if as_json:
        told = {"contract": contract.table, "version": contract.version}
        _print_json(
            console, told | _report(made.report) | {"differences": [asdict(one) for one in made.differences]}
        )
        return
    report = made.report
    console.print(
        f"[bold]{_plain(contract.table)}[/bold] accepts {report.accepted:,} of {report.rows_in:,} rows"
        f" of {_plain(name)}",
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
        table.add_row(*map(_plain, words), style=styles.get(one.kind, ""))
    return table


def print_suspects(name: str, rows: Rows, console: Console, *, output: Path | None, as_json: bool) -> None:
    """Print the cells that look wrong: how many of each kind a column, and the first of them; or write them all.

    Rows are counted from 1, the first row of data; of a table that was not looked at whole, that is its sample.

    Raises:
        UserError: the output is of no known kind, or there already.

    """
    if output is not None and (output.exists() or output.suffix not in WRITERS):
        raise UserError(f"{output} is there already, or no {', '.join(WRITERS)}", hint="take another name")
    found = suspects(rows.frame, profile(rows.frame, name, rows.total)).with_columns(pl.col("row") + 1)
    if output is not None:
        WRITERS[output.suffix](found, output)
    if as_json:
        told = [dict(zip(COUNTED, row, strict=True)) for row in _counted(found).select(COUNTED).rows()]
        _print_json(console, {"table": name, "rows": rows.total, "counts": told, "cells": found.to_dicts()})
        return
    cells = rows.frame.height * rows.frame.width
    sample = (
        "" if rows.frame.height == rows.total else f", of every {-(-rows.total // rows.frame.height)}th row"
    )
    console.print(
        f"[bold]{_plain(name)}[/bold]  {found.height:,} of {cells:,} cells look wrong{sample}",
        highlight=False,
    )
    if output is not None:
        console.print(f"wrote {output}", markup=False, highlight=False)
    if found.height:
        console.print(_suspect_table(found))


COUNTED = ("column", "kind", "cells")
WRITERS: Mapping[str, Callable[[pl.DataFrame, Path], Any]] = {
    ".csv": pl.DataFrame.write_csv,
    ".parquet": pl.DataFrame.write_parquet,
    ".json": pl.DataFrame.write_json,
}


def _counted(found: pl.DataFrame) -> pl.DataFrame:
    return (
        found.group_by("column", "kind", maintain_order=True)
        .agg(pl.len().alias("cells"), pl.col("row", "value", "proposal", "why").first())
        .sort("cells", "column", descending=[True, False])
    )


def _suspect_table(found: pl.DataFrame) -> Table:
    table = Table(pad_edge=False)
    table.add_column("column", overflow="fold")
    table.add_column("kind", no_wrap=True)
    table.add_column("cells", justify="right", no_wrap=True)
    table.add_column("such as row", justify="right", no_wrap=True)
    for title in ("value", "why", "rather"):
        table.add_column(title, overflow="fold")
    for one in _counted(found).to_dicts():
        value = "null" if one["value"] is None else _short(repr(one["value"]))
        rather = "" if one["proposal"] is None else _short(one["proposal"])
        words = [
            one["column"],
            one["kind"],
            f"{one['cells']:,}",
            f"{one['row']:,}",
            value,
            one["why"],
            rather,
        ]
        table.add_row(*map(_plain, words))
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


def _plain(text: str) -> str:
    """Give text that neither the console nor the terminal obeys: data comes from strangers."""
    return escape(printable(text))
