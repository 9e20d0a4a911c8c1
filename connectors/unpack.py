"""An archive's wanted members, each written to a file of our own naming: none is executed, or grows beyond the cap."""

from __future__ import annotations

import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO, Self, cast

import zstandard

from connectors.decompress import MARKS, Flowing, decompressed
from connectors.pieces import Budget, pieces
from dq.errors import FetchError

_LONGEST_NAME = 1 << 20
_ENCRYPTED, _UTF8 = 0x1, 0x800  # flags of a zip's member
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


def unpack(
    archive: IO[bytes],
    name: str,
    globs: Sequence[str],
    cap: int,
    into: Path,
    *,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Path]:
    """Write the regular files that any glob matches: of a zip, tar, tar.gz/.xz/.bz2/.zst, or one file packed.

    Gives the file below `into` of each member's name, by names. Whatever the archive holds, some MB of it are in memory
    at a time. Links are never followed: `tell` hears of each that a glob matches. What macOS adds beside files
    (`__MACOSX/`, `._name`) is no member.

    Raises:
        FetchError: where it is no archive, is broken, holds hostile names, is larger than `cap` bytes when
        unpacked,
            or where a glob matches nothing.

    """
    found: dict[str, Path] = {}
    try:
        for member, content in _members(archive, name, globs, cap, tell):
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
    archive: IO[bytes], name: str, globs: Sequence[str], cap: int, tell: Callable[[str], None]
) -> Iterator[tuple[str, Iterable[bytes]]]:
    archive.seek(0)
    start = archive.read(tarfile.BLOCKSIZE)
    packed = start.startswith(MARKS)
    if not packed and not _is_tar(start) and (start.startswith(b"PK") or zipfile.is_zipfile(archive)):
        yield from _of_zip(archive, name, globs, cap, tell)
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
    yield from _of_tar(tar, globs, cap, tell)
    flowing.drain()  # so that what is cut off behind the last member is told, too


def _of_zip(
    archive: IO[bytes], name: str, globs: Sequence[str], cap: int, tell: Callable[[str], None]
) -> Iterator[tuple[str, Iterable[bytes]]]:
    budget = Budget(cap)
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            _assert_harmless(info.filename)
        for info in opened.infolist():
            member = _named(info)
            _assert_harmless(member)
            if info.is_dir() or not _wanted(member, globs):
                continue
            if stat.S_ISLNK(info.external_attr >> 16):
                tell(f"{member} is a link, which is not followed")
                continue
            if info.flag_bits & _ENCRYPTED:
                raise FetchError(
                    f"{member} is encrypted",
                    where=name,
                    hint="unpack it with its password, and declare what was inside as Files",
                ).for_good()
            with opened.open(info) as file:
                yield member, budget.spend(pieces(file))


def _of_tar(
    tar: tarfile.TarFile, globs: Sequence[str], cap: int, tell: Callable[[str], None]
) -> Iterator[tuple[str, Iterable[bytes]]]:
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
        elif not info.isdir() and not info.isreg() and _wanted(name, globs):
            kind = (
                "a link, which is not followed" if info.issym() or info.islnk() else "a device, and no file"
            )
            tell(f"{name} is {kind}")
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


def _named(info: zipfile.ZipInfo) -> str:
    """Give a zip's member name as text, its folders parted by `/`.

    Where the zip does not say that it is UTF-8, Python reads the code page of the first PC, whose frames and lines of
    letters mean that it was another one: UTF-8 all the same, or GB18030.
    """
    name = info.filename.replace("\\", "/")
    if info.flag_bits & _UTF8 or name.isascii():
        return name
    raw = info.orig_filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            other = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or not all(sign.isascii() or sign.isalpha() for sign in name):
            return other.replace("\\", "/")
    return name


def _wanted(member: str, globs: Sequence[str]) -> bool:
    path = PurePosixPath(member)
    if "__MACOSX" in path.parts or path.name.startswith("._"):
        return False
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
