"""`dq maintain`: keep the warehouse small, and say what was done."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from rich.console import Console

from dq import scratch
from dq.abandoned import abandoned, sweep
from dq.warehouse import Warehouse


def print_upkeep(
    warehouse: Warehouse,
    landing: Path,
    console: Console,
    now: datetime,
    *,
    keep_days: int,
    dry_run: bool = False,
) -> None:
    """Maintain the warehouse and the folder of landings, or say what that would do, in a few lines.

    Raises:
        UserError: `keep_days` is less than one day.

    """
    found = warehouse.maintain(now, keep_days=keep_days, dry_run=dry_run)
    would = "would " if dry_run else ""
    span = f" ({found.expired[0]} to {found.expired[-1]})" if found.expired else ""
    console.print(f"{would}expire   {_count(len(found.expired), 'snapshot')}{span}; {found.kept:,} stay")
    for table, files in found.compacted:
        console.print(f"{would}compact  {table}: {files:,} small files into one")
    if not found.compacted:
        console.print(f"{would}compact  nothing")
    console.print(
        f"{would}remove   {_count(found.freed, 'file')} of snapshots that expired more than a day ago"
    )
    console.print(f"{would}remove   {_count(found.orphans, 'file')} that a dead writer left")
    left = len(abandoned(landing, now)) if dry_run else sweep(landing, now)
    console.print(f"{would}remove   {_count(left, 'file')} that a dead fetch left half-written")
    left = len(scratch.left_behind()) if dry_run else scratch.sweep()
    console.print(f"{would}remove   {_count(left, 'scratch folder')} that a dead process left")
    if found.lost:
        console.print(f"noted    {_count(len(found.lost), 'run')} as lost: their processes are gone")
    if found.expired and not dry_run:
        console.print("Their files stay a day for readers; the next dq maintain removes them.", style="dim")


def _count(number: int, word: str) -> str:
    """Give a number with its noun.

    >>> _count(1, "file"), _count(1200, "file")
    ('1 file', '1,200 files')
    """
    return f"{number:,} {word}{'' if number == 1 else 's'}"
