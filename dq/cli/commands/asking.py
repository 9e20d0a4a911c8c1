"""Commands that look: what became of rows, what is in tables and releases, and why."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dq.cli.drift import accept_drift, print_drift
from dq.cli.place import checkout, settings_here, warehouse_here
from dq.cli.quarantine import export_quarantine, print_quarantine
from dq.cli.release import print_releases
from dq.cli.sql import prompt, run_sql
from dq.cli.sql_formats import Format
from dq.cli.status import print_status, wide
from dq.cli.trace import print_trace
from dq.cli.why import print_fates
from dq.console import Console
from dq.errors import UserError
from dq.fate import fates
from dq.release import open_release
from dq.release.lineage import trace as trace_row

INTERRUPTED = 130
"""The exit code of what Ctrl-C ended, as shells have it."""

PANEL = "Look"

commands = typer.Typer()


@commands.command(rich_help_panel=PANEL)
def status(
    domains: Annotated[
        list[str] | None, typer.Argument(help="Domains to show; all if none is named.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show what became of every row of every table, and the tables' scores.

    Example: [bold]dq status medical --json[/bold]
    """
    print_status(warehouse_here(), wide(Console()), domains or [], as_json=as_json)


@commands.command(rich_help_panel=PANEL)
def sql(
    query: Annotated[
        str | None, typer.Argument(help="The query; - reads it from standard input; none opens a prompt.")
    ] = None,
    *,
    output_format: Annotated[
        Format | None,
        typer.Option("--format", "-f", help="How to print the rows; else what --output's name asks for."),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file instead.")] = None,
    at: Annotated[
        str | None, typer.Option(help="Read the warehouse as of a snapshot number or a time (UTC).")
    ] = None,
    file: Annotated[
        typer.FileText | None, typer.Option("--file", encoding="utf-8", help="Read the query from this file.")
    ] = None,
) -> None:
    """Ask the warehouse, read-only; works while a run writes. Ctrl-C ends a query.

    Example: [bold]dq sql "select * from quality.conflicts limit 10"[/bold]
    """
    if file is not None and query is not None:
        raise UserError("there are two queries", hint="give one, or --file")
    warehouse = warehouse_here()
    if query is None and file is None and sys.stdin.isatty():
        if output_format or output:
            raise UserError("there is no query", hint='dq sql "from quality.ledger" --format csv')
        prompt(warehouse, settings_here().home / "sql_history", at=at)
        return
    text = file.read() if file else sys.stdin.read() if query in {None, "-"} else query
    try:
        run_sql(warehouse, text or "", output_format and output_format.value, output, at)
    except KeyboardInterrupt:
        Console(stderr=True).print("\ninterrupted", style="yellow")
        raise typer.Exit(INTERRUPTED) from None


@commands.command(rich_help_panel=PANEL)
def quarantine(
    table: Annotated[
        str | None, typer.Argument(help="A table such as core.finance__cdnow; none lists all.")
    ] = None,
    rule: Annotated[str | None, typer.Option(help="Only rows that broke this rule.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most this many rows.")] = 20,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write all of them to this .csv, .json or .parquet file."),
    ] = None,
) -> None:
    """Show rejected rows with every rule they broke and the place they came from.

    Example: [bold]dq quarantine core.social__reviews_zh --rule one_opinion_per_text[/bold]
    """
    if output is not None and table is not None:
        export_quarantine(warehouse_here(), table, output, rule=rule)
        return
    print_quarantine(warehouse_here(), Console(), table, rule=rule, limit=limit)


@commands.command(rich_help_panel=PANEL)
def why(
    source: Annotated[str, typer.Argument(help="A source such as social__reviews_zh.")],
    condition: Annotated[
        str, typer.Argument(help="Which of its rows as read, in SQL: \"review_id = 'pos-17'\".")
    ],
    limit: Annotated[int, typer.Option(min=1, help="Tell of at most this many rows.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")] = False,
) -> None:
    """Tell what became of rows that a source gave: where they are, or the rule or row for which they are not there.

    Example: [bold]dq why social__reviews_zh "review like '%XP%'"[/bold]
    """
    print_fates(fates(warehouse_here(), source, condition, limit=limit), wide(Console()), as_json=as_json)


