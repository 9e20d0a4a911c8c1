"""Hugging Face's `Trainer` over a loader: its own steps and checkpoints, our order, workers and exact resume."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dq.errors import ConfigError
from dq.training.torch import TorchLoader

try:
    from transformers import (
        Trainer,
        TrainerCallback,
    )
except ModuleNotFoundError as error:
    if error.name != "transformers":
        raise
    raise ConfigError(
        "dq.training.hf_trainer needs transformers, and it is not installed",
        hint="install transformers and accelerate, or write the loop over dq.training.torch.TorchLoader",
    ) from error

STATE = "dq_loader.json"


class LoaderTrainer(Trainer):  # type: ignore[misc]
    """A `Trainer` whose training batches are those of `batches`, a `TorchLoader`; all else is as ever.

    The batches must be what the model's `forward` takes: rename and tokenize in the `TorchLoader`'s `transform`. Each
    process of a distributed run makes its loader with its own rank. Every checkpoint holds the loader's state in
    `dq_loader.json`. To go on, make the trainer anew, with a loader at an epoch's start and the argument
    `ignore_data_skip=True`, as nothing needs to be skipped; call `resume(checkpoint)`, and then
    `train(resume_from_checkpoint=checkpoint)`.
    """

    def __init__(self, *arguments: Any, batches: TorchLoader, **named: Any) -> None:
        self._batches, self._epochs = batches, _Epochs(batches)
        super().__init__(*arguments, **named)
        self.add_callback(_Keep(batches))

    def get_train_dataloader(self) -> Any:
        """Give the batches; transformers asks for them."""
        return self._epochs

    def resume(self, checkpoint: str | Path) -> None:
        """Put the batches where they stood at a checkpoint."""
        self._batches.load_state_dict(json.loads((Path(checkpoint) / STATE).read_text(encoding="utf-8")))


class _Epochs:
    """The batches with the length of a whole epoch, and without `set_epoch`.

    A trainer that resumes counts epochs by the length, and would send a loader in mid-epoch elsewhere. And it takes as
    many batches as there are without asking for an end, so whether a pass was whole is counted here.
    """

    def __init__(self, batches: TorchLoader) -> None:
        self._batches, self._steps = batches, len(batches)
        self._left, self._epoch = -1, batches.epoch

    def __len__(self) -> int:
        return self._steps

    def __iter__(self) -> Iterator[dict[str, Any]]:
        if self._left == 0 and self._batches.epoch == self._epoch:
            self._batches.set_epoch(self._epoch + 1)
        self._left, self._epoch = len(self._batches), self._batches.epoch
        for batch in self._batches:
            self._left -= 1
            yield batch


class _Keep(TrainerCallback):  # type: ignore[misc]
    """Writes the loader's state into every checkpoint."""

    def __init__(self, batches: TorchLoader) -> None:
        self._batches = batches

    def on_save(self, args: Any, state: Any, *_: Any, **__: Any) -> None:
        """Write it; transformers calls this when a checkpoint is there."""
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        (folder / STATE).write_text(json.dumps(self._batches.state_dict()), encoding="utf-8")
