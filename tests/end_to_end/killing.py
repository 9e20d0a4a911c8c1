"""Kills runs in the middle, to see what that does."""

import contextlib
import random
import subprocess
import time

from dq.errors import ConfigError
from tests.end_to_end.deployment import Deployment

KILLS = 4
LONGEST_SECONDS = 600


def run_and_kill(deployment: Deployment) -> int:
    """Run finance and kill it, a step further each time, then let it end; give how many kills hit it running."""
    chance = random.Random(20_260_101)
    hits = 0
    for steps in range(KILLS):
        hits += kill_during(deployment, steps=steps + (steps > 0), wait=chance.uniform(0.0, 1.5))
        assert_whole(deployment)
    ended = deployment.run("finance")
    assert ended.code == 0, ended.out + ended.err
    return hits


def kill_during(deployment: Deployment, steps: int, wait: float) -> bool:
    """Run finance, kill it `wait` seconds after `steps` steps have ended; say whether it was still running."""
    process = deployment.start("assets.run", "finance")
    assert process.stderr is not None
    end = time.monotonic() + LONGEST_SECONDS
    try:
        seen = 0
        while seen < steps and time.monotonic() < end:
            line = process.stderr.readline()
            seen += "✓" in line
            if not line:
                break
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(wait)
        alive = process.poll() is None
    finally:
        process.kill()
        process.communicate()
    return alive


def assert_whole(deployment: Deployment) -> None:
    """What is there after a kill balances, and each table holds what its ledger says."""
    try:
        entries = deployment.ask("from quality.ledger").iter_rows(named=True)
    except ConfigError:
        return  # killed before there was a warehouse
    for entry in entries:
        assert deployment.one(f"select count(*) from {entry['table_name']}") == entry["accepted"]
