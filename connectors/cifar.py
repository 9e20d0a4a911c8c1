"""CIFAR-10 and CIFAR-100, in the binary and the Python layout → one row per image."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
import polars as pl

from connectors.plain_pickle import read_pickle
from connectors.reader import together
from dq.errors import DecodeError
from dq.source import REJECT_SCHEMA, Decoded

_PIXELS = 3 * 32 * 32
_PICKLE = 0x80  # larger than any label that a binary file can begin with
_PART = 2_000  # images that are made rows at once: 6 MB
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
        return together(list(self.file_parts(io.BytesIO(body), where)))

    def read_parts(self, path: Path, where: str) -> Iterator[Decoded]:
        """Read all images of a batch, some of them at a time; a pickle is held as a whole.

        Raises:
            DecodeError: as `read`.

        """
        with path.open("rb") as file:
            yield from self.file_parts(file, where)

    def file_parts(self, file: IO[bytes], where: str, size: int = _PART) -> Iterator[Decoded]:
        """Read all images of an open file, `size` of them at a time; at least one part comes, if without rows."""
        start = file.read(1)
        if not start:
            raise DecodeError("the file is empty", where=where)
        file.seek(0)
        if start[0] == _PICKLE:
            pixels, labels, files = self._of_pickle(file.read(), where)
            for at in range(0, max(len(pixels), 1), size):
                part = slice(at, at + size)
                some = {name: column[part] for name, column in labels.items()}
                yield self._part(pixels[part], some, files[part], before=at, where=where)
            return
        head = len(_LABELS[self.classes])
        before = 0
        while body := file.read(size * (head + _PIXELS)):
            whole = len(body) // (head + _PIXELS)
            records = np.frombuffer(body, np.uint8, whole * (head + _PIXELS)).reshape(whole, head + _PIXELS)
            labels = {name: records[:, at] for at, (name, _, _) in enumerate(_LABELS[self.classes])}
            left = len(body) - records.size
            yield self._part(records[:, head:], labels, None, before=before, where=where, left=left)
            before += whole

    def _of_pickle(self, body: bytes, where: str) -> tuple[Any, dict[str, Any], list[str | None]]:
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
        return pixels, labels, files

    def _part(
        self,
        pixels: Any,
        labels: dict[str, Any],
        files: Sequence[str | None] | None,
        *,
        before: int,
        where: str,
        left: int = 0,
    ) -> Decoded:
        """Give some images, after `before` others; `files` is null in the binary layout, `left` what is cut off."""
        contents = [row.tobytes() for row in pixels]
        count = len(contents)
        frame = pl.DataFrame(
            {
                "image": pl.Series(contents, dtype=pl.Binary),
                "format": pl.Series(["rgb-planes"] * count, dtype=pl.String),
                "width": pl.Series(["32"] * count, dtype=pl.String),
                "height": pl.Series(["32"] * count, dtype=pl.String),
                "sha256": pl.Series([hashlib.sha256(c).hexdigest() for c in contents], dtype=pl.String),
                **{name: pl.Series(column.astype(np.int64)) for name, column in labels.items()},
                "filename": pl.Series([None] * count if files is None else files, dtype=pl.String),
                "_row": pl.int_range(before + 1, before + count + 1, dtype=pl.Int64, eager=True),
            }
        )
        known = pl.all_horizontal(
            pl.col(name).is_between(0, classes - 1) for name, _, classes in _LABELS[self.classes]
        )
        size = len(labels) + _PIXELS
        rejects: list[tuple[Any, ...]] = [
            (row, (row - 1) * size if files is None else None, None, "cifar:label", "label",
             f"{where}, image {row}: a label that is no class of CIFAR-{self.classes}")
            for row in frame.filter(~known)["_row"]
        ]  # fmt: skip
        if left:
            number = before + count + 1
            message = f"{where}, image {number}: only {left:,} of {size:,} bytes are there"
            rejects.append((number, (number - 1) * size, None, "cifar:cut", None, message))
        rows = frame.filter(known).with_columns(pl.col(list(labels)).cast(pl.String))
        return Decoded(rows, pl.DataFrame(rejects, schema=REJECT_SCHEMA, orient="row"), count + bool(left))


def _text(value: Any) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
