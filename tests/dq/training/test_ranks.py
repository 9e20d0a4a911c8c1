"""A model trained by processes that torch.distributed joins, broken off and taken up by another number of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dq.training import Loader
from tests.dq.training.releases import release

torch = pytest.importorskip("torch", reason="torch is not installed; the loader itself needs none")

from dq.training.torch import TorchLoader  # noqa: E402

ROWS, GLOBAL_BATCH = 2_000, 32
TRAINER = """
import json, sys
from pathlib import Path
import torch
import torch.distributed as dist
from dq.training import Loader
from dq.training.torch import TorchLoader

folder, saved, meeting, rank, world, steps = sys.argv[1:]
rank, world, steps, saved = int(rank), int(world), int(steps), Path(saved)
torch.set_num_threads(1)
dist.init_process_group("gloo", init_method="file://" + meeting, rank=rank, world_size=world)
model = torch.nn.Linear(2, 1)
with torch.no_grad():
    for parameter in model.parameters():
        parameter.zero_()
loader = Loader(folder, "train", 32 // world, columns=["id", "x", "y", "label"], matrix=True, lanes=4, window=2,
                rank=rank, world_size=world)
batches = TorchLoader(loader, num_workers=1)
checkpoint = saved / "checkpoint.pt"
if checkpoint.exists():
    kept = torch.load(checkpoint)
    model.load_state_dict(kept["model"])
    batches.load_state_dict(kept["data"])
log, epochs = [], 2
while steps and batches.epoch < epochs:
    for batch in batches:
        model.zero_grad()
        said = model(batch["features"])[:, 0]
        torch.nn.functional.binary_cross_entropy_with_logits(said, batch["label"].float()).backward()
        with torch.no_grad():
            for parameter in model.parameters():
                dist.all_reduce(parameter.grad)
                parameter -= 0.05 / world * parameter.grad
        log.append(batch["id"].tolist())
        steps -= 1
        if not steps:
            break
(saved / f"{world}-of-{rank}.json").write_text(json.dumps(log))
if rank == 0:
    torch.save({"model": model.state_dict(), "data": batches.state_dict()}, checkpoint)
dist.destroy_process_group()
"""


def train(folder: Path, saved: Path, world: int, steps: int) -> list[set[int]]:
    """Train on so many processes for so many steps, or to the end; give the ids of each global batch."""

    saved.mkdir(exist_ok=True)
    meeting = saved / f"meeting-{len(list(saved.iterdir()))}"
    ranks = [
        subprocess.Popen(  # noqa: S603 - our own words
            [
                sys.executable,
                "-c",
                TRAINER,
                str(folder),
                str(saved),
                str(meeting),
                str(rank),
                str(world),
                str(steps),
            ]
        )
        for rank in range(world)
    ]
    assert [rank.wait(timeout=600) for rank in ranks] == [0] * world
    logs = [json.loads((saved / f"{world}-of-{rank}.json").read_text()) for rank in range(world)]
    return [set().union(*step) for step in zip(*logs, strict=True)]


def undisturbed(folder: Path) -> tuple[list[set[int]], torch.nn.Linear]:
    """Give the ids of each batch of two epochs, and the model, as one process trains it without a break."""
    model = torch.nn.Linear(2, 1)
    torch.nn.init.zeros_(model.weight)
    torch.nn.init.zeros_(model.bias)
    columns = ["id", "x", "y", "label"]
    batches = TorchLoader(
        Loader(folder, "train", GLOBAL_BATCH, columns=columns, matrix=True, lanes=4, window=2)
    )
    seen = []
    for _ in range(2):
        for batch in batches:
            model.zero_grad()
            said = model(batch["features"])[:, 0]
            torch.nn.functional.binary_cross_entropy_with_logits(said, batch["label"].float()).backward()
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.sub_(parameter.grad, alpha=0.05)
            seen.append(set(batch["id"].tolist()))
    return seen, model


def test_two_ranks_then_one_then_two_train_the_model_of_one(tmp_path: Path) -> None:
    """Real processes: every global batch has the same rows in the same order, and the weights are the same."""
    random = np.random.default_rng(0)
    x, y = random.normal(size=(2, ROWS)).astype(np.float32)
    frame = pl.DataFrame({"id": np.arange(ROWS), "x": x, "y": y, "label": x > y, "split": ["train"] * ROWS})
    made = release(tmp_path, frame, block_limit=64, features=["x", "y"])
    whole, model = undisturbed(made.path)
    parts = [
        batch
        for world, steps in ((2, 20), (1, 30), (2, 10_000))
        for batch in train(made.path, tmp_path / "parts", world, steps)
    ]
    assert len(whole) == 2 * -(-ROWS // GLOBAL_BATCH)
    assert parts == whole
    kept = torch.load(tmp_path / "parts" / "checkpoint.pt")
    assert (kept["data"]["epoch"], kept["data"]["consumed"]) == (2, 0)
    for name, weights in model.state_dict().items():
        torch.testing.assert_close(kept["model"][name], weights, rtol=1e-4, atol=1e-5)
    assert float(model.weight.detach().abs().max()) > 0.1
