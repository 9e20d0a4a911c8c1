"""A response's body, read in bounded memory: no server can make us hold more than we agreed to."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable, AsyncIterator, Iterator


class BodyError(Exception):
    """A body that is too large, or is not in the encoding that its header names."""


class TooLargeError(BodyError):
    """A body that grows over a cap."""


_STEP = 1 << 20


async def read_bounded(
    chunks: AsyncIterable[bytes],
    encoding: str,
    *,
    wire_cap: int,
    decoded_cap: int,
    enough: int | None = None,
) -> bytes:
    """Read and decompress (gzip, deflate or nothing) up to the caps, in bytes; no more than `enough`, about.

    Raises:
        BodyError: as `bounded`.

    """
    pieces, got = [], 0
    async for piece in bounded(chunks, encoding, wire_cap=wire_cap, decoded_cap=decoded_cap):
        pieces.append(piece)
        got += len(piece)
        if enough is not None and got >= enough:
            break
    return b"".join(pieces)


async def bounded(
    chunks: AsyncIterable[bytes], encoding: str, *, wire_cap: int, decoded_cap: int, before: int = 0
) -> AsyncIterator[bytes]:
    """Give what was sent decompressed (gzip, deflate or nothing), up to the caps; `before` bytes came before these.

    Raises:
        BodyError: over a cap, for an encoding that was not asked for, or where the compressed data is broken
        or cut.

    """
    kind = encoding.strip().lower() or "identity"
    if kind not in {"identity", "gzip", "x-gzip", "deflate"}:
        raise BodyError(f"the content-encoding {encoding!r} was not asked for")
    inflate = None if kind == "identity" else _Inflate(decoded_cap, gzip=kind != "deflate")
    wire = before
    async for chunk in chunks:
        wire += len(chunk)
        if wire > wire_cap:
            raise TooLargeError(f"more than {wire_cap:,} bytes were sent")
        if inflate is None:
            if wire > decoded_cap:
                raise TooLargeError(f"more than {decoded_cap:,} bytes were sent")
            yield chunk
        else:
            for piece in inflate.feed(chunk):
                yield piece
    if inflate is not None and wire:
        inflate.finish()


def inflated(body: bytes, *, cap: int) -> bytes:
    """Decompress a gzip file of at most `cap` bytes.

    Raises:
        BodyError: where it grows beyond that, is broken or cut.

    """
    inflate = _Inflate(cap, gzip=True)
    parts = list(inflate.feed(body))
    inflate.finish()
    return b"".join(parts)


class _Inflate:
    """Decompresses piece by piece and stops at the cap, whatever the ratio."""

    def __init__(self, cap: int, *, gzip: bool) -> None:
        self._cap, self._gzip = cap, gzip
        self._got = 0
        self._stream = zlib.decompressobj(wbits=31 if gzip else 15)
        self._started = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        part = b""
        while data or (len(part) == _STEP and not self._stream.eof):
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
                raise TooLargeError(f"the body grows beyond {self._cap:,} bytes when decompressed")
            yield part
            data = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail

    def finish(self) -> None:
        if not self._stream.eof:
            raise BodyError("the compressed body is cut off")

    def _inflate(self, data: bytes) -> bytes:
        room = min(self._cap - self._got + 1, _STEP)
        if self._gzip or self._started:
            return self._stream.decompress(data, room)
        self._started = True
        try:
            return self._stream.decompress(data, room)
        except zlib.error:  # "deflate" is zlib by the book, but some servers send it bare
            self._stream = zlib.decompressobj(wbits=-15)
            return self._stream.decompress(data, room)
