"""What a person reads while a run goes on, in a real terminal and with Dagster's own handling of streams."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

RUN = """
import time
import dagster as dg
from assets.progress import progress_logger
from dq.console import Console

@dg.asset
def first(): time.sleep(0.5)

@dg.asset(deps=[first])
def second(): raise ValueError("the reason")

place = dg.Definitions([first, second], loggers={"console": progress_logger(Console(stderr=True))})
with dg.DagsterInstance.get() as instance:
    place.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance, raise_on_error=False, run_config={"loggers": {"console": {"config": {"steps": 2}}}}
    )
"""


def test_a_terminal_shows_what_runs_and_loses_no_line(tmp_path: Path) -> None:
    """The step that runs has a spinner, each that ended a line, and the last one's reason is there."""
    environment = {**os.environ, "DAGSTER_HOME": str(tmp_path), "TERM": "xterm-256color", "COLUMNS": "120"}
    terminal, side = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", RUN], env=environment, stdout=side, stderr=side)  # noqa: S603
    os.close(side)
    seen = b""
    while True:
        try:
            seen += os.read(terminal, 65_536)
        except OSError:  # how Linux says that the other side has closed
            break
    assert process.wait() == 0, seen
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode())
    assert "⠋ 1/2 first" in text
    assert re.search(r"✓ first +\d+\.\d s", text), text
    assert re.search(r"✗ second +\d+\.\d s", text), text
    assert "the reason" in text
