"""Where commands print."""

from __future__ import annotations

import json
import os
from typing import Any

import rich.console


class Console(rich.console.Console):
    """Rich's console, but nobody is failed by a reader who has seen enough, as in `dq history | head`.

    What is printed after that goes nowhere, and the command ends as it would have: a run is not broken off.
    """

    def print_data(self, value: Any, *, allow_nan: bool = True) -> None:
        """Print a value as JSON that a program may read: indented, whole lines, no colours."""
        told = json.dumps(value, default=str, ensure_ascii=False, indent=1, allow_nan=allow_nan)
        self.out(told, highlight=False)

    def on_broken_pipe(self) -> None:
        """Be quiet from here on, also in what Python flushes at its end; Rich would exit with 1."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())
