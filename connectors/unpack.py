"""An archive's wanted members, in memory: nothing is written or executed, or grows beyond the cap."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import IO, Any

import zstandard

from dq.errors import FetchError

_READ = 1 << 20
_ZSTD = b"\x28\xb5\x2f\xfd"
_ZSTD_STEP = 1 << 10
_ZSTD_WINDOW = 1 << 27
_PACKED = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"\xfd7zXZ\x00", b"BZh", _ZSTD)


def is_archive(body: bytes) -> bool:
    """Say whether these bytes begin as a zip, a tar or a compressed file."""
    return body.startswith(_PACKED) or body[257:262] == b"ustar"


def members(body: bytes, name: str, globs: Sequence[str], cap: int) -> dict[str, bytes]:
    """Give the regular files that any glob matches, by name: of a zip, tar, tar.gz/.xz/.bz2/.zst, or one file packed.

    Raises:
        FetchError: where it is no archive, is broken, holds hostile names, is larger than `cap` bytes when
        unpacked,
            or where a glob matches nothing.

    """
    try:
        if zipfile.is_zipfile(io.BytesIO(body)):
            found = _named_once(_of_zip(body, globs, cap))
        else:
            plain = _decompressed(body, cap)
            try:
                found = _named_once(_of_tar(plain, globs, cap))
            except tarfile.ReadError:
                if plain is body:
                    raise
                stem = PurePosixPath(name).stem
                found = {stem: plain} if _wanted(stem, globs) else {}
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        zstandard.ZstdError,
        lzma.LZMAError,
        OSError,
        EOFError,
        RuntimeError,
    ) as error:
        raise FetchError(f"the archive cannot be read: {error}", where=name, hint="fetch it again") from error
    for glob in globs:
        if not any(fnmatchcase(member, glob) for member in found):
            raise FetchError(
                f"no member matches {glob}", where=name, hint="correct `members` in the declaration"
            )
    return dict(sorted(found.items()))


def _named_once(found: Iterator[tuple[str, bytes]]) -> dict[str, bytes]:
    named: dict[str, bytes] = {}
    for name, content in found:
        if name in named:
            raise OSError(f"it holds two members of the name {name!r}")
        named[name] = content
    return named


def _of_zip(body: bytes, globs: Sequence[str], cap: int) -> Iterator[tuple[str, bytes]]:
    left = cap
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        for info in archive.infolist():
            _assert_harmless(info.filename)
            link = stat.S_ISLNK(info.external_attr >> 16)
            if link or info.is_dir() or not _wanted(info.filename, globs):
                continue
            with archive.open(info) as file:
                content = _bounded(file, left)
            left -= len(content)
            yield info.filename, content


def _of_tar(plain: bytes, globs: Sequence[str], cap: int) -> Iterator[tuple[str, bytes]]:
    left = cap
    with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as archive:
        for info in archive:
            name = _readable(info.name)
            _assert_harmless(name)
            if info.isreg() and _wanted(name, globs):
                file = archive.extractfile(info)
                content = (
                    _bounded(file, left) if file is not None else b""
                )  # a sparse file is larger than its tar
                left -= len(content)
                if len(content) != info.size:
                    raise tarfile.ReadError(f"{name} is cut off")
                yield name, content


def _decompressed(body: bytes, cap: int) -> bytes:
    """Undo one layer of gzip, xz, bzip2 or Zstandard."""
    if body.startswith(_ZSTD):
        return _of_zstd(body, cap)
    openers: dict[bytes, Callable[[IO[bytes]], Any]] = {
        b"\x1f\x8b": gzip.open,
        b"\xfd7zXZ\x00": lzma.LZMAFile,
        b"BZh": bz2.BZ2File,
    }
    for magic, opener in openers.items():
        if body.startswith(magic):
            with opener(io.BytesIO(body)) as file:
                return _bounded(file, cap)
    return body


def _of_zstd(body: bytes, cap: int) -> bytes:
    """Undo Zstandard in small steps, since a step of 1 kB may give 40 MB; what is cut off is told."""
    unpacker = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    parts: list[bytes] = []
    left, frame, rest = cap, unpacker.decompressobj(), b""
    for start in range(0, len(body), _ZSTD_STEP):
        rest = body[start : start + _ZSTD_STEP]
        while rest:
            if frame.eof:  # a file may be several frames, one after the other
                frame = unpacker.decompressobj()
            part = frame.decompress(rest)
            left -= len(part)
            if left < 0:
                raise OSError(f"it grows beyond {cap:,} bytes when unpacked")
            parts.append(part)
            rest = frame.unused_data if frame.eof else b""
    if not frame.eof:
        raise EOFError("it is cut off")
    return b"".join(parts)


def _bounded(file: IO[bytes], cap: int) -> bytes:
    parts: list[bytes] = []
    left = cap
    while part := file.read(min(_READ, left + 1)):
        left -= len(part)
        if left < 0:
            raise OSError(f"it grows beyond {cap:,} bytes when unpacked")
        parts.append(part)
    return b"".join(parts)


def _readable(name: str) -> str:
    """Give a tar's member name as text: UTF-8, or else GB18030 as Chinese machines write it."""
    if name.isprintable():
        return name
    return name.encode("utf-8", "surrogateescape").decode("gb18030", "backslashreplace")


def _wanted(member: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(member, glob) for glob in globs)


def _assert_harmless(member: str) -> None:
    """Refuse the whole archive for a name that would leave its folder: who packs one is not to be trusted."""
    path = PurePosixPath(member.replace("\\", "/"))
    if (
        path.is_absolute()
        or ".." in path.parts
        or "\0" in member
        or (path.parts and path.parts[0].endswith(":"))
    ):
        raise OSError(f"it holds a member with a hostile name: {member!r}")
