"""One short name for all the code that could change a number."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

FOLDERS = ("dq", "connectors", "checks", "assets")
"""The folders whose code decides what a table holds; the command line and tests do not."""


@cache
def code_version(checkout: Path) -> str:
    """Give 12 hex digits that change when any source file in `FOLDERS` changes, and only then.

    Tables made by other code are made anew on the next run: over-eager, but never stale. Read once a process, which
    goes on with the code that it has loaded.
    """
    digest = hashlib.sha256()
    for folder in FOLDERS:
        for path in sorted((checkout / folder).rglob("*.py")):
            name = path.relative_to(checkout).as_posix()
            if name.startswith("dq/cli/"):
                continue
            digest.update(f"{name}\n{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:12]
