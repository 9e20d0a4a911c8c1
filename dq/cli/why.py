"""`dq why`: what became of a source's rows, told row by row."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from dq.cli.sql_output import printable
from dq.cli.trace import cut
from dq.console import Console
from dq.fate import Fate

COLOURS = {
    "accepted": "green",
    "merged": "green",
    "released": "green",
    "quarantined": "red",
    "deduplicated": "yellow",
}


def print_fates(found: Sequence[Fate], console: Console, *, as_json: bool = False) -> None:
    """Print each row with what it said when it was read, and where it is now, or why it is not there."""
    if as_json:
        console.print_data([fate.to_dict() for fate in found])
        return
    for fate in found:
        console.print(Text(f"{printable(fate.url or 'landing unknown')} row {fate.row}", "bold"))
        cells = {name: value for name, value in fate.as_read.items() if value is not None}
        console.print(Text(f"  {cut(printable(str(cells)))}", "dim"))
        for step in fate.steps:
            state = Text(f"{step.state}  ", COLOURS.get(step.state, "dim"))
            console.print(Text.assemble(f"  {step.table}  ", state, printable(step.words)))
    if not found:
        console.print(
            "No row that was read meets the condition; what could not be read at all: dq quarantine raw.…"
        )
