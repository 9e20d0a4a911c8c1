"""Files piece by piece, so that none is held as a whole; and no more pieces than was agreed to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO

PIECE = 1 << 20


def pieces(file: IO[bytes], size: int = PIECE) -> Iterator[bytes]:
    r"""Give what is left of an open file, at most `size` bytes at a time.

    >>> import io
    >>> list(pieces(io.BytesIO(b"abcde"), 2))
    [b'ab', b'cd', b'e']
    """
    while piece := file.read(size):
        yield piece


class Budget:
    """The bytes that some files together may have."""

    def __init__(self, cap: int) -> None:
        self.cap = self.left = cap

    def spend(self, found: Iterable[bytes]) -> Iterator[bytes]:
        """Pass pieces on until they are too many.

        Raises:
            OSError: where they are.

        """
        for piece in found:
            self.left -= len(piece)
            if self.left < 0:
                raise OSError(f"it grows beyond {self.cap:,} bytes when unpacked")
            yield piece
