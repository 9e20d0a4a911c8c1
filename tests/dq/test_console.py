"""A reader who has seen enough fails no command."""

import io
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


def test_outlasting_goes_where_the_stream_went(tmp_path: Path) -> None:
    """A console goes on to the first place, letters of all kinds included, after its stream was sent elsewhere."""
    first, second = tmp_path / "first", tmp_path / "second"
    with first.open("w") as file, second.open("w") as other:
        console = Console(file=file)
        outlasting = console.outlasting()
        os.dup2(other.fileno(), file.fileno())
        console.print("elsewhere")
        outlasting.print("[green]✓[/green] 完成")
        console.print("elsewhere again")
    assert first.read_text("utf-8") == "✓ 完成\n"
    assert second.read_text("utf-8") == "elsewhere\nelsewhere again\n"


def test_outlasting_of_memory_is_itself() -> None:
    """What is written to memory has no stream that could be sent elsewhere."""
    console = Console(file=io.StringIO())
    assert console.outlasting() is console


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
