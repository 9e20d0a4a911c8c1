"""One layer of gzip, xz, bzip2 or Zstandard undone piece by piece, whatever comes of it; what is cut off is told."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable, Iterator
from typing import IO, Any

import zstandard

from connectors.pieces import Budget, pieces

_ZSTD = b"\x28\xb5\x2f\xfd"
_ZSTD_STEP = 1 << 10
_ZSTD_WINDOW = 1 << 27
_OPENERS: dict[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
    b"BZh": bz2.BZ2File,
}
MARKS = (*_OPENERS, _ZSTD)
"""How compressed files begin."""


def decompressed(file: IO[bytes], cap: int) -> Iterator[bytes]:
    """Give what a compressed file holds, of at most `cap` bytes.

    Raises:
        OSError: where it grows beyond the cap, or is broken.
        EOFError: where it is cut off.

    """
    start = file.read(6)
    file.seek(0)
    if start.startswith(_ZSTD):
        return Budget(cap).spend(_of_zstd(file))
    opener = next(opener for mark, opener in _OPENERS.items() if start.startswith(mark))
    return Budget(cap).spend(pieces(opener(file)))


def _of_zstd(file: IO[bytes]) -> Iterator[bytes]:
    """Undo Zstandard in small steps, since a step of 1 kB may give 40 MB."""
    unpacker = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    frame = unpacker.decompressobj()
    for rest in pieces(file, _ZSTD_STEP):
        while rest:
            if frame.eof:  # a file may be several frames, one after the other
                frame = unpacker.decompressobj()
            yield frame.decompress(rest)
            rest = frame.unused_data if frame.eof else b""  # noqa: PLW2901 — what the frame left over
    if not frame.eof:
        raise EOFError("it is cut off")


class Flowing:
    """Pieces as a file that can be read once, from its beginning to its end."""

    def __init__(self, found: Iterator[bytes]) -> None:
        self._pieces, self._rest = found, memoryview(b"")

    def read(self, size: int) -> bytes:
        """Give `size` bytes, or what is left."""
        parts: list[bytes] = []
        while size:
            if not self._rest:
                piece = next(self._pieces, None)
                if piece is None:
                    break
                self._rest = memoryview(piece)
            parts.append(bytes(self._rest[:size]))
            self._rest = self._rest[len(parts[-1]) :]
            size -= len(parts[-1])
        return b"".join(parts)

    def drain(self) -> None:
        """Read to the end, where checksums stand, and let it go."""
        while self.read(1 << 20):
            pass
