"""An archive's wanted members, in memory: nothing is written or executed, or grows beyond the cap."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import IO, Any

from dq.errors import FetchError

_READ = 1 << 20


def members(body: bytes, name: str, globs: Sequence[str], cap: int) -> dict[str, bytes]:
    """Give the regular files that any glob matches, by name: of a zip, tar, tar.gz/.xz/.bz2 or gz.

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
                found = _named_once(_of_tar(plain, globs))
            except tarfile.ReadError:
                if plain is body:
                    raise
                stem = PurePosixPath(name).stem
                found = {stem: plain} if _wanted(stem, globs) else {}
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
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
            if info.is_dir() or not _wanted(info.filename, globs):
                continue
            with archive.open(info) as file:
                content = _bounded(file, left)
            left -= len(content)
            yield info.filename, content


def _of_tar(plain: bytes, globs: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as archive:
        for info in archive:
            name = _readable(info.name)
            _assert_harmless(name)
            if info.isreg() and _wanted(name, globs):
                file = archive.extractfile(info)
                content = file.read() if file is not None else b""
                if len(content) != info.size:
                    raise tarfile.ReadError(f"{name} is cut off")
                yield name, content


def _decompressed(body: bytes, cap: int) -> bytes:
    """Undo one layer of gzip, xz or bzip2."""
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
