"""A training process that is killed outright, and taken up by three others from the state that it saved."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl

from dq.training import Loader
from tests.dq.training.releases import release

TRAINER = """
import json, os, sys, time
from pathlib import Path
from dq.training import Loader
folder, saved = Path(sys.argv[1]), Path(sys.argv[2])
loader = Loader(folder, "all", 32, columns=["id"], lanes=4, window=2)
for batch in loader:
    time.sleep(0.002)
    written = {"state": loader.state_dict(), "ids": batch["id"].tolist()}
    with saved.open("a") as log:
        log.write(json.dumps(written) + chr(10))
"""


def test_three_ranks_go_on_where_a_killed_one_was(tmp_path: Path) -> None:
    """SIGKILL in the middle of an epoch: the batches done and those of the three ranks are the undisturbed epoch."""
    frame = pl.DataFrame({"id": np.arange(20_000), "x": np.zeros(20_000, "f4")}).with_columns(
        split=pl.lit("all")
    )
    made = release(tmp_path, frame)
    saved = tmp_path / "saved.jsonl"
    command = [sys.executable, "-c", TRAINER, str(made.path), str(saved)]
    trainer = subprocess.Popen(command)  # noqa: S603 - our own words
    deadline = time.monotonic() + 600
    while (not saved.exists() or saved.read_text().count("\n") < 20) and time.monotonic() < deadline:
        time.sleep(0.005)
    trainer.kill()
    trainer.wait()
    lines = [json.loads(line) for line in saved.read_text().splitlines(keepends=True) if line.endswith("\n")]
    done = [number for line in lines for number in line["ids"]]
    assert 20 * 32 <= len(done) < 20_000

    order = {}
    for rank in range(3):
        loader = Loader(made.path, "all", 50, columns=["id"], rank=rank, world_size=3)
        loader.load_state_dict(lines[-1]["state"])
        for step in range(len(loader)):
            positions = loader.positions(step).tolist()
            order |= dict(zip(positions, loader.batch(step)["id"].tolist(), strict=True))
    undisturbed = Loader(made.path, "all", 1_000, columns=["id"], lanes=4, window=2)
    whole = [number for batch in undisturbed for number in batch["id"].tolist()]
    assert done + [order[position] for position in sorted(order)] == whole
