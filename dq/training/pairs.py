"""What a batch is to a model: what it learns from, and what it learns to say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dq.errors import ConfigError
from dq.training.columns import MATRIX
from dq.training.loader import Loader

Transform = Callable[[dict[str, Any]], Mapping[str, Any]]


class Pairs:
    """Takes (x, y) out of a loader's batches, after `transform` where there is one.

    y is the label. x is the matrix of a loader made with `matrix=True`; else the one column beside the label, or a dict
    of all of them.

    Raises:
        ConfigError: where the release has no label, or the loader does not read it.

    """

    def __init__(self, loader: Loader, transform: Transform | None = None) -> None:
        label = loader.release.manifest.label
        if label is None or label not in loader.columns:
            raise ConfigError(
                f"the loader reads no label: it reads {', '.join(loader.columns)}",
                hint="leave columns= out, or name the label among them",
            )
        self._label, self._transform = label, transform

    def of(self, batch: dict[str, Any]) -> tuple[Any, Any]:
        """Give x and y of one batch."""
        made = dict(self._transform(batch) if self._transform else batch)
        y = made.pop(self._label)
        if MATRIX in made:
            return made[MATRIX], y
        return (next(iter(made.values())) if len(made) == 1 else made), y
