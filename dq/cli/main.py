"""The `dq` command.

Exit codes: 0 done · 1 unexpected · 2 wrong call · 3 a source failed · 4 a table or release was refused, or a step of
a run failed · 5 a promise was broken · 130 ended by Ctrl-C.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dq.cli.backup import print_backup, print_restore
from dq.cli.diff import print_diff
from dq.cli.drift import accept_drift, print_drift
from dq.cli.history import print_history
from dq.cli.maintain import print_upkeep
from dq.cli.quarantine import export_quarantine, print_quarantine
from dq.cli.release import print_release, print_releases
from dq.cli.serve import serve
from dq.cli.sql import prompt, run_sql
from dq.cli.sql_formats import Format
from dq.cli.status import print_status, wide
from dq.cli.trace import print_trace
from dq.cli.why import print_fates
from dq.console import Console
from dq.errors import ConfigError, DqError, UserError
from dq.fate import fates
from dq.release import list_releases, open_release
from dq.release.lineage import trace as trace_row
from dq.settings import Settings
from dq.warehouse import Warehouse
from dq.warehouse.retention import KEEP_DAYS
from dq.warehouse.serving import Limits

INTERRUPTED = 130
"""The exit code of what Ctrl-C ended, as shells have it."""

app = typer.Typer(
    name="dq",
    help="Data quality and ETL for teams that train models. Settings: DQ_HOME, DQ_WAREHOUSE, DQ_FILES.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def _checkout() -> Path:
    """Give the folder of the deployment: here or above, the first that has a workspace.yaml."""
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / "workspace.yaml").is_file():
            return folder
    return Path.cwd()


def _settings() -> Settings:
    return Settings.of(os.environ, _checkout())


def _warehouse() -> Warehouse:
    return Warehouse(_settings().warehouse)


@app.command()
def run(
    domains: Annotated[list[str] | None, typer.Argument(help="Domains to run; all if none is named.")] = None,
) -> None:
    """Materialize domains end to end through Dagster: fetch, clean, judge, merge, release.

    Example: [bold]dq run finance[/bold]
    """
    _deployment("assets.run", *(domains or []))


def _deployment(module: str, *arguments: str) -> None:
    """Run a program of the deployment and exit with its code."""
    raise typer.Exit(_start(module, *arguments))


def _start(module: str, *arguments: str, quiet: bool = False) -> int:
    """Run a program of the deployment in the checkout, `quiet` on standard error alone; give its code.

    The command never imports assets: the deployment lives in the checkout.
    """
    checkout = _checkout()
    if not (checkout / "assets").is_dir():
        raise ConfigError(
            "there is no deployment here: no assets/ beside a workspace.yaml",
            where=str(checkout),
            hint="run dq inside the checkout",
        )
    out = sys.stderr if quiet else None
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=checkout, check=False, stdout=out).returncode  # noqa: S603


@app.command()
def fetch(
    source: Annotated[str, typer.Argument(help="The source's name, such as finance__cdnow.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be fetched and its first rows; write nothing.")
    ] = False,
    bodies: Annotated[
        int, typer.Option(min=1, help="Of a dry run: stop after so many new bodies (pages, files).")
    ] = 5,
    rows: Annotated[int, typer.Option(min=0, help="Of a dry run: show so many rows.")] = 5,
) -> None:
    """Fetch one source alone: land what is new, decode it, publish its raw table.

    Example: [bold]dq fetch finance__applicant_api --dry-run[/bold]
    """
    only = ["--bodies", str(bodies), "--rows", str(rows)]
    _deployment("assets.fetch", source, *(["--dry-run", *only] if dry_run else []))


new = typer.Typer(help="Write a new file of the deployment. Example: [bold]dq new source --help[/bold]")
app.add_typer(new, name="new")


Kind = StrEnum("Kind", ("files", "crawl", "api", "archive", "survey"))
"""The kinds of source that there is a draft for."""


def new_source(
    name: Annotated[str, typer.Argument(help="<domain>__<source>, such as finance__branches.")],
    *,
    kind: Annotated[Kind, typer.Option(help="What the source is.")],
    url: Annotated[str | None, typer.Option(help="Of a crawl, an API, an archive: where it starts.")] = None,
    glob: Annotated[str | None, typer.Option(help="Of files or a survey: which, below DQ_FILES.")] = None,
    members: Annotated[str | None, typer.Option(help="Of an archive: which members.")] = None,
    record: Annotated[str | None, typer.Option(help="Of a crawl: the CSS selector of one record.")] = None,
    field: Annotated[
        list[str] | None, typer.Option(help="Of a crawl: name=selector; may be given more than once.")
    ] = None,
    follow: Annotated[str | None, typer.Option(help="Of a crawl: the selector of links to follow.")] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="name:type, where there is no sample; type is str if not given.")
    ] = None,
    licence: Annotated[str | None, typer.Option(help="The licence that the data is given under.")] = None,
    description: Annotated[str | None, typer.Option(help="What it is, in a few words.")] = None,
) -> None:
    """Write a source that runs, and a contract drafted from a sample of it; overwrite nothing.

    Example: [bold]dq new source finance__branches --kind files --glob 'finance/branches.csv'[/bold]
    """
    given = {
        "--url": url,
        "--glob": glob,
        "--members": members,
        "--record": record,
        "--follow": follow,
        "--licence": licence,
        "--description": description,
    }
    words = [f"{option}={value}" for option, value in given.items() if value is not None]
    words += [f"--field={one}" for one in field or []] + [f"--column={one}" for one in column or []]
    _deployment("assets.new_source", name, f"--kind={kind.value}", *words)


new.command("source")(new_source)


@app.command()
def replay(
    tables: Annotated[
        list[str] | None, typer.Argument(help="Tables such as core.finance__cdnow; all if none.")
    ] = None,
    rule: Annotated[str | None, typer.Option(help="Only tables with rows that broke this rule.")] = None,
) -> None:
    """Judge quarantined rows anew, after a rule or a reader was mended; asks no source, and twice is once.

    Example: [bold]dq replay --rule written_in_chinese[/bold]
    """
    _deployment("assets.replay", *(tables or []), *(["--rule", rule] if rule else []))


@app.command()
def status(
    domains: Annotated[
        list[str] | None, typer.Argument(help="Domains to show; all if none is named.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show what became of every row of every table, and the tables' scores.

    Example: [bold]dq status medical --json[/bold]
    """
    print_status(_warehouse(), wide(Console()), domains or [], as_json=as_json)


