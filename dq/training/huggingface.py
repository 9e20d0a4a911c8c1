"""Hugging Face: a loader as a `datasets.IterableDataset`; for its `Trainer` see `dq.training.hf_trainer`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from dq.errors import ConfigError
from dq.training.loader import Loader
from dq.training.pairs import Transform

try:
    import datasets
except ModuleNotFoundError as error:
    if error.name != "datasets":
        raise
    raise ConfigError(
        "dq.training.huggingface needs datasets, and it is not installed",
        hint="install datasets, or iterate over dq.training.Loader: it gives numpy arrays without it",
    ) from error


def iterable_dataset(loader: Loader, transform: Transform | None = None) -> Any:
    """Give one pass as a `datasets.IterableDataset` of rows, in the loader's order; `.map` and `.batch` follow.

    Don't shuffle it: its order is shuffled already. To resume, load the loader's state and make the dataset again.
    """
    return datasets.IterableDataset.from_generator(
        rows, gen_kwargs={"loader": loader, "transform": transform}
    )


def rows(loader: Loader, transform: Transform | None = None) -> Iterator[dict[str, Any]]:
    """Give the rows of one pass, each a dict of plain values."""
    for batch in loader.walk(range(len(loader))):
        made = transform(batch) if transform else batch
        columns = [column.tolist() if isinstance(column, np.ndarray) else column for column in made.values()]
        for values in zip(*columns, strict=True):
            yield dict(zip(made, values, strict=True))
