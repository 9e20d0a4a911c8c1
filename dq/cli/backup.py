"""`dq backup` and `dq restore`: a verified copy of the warehouse, and the way back."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from dq.warehouse import Warehouse
from dq.warehouse.backup import Copied, backup, restore


def print_backup(warehouse: Warehouse, target: Path, console: Console) -> None:
    """Back the warehouse up to a new folder; say what it holds."""
    copied = backup(warehouse.place, target)
    console.print(f"{target}: {_said(copied)}", soft_wrap=True)
    console.print(f"read it    DQ_WAREHOUSE={target} dq sql", style="dim")
    console.print(f"restore    dq restore {target}", style="dim")


def print_restore(warehouse: Warehouse, saved: Path, console: Console) -> None:
    """Make the warehouse from a backup; say what it holds."""
    console.print(f"{warehouse.place}: {_said(restore(saved, warehouse.place))}", soft_wrap=True)


def _said(copied: Copied) -> str:
    """Say it in a line.

    >>> _said(Copied(snapshot=7, files=2, bytes=3_000_000, linked=2))
    'snapshot 7, 2 files of 3.0 MB (2 linked: they take no room), sizes and rows verified'
    """
    linked = f" ({copied.linked:,} linked: they take no room)" if copied.linked else ""
    megabytes = f"{copied.bytes / 1e6:,.1f} MB"
    return (
        f"snapshot {copied.snapshot}, {copied.files:,} files of {megabytes}{linked}, sizes and rows verified"
    )
