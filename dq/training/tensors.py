"""Arrays as torch tensors over the same memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch


def tensors(batch: Mapping[str, Any]) -> dict[str, Any]:
    """Give numbers as tensors over the same memory, dates and times as int64 tensors, objects as lists.

    What is no numpy array stays as it is.
    """
    return {name: _tensor(array) for name, array in batch.items()}


def _tensor(array: Any) -> Any:
    if not isinstance(array, np.ndarray):
        return array
    if array.dtype == object:
        return array.tolist()
    return torch.from_numpy(array.view(np.int64) if array.dtype.kind == "M" else array)
