"""Commands that keep the warehouse: its past, its upkeep, its copies, and serving it to others."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dq.cli.backup import print_backup, print_restore
from dq.cli.diff import print_diff
from dq.cli.history import print_history
from dq.cli.maintain import print_upkeep
from dq.cli.place import settings_here, warehouse_here
from dq.cli.serve import serve
from dq.cli.sql_formats import Format
from dq.cli.status import wide
from dq.console import Console
from dq.warehouse.retention import KEEP_DAYS
from dq.warehouse.serving import Limits

PANEL = "Keep"

commands = typer.Typer()


@commands.command(rich_help_panel=PANEL)
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
    print_history(warehouse_here(), wide(Console()), table, limit=limit, as_json=as_json)


@commands.command(rich_help_panel=PANEL)
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
    print_diff(
        warehouse_here(), table, before, after, key=tuple(key or ()), limit=limit, format=form, out=output
    )


@commands.command("maintain", rich_help_panel=PANEL)
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
        warehouse_here(),
        settings_here().landing,
        Console(highlight=False),
        datetime.now(UTC),
        keep_days=keep_days,
        dry_run=dry_run,
    )


@commands.command("backup", rich_help_panel=PANEL)
def backup_(
    folder: Annotated[
        Path, typer.Argument(help="A new folder; on the same disk files are linked, not copied.")
    ],
) -> None:
    """Copy the warehouse as of now to a folder, verified, also while a run writes.

    Example: [bold]dq backup /backups/lake-$(date +%F)[/bold]
    """
    print_backup(warehouse_here(), folder, Console(highlight=False))


@commands.command("restore", rich_help_panel=PANEL)
def restore_(folder: Annotated[Path, typer.Argument(help="The folder that dq backup made.")]) -> None:
    """Make the warehouse from a backup, verified; refuses where there is a warehouse already.

    Example: [bold]dq restore /backups/lake-2026-01-31[/bold]
    """
    print_restore(warehouse_here(), folder, Console(highlight=False))


@commands.command("serve", rich_help_panel=PANEL)
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
    serve(warehouse_here(), os.environ, Console(highlight=False), (host, port), limits)