@app.command()
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
    warehouse = _warehouse()
    if query is None and file is None and sys.stdin.isatty():
        if output_format or output:
            raise UserError("there is no query", hint='dq sql "from quality.ledger" --format csv')
        prompt(warehouse, _settings().home / "sql_history", at=at)
        return
    text = file.read() if file else sys.stdin.read() if query in {None, "-"} else query
    try:
        run_sql(warehouse, text or "", output_format and output_format.value, output, at)
    except KeyboardInterrupt:
        Console(stderr=True).print("interrupted", style="yellow")
        raise typer.Exit(INTERRUPTED) from None


@app.command("serve")
def serve_(
    host: Annotated[
        str, typer.Option(help="Where to listen; beyond this machine put a reverse proxy with TLS before it.")
    ] = "localhost",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port.")] = 9494,
    memory: Annotated[str, typer.Option(help="The memory that queries may use together.")] = Limits.memory,
    threads: Annotated[int, typer.Option(min=1, help="The threads that queries may use.")] = Limits.threads,
    timeout: Annotated[
        float,
        typer.Option(
            min=1, help="The seconds a query may take; a longer one ends, and clients attach again."
        ),
    ] = Limits.seconds,
) -> None:
    """Serve the warehouse read-only over the network, to any DuckDB client with the token (DQ_TOKEN).

    Example: [bold]DQ_TOKEN=… dq serve --port 9494[/bold]
    """
    limits = Limits(memory, threads, timeout)
    serve(_warehouse(), os.environ, Console(highlight=False), (host, port), limits)


@app.command("backup")
def backup_(
    folder: Annotated[
        Path, typer.Argument(help="A new folder; on the same disk files are linked, not copied.")
    ],
) -> None:
    """Copy the warehouse as of now to a folder, verified, also while a run writes.

    Example: [bold]dq backup /backups/lake-$(date +%F)[/bold]
    """
    print_backup(_warehouse(), folder, Console(highlight=False))


@app.command("restore")
def restore_(folder: Annotated[Path, typer.Argument(help="The folder that dq backup made.")]) -> None:
    """Make the warehouse from a backup, verified; refuses where there is a warehouse already.

    Example: [bold]dq restore /backups/lake-2026-01-31[/bold]
    """
    print_restore(_warehouse(), folder, Console(highlight=False))


@app.command("maintain")
def maintain_(
    keep_days: Annotated[
        int,
        typer.Option(min=1, help="Keep every snapshot of the last days; those of releases stay for good."),
    ] = KEEP_DAYS,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
) -> None:
    """Expire old snapshots, compact small files, remove files that nobody needs; safe while others read and write.

    Example: [bold]dq maintain --keep-days 90 --dry-run[/bold]
    """
    print_upkeep(
        _warehouse(),
        _settings().landing,
        Console(highlight=False),
        datetime.now(UTC),
        keep_days=keep_days,
        dry_run=dry_run,
    )


