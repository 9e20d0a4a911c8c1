"""Files piece by piece, so that none is held as a whole."""

from __future__ import annotations

from collections.abc import Iterator
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
