"""A reader who has seen enough fails no command."""

import os
import subprocess
import sys
from pathlib import Path

from dq.console import Console


def test_printing_goes_on_into_nothing() -> None:
    """What is printed after the reader left goes nowhere; what is left in a buffer breaks nothing either."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as file:
        console = Console(file=file)
        console.print("the first")
        console.print("the second")
        file.write("by another way")


def test_commands_end_quietly(tmp_path: Path) -> None:
    """`dq releases | head` and the like end with 0 and without a word."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-c", "from dq.cli.main import main; main()", "releases"],
        stdout=writing,
        stderr=subprocess.PIPE,
        env={**os.environ, "DQ_HOME": str(tmp_path)},
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")
