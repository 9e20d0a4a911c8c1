"""CIFAR-10 and CIFAR-100, in the binary and the Python layout → one row an image."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from connectors.plain_pickle import read_pickle
from dq.errors import DecodeError
from dq.source import REJECT_SCHEMA, Decoded

_PIXELS = 3 * 32 * 32
_PICKLE = 0x80  # larger than any label that a binary file can begin with
_LABELS = {
    10: (("label", "labels", 10),),
    100: (("coarse_label", "coarse_labels", 20), ("label", "fine_labels", 100)),
}


@dataclass(frozen=True)
class Cifar:
    """How one batch of CIFAR is read, in whichever of its two layouts; a pickle is read, never unpickled.

    A row has `image` (Binary: 1,024 red, 1,024 green, 1,024 blue bytes as published, so that
    `np.frombuffer(image, "u1").reshape(3, 32, 32)` is the picture), `format` (`rgb-planes`), `width`, `height`,
    `sha256`, `label` (for CIFAR-100 the fine one, with `coarse_label` beside it) and `filename` (null in the
    binary layout). `_row` is the image's number in the file. Refused are by rule `cifar:label` an image whose
    label is no class, and by `cifar:cut` what is left of an image that is cut off.
    """

    classes: Literal[10, 100] = 10

    def read(self, body: bytes, where: str) -> Decoded:
        """Read all images of a batch.

        Raises:
            DecodeError: where it is neither layout, or its pickle is more than plain data.

        """
        if not body:
            raise DecodeError("the file is empty", where=where)
        if body[0] == _PICKLE:
            return self._decoded(*self._of_pickle(body, where), where)
        return self._decoded(*self._of_binary(body), where)

    def _of_binary(self, body: bytes) -> tuple[Any, dict[str, Any], list[str | None], int]:
        head = len(_LABELS[self.classes])
        size = head + _PIXELS
        whole = len(body) // size
        records = np.frombuffer(body, np.uint8, whole * size).reshape(whole, size)
        labels = {name: records[:, at] for at, (name, _, _) in enumerate(_LABELS[self.classes])}
        return records[:, head:], labels, [None] * whole, len(body) - whole * size

    def _of_pickle(self, body: bytes, where: str) -> tuple[Any, dict[str, Any], list[str | None], int]:
        found = read_pickle(body, where)
        try:
            batch = {_text(key): value for key, value in found.items()}
            pixels = np.asarray(batch["data"])
            labels: dict[str, Any] = {name: np.asarray(batch[key]) for name, key, _ in _LABELS[self.classes]}
            files: list[str | None] = [_text(name) for name in batch.get("filenames", ())]
        except (AttributeError, KeyError, ValueError) as error:
            raise DecodeError(
                f"not a batch of CIFAR-{self.classes}: no {error}",
                where=where,
                hint="let `members` match the batches alone, and give `classes` as published",
            ) from None
        files = files or [None] * len(pixels)
        fits = pixels.dtype == np.uint8 and pixels.ndim == 2 and pixels.shape[1] == _PIXELS
        if not fits or any(len(column) != len(pixels) for column in (*labels.values(), files)):
            raise DecodeError("pixels, labels and file names of the batch do not fit together", where=where)
        return pixels, labels, files, 0

    def _decoded(
        self, pixels: Any, labels: dict[str, Any], files: list[str | None], left: int, where: str
    ) -> Decoded:
        contents = [row.tobytes() for row in pixels]
        frame = pl.DataFrame(
            {
                "image": pl.Series(contents, dtype=pl.Binary),
                "format": pl.Series(["rgb-planes"] * len(contents), dtype=pl.String),
                "width": pl.Series(["32"] * len(contents), dtype=pl.String),
                "height": pl.Series(["32"] * len(contents), dtype=pl.String),
                "sha256": pl.Series([hashlib.sha256(c).hexdigest() for c in contents], dtype=pl.String),
                **{name: pl.Series(column.astype(np.int64)) for name, column in labels.items()},
                "filename": pl.Series(files, dtype=pl.String),
                "_row": pl.int_range(1, len(contents) + 1, dtype=pl.Int64, eager=True),
            }
        )
        known = pl.all_horizontal(
            pl.col(name).is_between(0, classes - 1) for name, _, classes in _LABELS[self.classes]
        )
        wrong = frame.filter(~known)
        size = len(labels) + _PIXELS
        rejects: list[tuple[Any, ...]] = [
            (row, None if files[row - 1] else (row - 1) * size, None, "cifar:label", "label",
             f"{where}, image {row}: a label that is no class of CIFAR-{self.classes}")
            for row in wrong["_row"]
        ]  # fmt: skip
        if left:
            number = frame.height + 1
            message = f"{where}, image {number}: only {left:,} of {size:,} bytes are there"
            rejects.append((number, frame.height * size, None, "cifar:cut", None, message))
        rows = frame.filter(known).with_columns(pl.col(list(labels)).cast(pl.String))
        return Decoded(
            rows, pl.DataFrame(rejects, schema=REJECT_SCHEMA, orient="row"), frame.height + bool(left)
        )


def _text(value: Any) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
