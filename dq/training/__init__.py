"""From a release to batches: numpy and pyarrow alone, so that a GPU node needs nothing of the pipeline."""

from __future__ import annotations

from dq.training.loader import Loader
from dq.training.state import State

__all__ = ["Loader", "State"]