@app.command()
def history(
    table: Annotated[
        str | None, typer.Argument(help="Only snapshots that changed this table, such as core.finance.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most this many snapshots.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List the warehouse's snapshots, newest first: when, which run, which tables, rows before and after.

    Example: [bold]dq history core.finance[/bold]
    """
    print_history(_warehouse(), wide(Console()), table, limit=limit, as_json=as_json)


@app.command()
def diff(
    table: Annotated[str, typer.Argument(help="A table such as core.finance.")],
    before: Annotated[
        str | None, typer.Argument(help="A snapshot number or a time; none: before the table's last change.")
    ] = None,
    after: Annotated[str | None, typer.Argument(help="A snapshot number or a time; none: now.")] = None,
    *,
    key: Annotated[
        list[str] | None, typer.Option(help="A column that tells rows apart; may be given more than once.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="Show at most this many rows of a kind.")] = 20,
    output_format: Annotated[
        Format | None, typer.Option("--format", "-f", help="table and json show; all others hold all rows.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write all rows to this file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Show what differs between two snapshots of a table: rows, columns, scores.

    Example: [bold]dq diff core.finance 120 now[/bold]
    """
    form = "json" if as_json else output_format and output_format.value
    print_diff(_warehouse(), table, before, after, key=tuple(key or ()), limit=limit, format=form, out=output)


@app.command()
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
        export_quarantine(_warehouse(), table, output, rule=rule)
        return
    print_quarantine(_warehouse(), Console(), table, rule=rule, limit=limit)


@app.command()
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
        accept_drift(_warehouse(), Console(), table, datetime.now(UTC))
        return
    print_drift(_warehouse(), wide(Console()), table, as_json=as_json)


@app.command()
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
    from dq.cli import profile as profiling  # noqa: PLC0415 - Pandera is a fifth of a start, and only needed here

    if sum((contract, bool(against), suspects)) > 1 or (output and not (contract or suspects)):
        raise UserError(
            "--contract, --against and --suspects exclude each other; --output goes with the first and the last",
            hint="see dq profile --help",
        )
    warehouse, console = _warehouse(), wide(Console())
    name, found = profiling.read_rows(warehouse, table, rows)
    if contract:
        profiling.print_draft(name, found, console, output=output, as_json=as_json)
    elif against:
        law = profiling.contract_for(against, name, _checkout())
        profiling.print_comparison(name, found, law, warehouse, console, as_json=as_json)
    elif suspects:
        profiling.print_suspects(name, found, console, output=output, as_json=as_json)
    else:
        profiling.print_profile(name, found, console, as_json=as_json)


@app.command()
def release(
    dataset: Annotated[str, typer.Argument(help="A training set such as social.")],
    force: Annotated[
        bool, typer.Option("--force", help="Make the next version even where nothing has changed.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the release as JSON; progress goes to standard error.")
    ] = False,
) -> None:
    """Make a training set's next release from the tables as they are, if its gate passes; fetches nothing.

    Example: [bold]dq release social[/bold]
    """
    root = _settings().releases
    before = [made.version for made in list_releases(root, dataset)]
    code = _start("assets.release", dataset, *(["--force"] if force else []), quiet=as_json)
    made = list_releases(root, dataset)
    new = bool(made) and made[-1].version not in before
    if new or (made and not code):
        note = "" if new else "was there already: nothing has changed since"
        print_release(made[-1], wide(Console()), as_json=as_json, note=note)
    raise typer.Exit(code)


@app.command()
def releases(
    dataset: Annotated[
        str | None, typer.Argument(help="A training set, or one version of it such as social@2; all if none.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List the releases: version, gate, rows, splits, when, content hash; of one version, all that is known.

    Example: [bold]dq releases social@1[/bold]
    """
    print_releases(_settings().releases, wide(Console()), dataset, as_json=as_json)


@app.command()
def trace(
    dataset: Annotated[str, typer.Argument(help="A release such as social@3; the newest passed of social.")],
    row: Annotated[str, typer.Option(help="The row's key, as a batch gives it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a page.")] = False,
) -> None:
    """Trace a row of a release to the URL or file and line it came from, with repairs and conflicts.

    Example: [bold]dq trace social --row tweets-17[/bold]
    """
    opened = open_release(dataset, _settings().releases)
    print_trace(trace_row(_warehouse(), opened, row), wide(Console()), as_json=as_json)


@app.command()
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
    print_fates(fates(_warehouse(), source, condition, limit=limit), wide(Console()), as_json=as_json)


def main() -> None:
    """Run the command; an error of dq is one clear message and its own exit code."""
    try:
        app()
    except DqError as error:
        Console(stderr=True).print(f"error: {error}", style="red", markup=False, highlight=False)
        sys.exit(error.exit_code)
    except RuntimeError as error:
        # DuckDB's name for a Ctrl-C that it hears itself, as while it opens the warehouse.
        if str(error) != "Query interrupted":
            raise
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
