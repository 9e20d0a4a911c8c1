"""A response's body, read in bounded memory: no server can make us hold more than we agreed to."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable


class BodyError(Exception):
    """A body that is too large, or is not in the encoding that its header names."""


async def read_bounded(
    chunks: AsyncIterable[bytes], encoding: str, *, wire_cap: int, decoded_cap: int
) -> bytes:
    """Read and decompress (gzip, deflate or nothing) up to the caps, in bytes.

    Raises:
        BodyError: over a cap, for an encoding that was not asked for, or where the compressed data is broken
        or cut.

    """
    kind = encoding.strip().lower() or "identity"
    if kind not in {"identity", "gzip", "x-gzip", "deflate"}:
        raise BodyError(f"the content-encoding {encoding!r} was not asked for")
    inflate = None if kind == "identity" else _Inflate(decoded_cap, gzip=kind != "deflate")
    wire = 0
    parts: list[bytes] = []
    async for chunk in chunks:
        wire += len(chunk)
        if wire > wire_cap:
            raise BodyError(f"more than {wire_cap:,} bytes were sent")
        if inflate is None:
            parts.append(chunk)
            if wire > decoded_cap:
                raise BodyError(f"more than {decoded_cap:,} bytes were sent")
        else:
            parts.extend(inflate.feed(chunk))
    if inflate is not None and wire:
        inflate.finish()
    return b"".join(parts)


def inflated(body: bytes, *, cap: int) -> bytes:
    """Decompress a gzip file of at most `cap` bytes.

    Raises:
        BodyError: where it grows beyond that, is broken or cut.

    """
    inflate = _Inflate(cap, gzip=True)
    parts = inflate.feed(body)
    inflate.finish()
    return b"".join(parts)


class _Inflate:
    """Decompresses piece by piece and stops at the cap, whatever the ratio."""

    def __init__(self, cap: int, *, gzip: bool) -> None:
        self._cap, self._gzip = cap, gzip
        self._got = 0
        self._stream = zlib.decompressobj(wbits=31 if gzip else 15)
        self._started = False

    def feed(self, data: bytes) -> list[bytes]:
        parts: list[bytes] = []
        while data:
            if self._stream.eof:  # a gzip body may be several streams, one after the other
                if not self._gzip:
                    break
                self._stream = zlib.decompressobj(wbits=31)
            try:
                part = self._inflate(data)
            except zlib.error as error:
                raise BodyError(f"the compressed body is broken: {error}") from None
            self._got += len(part)
            if self._got > self._cap:
                raise BodyError(f"the body grows beyond {self._cap:,} bytes when decompressed")
            parts.append(part)
            data = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
        return parts

    def finish(self) -> None:
        if not self._stream.eof:
            raise BodyError("the compressed body is cut off")

    def _inflate(self, data: bytes) -> bytes:
        room = self._cap - self._got + 1
        if self._gzip or self._started:
            return self._stream.decompress(data, room)
        self._started = True
        try:
            return self._stream.decompress(data, room)
        except zlib.error:  # "deflate" is zlib by the book, but some servers send it bare
            self._stream = zlib.decompressobj(wbits=-15)
            return self._stream.decompress(data, room)
