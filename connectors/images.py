"""Images, one by one or a whole archive of them → one row each: the bytes, what they are, what the path says."""

from __future__ import annotations

import hashlib
import io
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import polars as pl
from PIL import Image, UnidentifiedImageError

from connectors.column_names import unusable
from connectors.reader import together
from connectors.unpack import is_archive, unpack
from dq.errors import ConfigError, DecodeError, FetchError
from dq.scratch import Scratch
from dq.source import REJECT_SCHEMA, Decoded

FOLDER_IS_LABEL = r"(?P<label>[^/]+)/[^/]+$"
"""ImageNet's layout and that of every image folder: `train/n01440764/n01440764_10026.JPEG`."""

COIL_100 = r"obj(?P<label>\d+)__(?P<angle>\d+)\.png$"
"""The Columbia Object Image Library's names: `coil-100/obj7__45.png` is object 7, turned by 45 degrees."""

_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
_COLUMNS = ("path", "image", "format", "width", "height", "mode", "bytes", "sha256")
_ARRAYS = {"image": pl.Binary}
_START = 512  # bytes that tell an archive
_PART = 16 << 20  # bytes of images that are read at once


class _RefusedError(Exception):
    """An image that is refused: the rule that it breaks, and what is wrong in words."""


@dataclass(frozen=True)
class Images:
    """How image files are read: each landing is one image, or a zip or tar of those that `members` match.

    A row has `path`, `image` (the file's bytes as they are, Binary), `format`, `width`, `height`, `mode`, `bytes`,
    `sha256`, and one text column a named group of the regular expression `path`, searched in the path. Every
    image is decoded once to be sure that it can be. `_row` is the image's number in its landing, by path. An
    image is refused by one of these rules:

    - `image:unreadable`: it is broken, cut off, or no PNG, JPEG, GIF, BMP, TIFF, WebP or PPM
    - `image:too_large`: it has more than `max_pixels` pixels
    - `image:path`: its path does not match
    """

    path: str | None = FOLDER_IS_LABEL
    members: tuple[str, ...] = ("*",)
    max_pixels: int = 80_000_000
    max_unpacked: int = 4 << 30

    def __post_init__(self) -> None:
        try:
            groups = tuple(re.compile(self.path or "").groupindex)
        except re.error as error:
            raise ConfigError(f"the path pattern cannot be read: {error}", where=self.path) from None
        if wrong := unusable((*_COLUMNS, *groups)):
            raise ConfigError(f"groups that are columns already: {', '.join(wrong)}", where=self.path)

    def read(self, body: bytes, where: str) -> Decoded:
        """Read all images.

        Raises:
            DecodeError: where an archive cannot be unpacked.

        """
        return together(list(self.file_parts(io.BytesIO(body), where)))

    def read_parts(self, path: Path, where: str) -> Iterator[Decoded]:
        """Read all images, some of them at a time.

        Raises:
            DecodeError: as `read`.

        """
        with path.open("rb") as file:
            yield from self.file_parts(file, where)

    def file_parts(self, file: IO[bytes], where: str) -> Iterator[Decoded]:
        """Read all images of an open file, some MB of them at a time; at least one part comes."""
        packed = is_archive(file.read(_START))
        file.seek(0)
        if not packed:
            path = where.removeprefix("file:").rpartition("!/")[2]  # a single one has the path of its address
            yield self._part([(1, path, file.read())], where)
            return
        with Scratch("images") as folder:
            try:
                found = unpack(file, where, self.members, self.max_unpacked, folder)
            except FetchError as error:
                raise DecodeError(error.what, where=where, hint=error.hint) from None
            images: list[tuple[int, str, bytes]] = []
            size = 0
            for number, (path, content) in enumerate(found.items(), 1):
                images.append((number, path, content.read_bytes()))
                size += len(images[-1][2])
                if size > _PART or number == len(found):
                    yield self._part(images, where)
                    images, size = [], 0

    def _part(self, images: Sequence[tuple[int, str, bytes]], where: str) -> Decoded:
        groups = tuple(re.compile(self.path or "").groupindex)
        rows: list[tuple[Any, ...]] = []
        rejects: list[tuple[Any, ...]] = []
        for number, path, content in images:
            try:
                said = self._said(path)
                about = self._about(content)
            except _RefusedError as refused:
                rule, what = refused.args
                rejects.append((number, None, path, rule, None, f"{where}: {path}: {what}"))
            else:
                digest = hashlib.sha256(content).hexdigest()
                rows.append((path, content, *about, str(len(content)), digest, *said, number))
        names = (*_COLUMNS, *groups)
        schema = {**{name: _ARRAYS.get(name, pl.String) for name in names}, "_row": pl.Int64}
        return Decoded(
            pl.DataFrame(rows, schema=schema, orient="row"),
            pl.DataFrame(rejects, schema=REJECT_SCHEMA, orient="row"),
            len(images),
        )

    def _said(self, path: str) -> tuple[str | None, ...]:
        """Give what the path says: the groups of the pattern."""
        found = re.search(self.path or "", path)
        if found is None:
            raise _RefusedError("image:path", "its path does not match the pattern")
        return tuple(found[group] for group in found.re.groupindex)

    def _about(self, content: bytes) -> tuple[str, ...]:
        """Give format, width, height and mode."""
        try:
            with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
                width, height = image.size
                if width * height > self.max_pixels:
                    what = f"{width:,} × {height:,} pixels are more than {self.max_pixels:,}"
                    raise _RefusedError("image:too_large", what)
                image.load()
                return str(image.format), str(width), str(height), image.mode
        except Image.DecompressionBombError:
            what = f"its pixels are many times more than {self.max_pixels:,}"
            raise _RefusedError("image:too_large", what) from None
        except UnidentifiedImageError:
            what = "it is no image of a known format, or its head is broken"
            raise _RefusedError("image:unreadable", what) from None
        except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, struct.error) as error:
            raise _RefusedError("image:unreadable", f"it cannot be decoded: {error}") from None
