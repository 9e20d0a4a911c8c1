"""TensorFlow: a loader as a `tf.data.Dataset`, by generator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from dq.errors import ConfigError
from dq.training.loader import Loader
from dq.training.pairs import Transform

try:
    import tensorflow as tf
except ModuleNotFoundError as error:
    if error.name != "tensorflow":
        raise
    raise ConfigError(
        "dq.training.tensorflow needs tensorflow, and it is not installed",
        hint="install tensorflow, or iterate over dq.training.Loader: it gives numpy arrays without it",
    ) from error


def dataset(loader: Loader, transform: Transform | None = None) -> Any:
    """Give the loader's passes as a `tf.data.Dataset` of dicts of tensors, one epoch each time it is iterated.

    Text becomes string tensors (null: empty); dates and times int64. Shapes are those of the first batch, but for the
    number of rows. Add `.prefetch(tf.data.AUTOTUNE)`; don't shuffle it: it is shuffled already. To resume, load the
    loader's state first; `loader.state_at(step)` is what to keep.
    """
    first = _plain(loader.batch(0), transform)
    signature = {
        name: tf.TensorSpec((None, *array.shape[1:]), tf.as_dtype(array.dtype))
        for name, array in first.items()
    }

    def batches() -> Iterator[dict[str, Any]]:
        for batch in loader:
            yield _plain(batch, transform)

    return tf.data.Dataset.from_generator(batches, output_signature=signature)


def _plain(batch: dict[str, Any], transform: Transform | None) -> dict[str, Any]:
    made = transform(batch) if transform else batch
    return {name: _tensorable(np.asarray(values)) for name, values in made.items()}


def _tensorable(array: Any) -> Any:
    if array.dtype == object:
        return np.array(
            ["" if value is None else value for value in array], dtype=np.bytes_ if _bytes(array) else str
        )
    return array.view(np.int64) if array.dtype.kind == "M" else array


def _bytes(array: Any) -> bool:
    return any(isinstance(value, bytes) for value in array)
