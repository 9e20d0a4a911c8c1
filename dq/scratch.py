"""Scratch folders among the temporary files: a lock that dies with its process tells those in use from those left."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import weakref
from pathlib import Path

PREFIX = "dq-scratch-"
_UNLOCKED = ".dq-scratch-"


class Scratch:
    """An empty folder for as long as this object is entered or alive; `sweep` removes it where its process was killed.

    It gets its name when it is locked, so that nobody sweeps it in between.

    >>> with Scratch("example") as folder:
    ...     folder.is_dir(), sweep() and folder.is_dir()
    (True, 0)
    >>> folder.exists()
    False
    """

    def __init__(self, what: str) -> None:
        made = Path(tempfile.mkdtemp(prefix=_UNLOCKED))
        handle = os.open(made, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
        self.path = made.rename(made.with_name(f"{PREFIX}{what}-{made.name.removeprefix(_UNLOCKED)}"))
        self._end = weakref.finalize(self, _remove, self.path, handle)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self._end()


def left_behind() -> list[Path]:
    """Give this user's scratch folders that no living process works in, on this machine."""
    return [path for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*") if _is_left(path)]


def sweep() -> int:
    """Remove these folders; gives how many there were."""
    found = left_behind()
    for path in found:
        shutil.rmtree(path, ignore_errors=True)
    return len(found)


def _remove(path: Path, handle: int) -> None:
    shutil.rmtree(path, ignore_errors=True)
    os.close(handle)


def _is_left(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # gone by now, or somebody else's
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fstat(handle).st_uid == os.getuid()
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
