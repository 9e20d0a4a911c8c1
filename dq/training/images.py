"""Pictures out of a column of encoded bytes: PNG, JPEG and what else pillow reads, as arrays of one shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt

from dq.errors import ConfigError, DecodeError

try:
    from PIL import Image, UnidentifiedImageError
except ModuleNotFoundError as error:
    if error.name != "PIL":
        raise
    raise ConfigError(
        "dq.training.images needs pillow, and it is not installed", hint="install pillow"
    ) from error

CHANNELS = {"L": 1, "RGB": 3, "RGBA": 4}


@dataclass(frozen=True)
class DecodeImages:
    """A `transform` for loaders: the batch with `column`'s pictures decoded, where workers are used in the workers.

    Gives uint8, rows × height × width × channels (`mode` L, RGB or RGBA); each picture is brought to `size` (width,
    height), without keeping its proportions. A null is a black picture: its row stays.

    Raises:
        DecodeError: where bytes are no picture; names the place in the batch.
        ConfigError: for an unknown mode.

    """

    column: str
    size: tuple[int, int]
    mode: str = "RGB"

    def __post_init__(self) -> None:
        if self.mode not in CHANNELS:
            raise ConfigError(
                f"{self.mode!r} is no mode of pictures", hint=f"take one of {', '.join(CHANNELS)}"
            )

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """Give the batch with arrays in place of the column's bytes."""
        return {**batch, self.column: self._stack(batch[self.column])}

    def _stack(self, encoded: Sequence[bytes | None]) -> npt.NDArray[np.uint8]:
        width, height = self.size
        made = np.zeros((len(encoded), height, width, CHANNELS[self.mode]), dtype=np.uint8)
        for place, body in enumerate(encoded):
            if body is not None:
                made[place] = self._decode(body, place)
        return made

    def _decode(self, body: bytes, place: int) -> npt.NDArray[np.uint8]:
        try:
            with Image.open(BytesIO(body)) as picture:
                fitted = picture.convert(self.mode).resize(self.size)
        except (UnidentifiedImageError, OSError) as error:
            raise DecodeError(
                f"these {len(body):,} bytes are no picture: {error}",
                where=f"{self.column}, row {place} of the batch",
                hint="let the contract refuse them before the release",
            ) from error
        return np.asarray(fitted, dtype=np.uint8).reshape(self.size[1], self.size[0], -1)