@commands.command(rich_help_panel=PANEL)
def trace(
    dataset: Annotated[str, typer.Argument(help="A release such as social@3; the newest passed of social.")],
    row: Annotated[str, typer.Option(help="The row's key, as a batch gives it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a page.")] = False,
) -> None:
    """Trace a row of a release to the URL or file and line it came from, with repairs and conflicts.

    Example: [bold]dq trace social --row tweets-17[/bold]
    """
    opened = open_release(dataset, settings_here().releases)
    print_trace(trace_row(warehouse_here(), opened, row), wide(Console()), as_json=as_json)


@commands.command(rich_help_panel=PANEL)
def drift(
    table: Annotated[
        str | None, typer.Argument(help="A table such as core.finance__cdnow; none lists all findings.")
    ] = None,
    *,
    accept: Annotated[
        bool, typer.Option("--accept", help="Take the new fields of this raw table as they are.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show what is no longer as it was: columns, rows, missing values, distributions; of one table, its history.

    Example: [bold]dq drift core.finance__cdnow[/bold]
    """
    if accept:
        accept_drift(warehouse_here(), Console(), table, datetime.now(UTC))
        return
    print_drift(warehouse_here(), wide(Console()), table, as_json=as_json)


@commands.command(rich_help_panel=PANEL)
def profile(
    table: Annotated[
        str,
        typer.Argument(
            help="A file (CSV, TSV, Parquet, JSON, NDJSON, Excel), or a table such as core.finance."
        ),
    ],
    *,
    contract: Annotated[bool, typer.Option("--contract", help="Draft a contract instead.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Write the contract, or all suspects (.csv, .parquet or .json), to this file.",
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(help="Hold it against a contract: module:Model, or known for the one in checks/."),
    ] = None,
    suspects: Annotated[
        bool, typer.Option("--suspects", help="Show the cells that look wrong instead.")
    ] = False,
    rows: Annotated[
        int, typer.Option(min=1, help="Of a longer table look at every k-th row, at most so many.")
    ] = 1_000_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead.")] = False,
) -> None:
    """Show what a file or table is like, and which cells look wrong; draft its contract; hold it against one.

    Example: [bold]dq profile data.csv --contract --output checks/shop__till.py[/bold]
    """
    # Pandera is a fifth of a start, and only needed here.
    from dq.cli.profile import print_profile, read_rows  # noqa: PLC0415
    from dq.cli.profile_against import contract_for, print_comparison  # noqa: PLC0415
    from dq.cli.profile_draft import print_draft  # noqa: PLC0415
    from dq.cli.profile_suspects import print_suspects  # noqa: PLC0415

    if sum((contract, bool(against), suspects)) > 1 or (output and not (contract or suspects)):
        raise UserError(
            "--contract, --against and --suspects exclude each other; --output goes with the first and the last",
            hint="see dq profile --help",
        )
    warehouse, console = warehouse_here(), wide(Console())
    name, found = read_rows(warehouse, table, rows)
    if contract:
        print_draft(name, found, console, output=output, as_json=as_json)
    elif against:
        law = contract_for(against, name, checkout())
        print_comparison(name, found, law, warehouse, console, as_json=as_json)
    elif suspects:
        print_suspects(name, found, console, output=output, as_json=as_json)
    else:
        print_profile(name, found, console, as_json=as_json)


@commands.command(rich_help_panel=PANEL)
def releases(
    dataset: Annotated[
        str | None, typer.Argument(help="A training set, or one version of it such as social@2; all if none.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List the releases: version, gate, rows, splits, when, content hash; of one version, all that is known.

    Example: [bold]dq releases social@1[/bold]
    """
    print_releases(settings_here().releases, wide(Console()), dataset, as_json=as_json)
