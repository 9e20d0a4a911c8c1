"""Commands that make data: they run programs of the deployment."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from dq.cli.place import exit_with, settings_here, start
from dq.cli.release import print_release
from dq.cli.status import wide
from dq.console import Console
from dq.release.release import read_release, release_folders

PANEL = "Make"

commands = typer.Typer()


@commands.command(rich_help_panel=PANEL)
def run(
    domains: Annotated[list[str] | None, typer.Argument(help="Domains to run; all if none is named.")] = None,
) -> None:
    """Materialize domains end to end through Dagster: fetch, clean, judge, merge, release.

    Example: [bold]dq run finance[/bold]
    """
    exit_with("assets.run", *(domains or []))


@commands.command(rich_help_panel=PANEL)
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
    exit_with("assets.fetch", source, *(["--dry-run", *only] if dry_run else []))


new = typer.Typer(help="Write a new file of the deployment. Example: [bold]dq new source --help[/bold]")
commands.add_typer(new, name="new", rich_help_panel=PANEL)


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
    exit_with("assets.new_source", name, f"--kind={kind.value}", *words)


new.command("source")(new_source)


@commands.command(rich_help_panel=PANEL)
def replay(
    tables: Annotated[
        list[str] | None, typer.Argument(help="Tables such as core.finance__cdnow; all if none.")
    ] = None,
    rule: Annotated[str | None, typer.Option(help="Only tables with rows that broke this rule.")] = None,
) -> None:
    """Judge quarantined rows anew, after a rule or a reader was mended; asks no source, and twice is once.

    Example: [bold]dq replay --rule written_in_chinese[/bold]
    """
    exit_with("assets.replay", *(tables or []), *(["--rule", rule] if rule else []))


@commands.command(rich_help_panel=PANEL)
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
    root = settings_here().releases
    before = release_folders(root, dataset)
    code = start("assets.release", dataset, *(["--force"] if force else []), quiet=as_json)
    after = release_folders(root, dataset)
    if len(after) > len(before) or (after and not code):
        note = "" if len(after) > len(before) else "was there already: nothing has changed since"
        print_release(read_release(after[max(after)]), wide(Console()), as_json=as_json, note=note)
    raise typer.Exit(code)
