"""A file that is compressed as one: gzip, xz, bzip2 or Zstandard around what another reader reads."""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import zstandard

from connectors.decompress import MARKS, decompressed
from connectors.reader import Reader, parts_of, together
from dq.errors import DecodeError
from dq.scratch import Scratch
from dq.source import Decoded


@dataclass(frozen=True)
class Packed:
    """How one compressed file is read: unpacked, of at most `max_unpacked` bytes, then by `reader`.

    A file that is not compressed is read as it is. Line numbers and byte offsets are those of what is inside. A file
    that is cut off, as one that is still being written, cannot be read at all: none of its rows come.
    """

    reader: Reader
    max_unpacked: int = 16 << 30

    def read(self, body: bytes, where: str) -> Decoded:
        r"""Read all records.

        Raises:
            DecodeError: where it is cut off or broken, grows too large, or as `reader`.

        >>> import gzip
        >>> from connectors.delimited import Delimited
        >>> Packed(Delimited()).read(gzip.compress(b"a,b\n1,2\n"), "x.csv.gz").rows.rows()
        [('1', '2', 2)]

        """
        with Scratch("packed") as folder:
            path = folder / "packed"
            path.write_bytes(body)
            return together(list(self.read_parts(path, where)))

    def read_parts(self, path: Path, where: str) -> Iterator[Decoded]:
        """Read all records in parts, as `reader` can; what is unpacked lies on disk meanwhile.

        Raises:
            DecodeError: as `read`.

        """
        with path.open("rb") as file:
            packed = file.read(max(map(len, MARKS))).startswith(MARKS)
            if not packed:
                yield from parts_of(self.reader, path, where)
                return
            file.seek(0)
            with Scratch("packed") as folder:
                inner = folder / "unpacked"
                try:
                    with inner.open("wb") as out:
                        out.writelines(decompressed(file, self.max_unpacked))
                except (zlib.error, zstandard.ZstdError, lzma.LZMAError, OSError, EOFError) as error:
                    raise DecodeError(
                        f"the file cannot be unpacked: {error}",
                        where=where,
                        hint="was it still being written? fetch it again",
                    ) from None
                yield from parts_of(self.reader, inner, where)
