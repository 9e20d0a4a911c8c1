"""Where commands print."""

from __future__ import annotations

import io
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

    def outlasting(self) -> Console:
        """Give a console that goes on to the same place though the stream itself is sent elsewhere.

        Dagster sends both streams to a file while steps run, and copies that file to where they went by a
        process that it kills at the end, the last lines with it; nor is a file a terminal to draw on.
        """
        try:
            same = os.dup(self.file.fileno())
        except io.UnsupportedOperation:  # held in memory: nobody can send it elsewhere
            return self
        file = os.fdopen(same, "w", encoding=self.encoding, errors="backslashreplace")
        return Console(file=file, soft_wrap=self.soft_wrap)

    def on_broken_pipe(self) -> None:
        """Be quiet from here on, also in what Python flushes at its end; Rich would exit with 1."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())
