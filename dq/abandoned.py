"""Files that a kill left half-written among the landings: told from those being written by a lock that dies with its
process.
"""

from __future__ import annotations

import fcntl
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

PREFIX = ".landing-"
GRACE = timedelta(hours=1)
"""A file that was written to since then stays, so that one whose writer is about to lock it does."""


def hold(file: IO[bytes]) -> None:
    """Lock a file that is being written, until it is closed or its process is gone."""
    fcntl.flock(file, fcntl.LOCK_EX)


def abandoned(root: Path, now: datetime) -> list[Path]:
    """Give the half-written files below the landing folder that no living process writes to."""
    before = (now - GRACE).timestamp()
    return [path for path in root.glob(f"*/{PREFIX}*") if _is_old(path, before) and not _is_held(path)]


def sweep(root: Path, now: datetime) -> int:
    """Remove these files; gives how many there were."""
    found = abandoned(root, now)
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def _is_old(path: Path, before: float) -> bool:
    try:
        return path.stat().st_mtime < before
    except FileNotFoundError:  # finished, and renamed
        return False


def _is_held(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, FileNotFoundError):  # somebody writes to it, or has just finished
        return True
    return False
