"""An archive's wanted members, each written to a file of our own naming: none is executed, or grows beyond the cap."""

from __future__ import annotations

import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO, Self, cast

import zstandard

from connectors.decompress import MARKS, Flowing, decompressed
from connectors.pieces import Budget, pieces
from dq.errors import FetchError

_LONGEST_NAME = 1 << 20
_NAMES = frozenset(
    {tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE}
    | {tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK}
)
_PACKED = (b"PK\x03\x04", b"PK\x05\x06", *MARKS)


def is_archive(start: bytes) -> bool:
    """Say whether a file that begins with these bytes, 262 or more, is a zip, a tar or a compressed file."""
    return start.startswith(_PACKED) or _is_tar(start)


def _is_tar(start: bytes) -> bool:
    """Say whether it begins as a tar, also where a zip's mark is among its bytes."""
    return start[257:262] == b"ustar"


def unpack(archive: IO[bytes], name: str, globs: Sequence[str], cap: int, into: Path) -> dict[str, Path]:
    """Write the regular files that any glob matches: of a zip, tar, tar.gz/.xz/.bz2/.zst, or one file packed.

    Gives the file below `into` of each member's name, by names. Whatever the archive holds, some MB of it are in memory
    at a time.

    Raises:
        FetchError: where it is no archive, is broken, holds hostile names, is larger than `cap` bytes when
        unpacked,
            or where a glob matches nothing.

    """
    found: dict[str, Path] = {}
    try:
        for member, content in _members(archive, name, globs, cap):
            if member in found:
                raise OSError(f"it holds two members of the name {member!r}")  # noqa: TRY301 — told as all else is
            found[member] = into / f"{len(found)}"
            with found[member].open("xb") as file:
                file.writelines(content)
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


def _members(
    archive: IO[bytes], name: str, globs: Sequence[str], cap: int
) -> Iterator[tuple[str, Iterable[bytes]]]:
    archive.seek(0)
    start = archive.read(tarfile.BLOCKSIZE)
    packed = start.startswith(MARKS)
    if not packed and not _is_tar(start) and (start.startswith(b"PK") or zipfile.is_zipfile(archive)):
        yield from _of_zip(archive, globs, cap)
        return
    archive.seek(0)
    flowing = Flowing(decompressed(archive, cap) if packed else pieces(archive))
    try:
        tar = tarfile.open(fileobj=cast(IO[bytes], flowing), mode="r|", tarinfo=_Header)  # noqa: SIM115 — no file of ours
    except tarfile.ReadError:
        if not packed:
            raise
        stem = PurePosixPath(name).stem
        if _wanted(stem, globs):
            archive.seek(0)
            yield stem, decompressed(archive, cap)
        return
    yield from _of_tar(tar, globs, cap)
    flowing.drain()  # so that what is cut off behind the last member is told, too


def _of_zip(archive: IO[bytes], globs: Sequence[str], cap: int) -> Iterator[tuple[str, Iterable[bytes]]]:
    budget = Budget(cap)
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            _assert_harmless(info.filename)
        for info in opened.infolist():
            link = stat.S_ISLNK(info.external_attr >> 16)
            if link or info.is_dir() or not _wanted(info.filename, globs):
                continue
            with opened.open(info) as file:
                yield info.filename, budget.spend(pieces(file))


def _of_tar(tar: tarfile.TarFile, globs: Sequence[str], cap: int) -> Iterator[tuple[str, Iterable[bytes]]]:
    budget = Budget(cap)
    for info in tar:
        name = _readable(info.name)
        _assert_harmless(name)
        if info.isreg() and _wanted(name, globs):
            file = tar.extractfile(info) or io.BytesIO()
            before = budget.left
            yield name, budget.spend(pieces(file))  # a sparse file is larger than its tar
            if before - budget.left != info.size:
                raise tarfile.ReadError(f"{name} is cut off")
        tar.members = []  # type: ignore[attr-defined]  # it would keep all of them


class _Header(tarfile.TarInfo):
    """A member's header; one that holds a name, and would be read as a whole, is short."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Read a header."""
        header = super().frombuf(buf, encoding, errors)
        if header.type in _NAMES and header.size > _LONGEST_NAME:
            raise OSError(f"it holds a name of {header.size:,} bytes")
        return header


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
