"""The `dq` command.

Exit codes: 0 done · 1 unexpected · 2 wrong call · 3 a source failed · 4 a table or release was refused, or a step of
a run failed · 5 a promise was broken · 130 ended by Ctrl-C.
"""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from dq.cli.commands import asking, keeping, making
from dq.cli.commands.asking import INTERRUPTED
from dq.console import Console
from dq.errors import DqError

app = typer.Typer(
    name="dq",
    help="Data quality and ETL for teams that train models. Settings: DQ_HOME, DQ_WAREHOUSE, DQ_FILES.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
for group in (making, asking, keeping):
    app.add_typer(group.commands)

TELLING = ("duckdb", "polars", "dagster")
"""The packages whose versions a report of a bug should name."""


def _print_version(wanted: bool) -> None:
    if wanted:
        with_them = " · ".join(f"{name} {version(name)}" for name in TELLING)
        Console().out(
            f"dq {version('dq')} (Python {platform.python_version()} · {with_them})", highlight=False
        )
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Take what stands before a command."""


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
