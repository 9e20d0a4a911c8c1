"""`dq trace`: from a row of a release to the URL or file and line that it came from, on one page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from dq.console import Console
from dq.release.lineage import Disputed, Member, Trace

LONG = 300
SHOWN = 20


def print_trace(found: Trace, console: Console, *, as_json: bool = False) -> None:
    """Print the row, the rows it was made of with their origins and repairs, and what was disputed."""
    if as_json:
        console.print_data(found.to_dict(), allow_nan=False)
        return
    head = Text.assemble(
        (f"{found.release}", "bold"), f"   {found.key} ", (str(found.row[found.key]), "bold")
    )
    console.print(head, highlight=False)
    console.print(_cells(found.row, skip=found.key))
    many = len(found.members)
    made = Tree(Text(f"made of {many} row{'' if many == 1 else 's'}", style="bold"), guide_style="dim")
    for member in found.members[:SHOWN]:
        _branch(made, member)
    if many > SHOWN:
        made.add(Text(f"… and {many - SHOWN:,} more, which --json gives", style="dim"))
    console.print(made)
    if not found.disputed:
        console.print(
            Text("no cell was in conflict" if many > 1 else "no other source to disagree with", style="dim")
        )
    for dispute in found.disputed:
        console.print(_dispute(dispute))
        console.print(Text(f"  {dispute.rule}", style="dim"), highlight=False)
    console.print(Text(f"as of snapshot {found.snapshot} of the warehouse", style="dim"), highlight=False)


def _cells(row: Mapping[str, Any], skip: str) -> Table:
    table = Table(show_header=False, show_edge=False, pad_edge=False, box=None)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in row.items():
        if name != skip:
            table.add_row(f"  {name}", _shown(value))
    return table


def _branch(tree: Tree, member: Member) -> None:
    branch = tree.add(
        Text.assemble((member.source, "bold"), f"  {member.url or 'landing unknown'}, row {member.row:,}")
    )
    terms = f"licence {_plain(member.licence)} · consent {_plain(member.consent or 'not stated')}"
    branch.add(Text(f"{terms} · fetched {_moment(member)} · sha256 {member.sha256}", "dim"))
    branch.add(Text.assemble(("as it was read  ", "cyan"), _line(member.as_read)))
    for repair in member.repairs:
        branch.add(
            Text.assemble(
                ("repaired  ", "yellow"),
                f"{repair['column']} was {_plain(repair['value'])!r}: {repair['rule']} ({repair['dimension']})",
            )
        )


def _dispute(dispute: Disputed) -> Table:
    table = Table(
        title=f"in conflict: {dispute.column} of {dispute.table}", title_justify="left", show_edge=False
    )
    for name in ("source", "value", "row", "", "why it has no vote"):
        table.add_column(name, justify="right" if name == "row" else "left", overflow="fold")
    for value in dispute.values:
        won = Text("won", "green") if value["won"] else Text("lost", "red")
        excuse = value["rule"].removeprefix(dispute.rule).removeprefix("; ")
        table.add_row(value["source"], _shown(value["value"]), f"{value['row']:,}", won, Text(excuse, "dim"))
    return table


def _moment(member: Member) -> str:
    return f"{member.fetched_at:%Y-%m-%d %H:%M:%S %Z}" if member.fetched_at else "unknown"


def _line(row: Mapping[str, Any]) -> Text:
    if not row:
        return Text("not kept", style="dim")
    return Text(cut(", ".join(f"{name}={_plain(value)}" for name, value in row.items())))


def _shown(value: Any) -> Text:
    return Text("null", style="dim") if value is None else Text(cut(_plain(value)))


def _plain(value: Any) -> str:
    """Show control characters instead of doing what they say: data comes from strangers."""
    return "".join(sign if sign.isprintable() else "�" for sign in str(value))


def cut(text: str) -> str:
    """Give a text that may be long in one line's worth of signs."""
    return text if len(text) <= LONG else f"{text[: LONG - 1]}…"
