"""scikit-learn: whole arrays where they fit in memory, `partial_fit` batch by batch where they don't.

Works with anything that has scikit-learn's methods, and needs scikit-learn only if that does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from dq.errors import ConfigError
from dq.training.loader import Loader
from dq.training.pairs import Pairs, Transform


class Learner(Protocol):
    """A model that learns batch by batch, such as `SGDClassifier`."""

    def partial_fit(self, x: Any, y: Any, /, **more: Any) -> Any:
        """Learn from these rows."""
        ...


def arrays(loader: Loader, transform: Transform | None = None) -> tuple[Any, Any]:
    """Give X and y of one whole pass, in the loader's order, for `model.fit(X, y)`.

    Numbers: make the loader with `matrix=True`. A single text column gives an array of `str`, for a vectorizer.

    Raises:
        ConfigError: where several columns are read that no matrix holds.

    """
    pairs = Pairs(loader, transform)
    parts = [pairs.of(batch) for batch in loader]
    if isinstance(parts[0][0], dict):
        raise ConfigError(
            f"X would be {len(parts[0][0])} columns of different types: {', '.join(parts[0][0])}",
            hint="make the loader with matrix=True, name one column, or give a transform that makes one array",
        )
    return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])


def learn(
    model: Learner,
    loader: Loader,
    *,
    classes: Sequence[Any] | None = None,
    transform: Transform | None = None,
    epochs: int = 1,
) -> Iterator[int]:
    """Feed `epochs` passes to `model.partial_fit`, a batch a step; give the number of rows of each.

    `classes` are all labels, which scikit-learn's classifiers want with the first batch. Between steps the loader's
    `state_dict` is that of what was learnt; loaded again, the passes go on there. Where a batch is a dict of columns,
    give a `transform` whose dict holds one of them and the label, such as a `HashingVectorizer`'s matrix.
    """
    pairs = Pairs(loader, transform)
    more = {} if classes is None else {"classes": np.asarray(classes)}
    for _ in range(epochs):
        for batch in loader:
            x, y = pairs.of(batch)
            model.partial_fit(x, y, **more)
            yield len(y)
