import bz2
import gzip
import io
import lzma
import random
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.unpack import unpack
from dq.errors import FetchError

FILES = {"d/a.txt": b"alpha", "d/b.txt": b"beta", "d/sub/c.csv": b"c,1\n", "readme": b"hello"}
CAP = 1_000_000


def members(
    body: bytes, name: str, globs: list[str], cap: int, tell: Callable[[str], None] = lambda _: None
) -> dict[str, bytes]:
    with TemporaryDirectory() as folder:
        found = unpack(io.BytesIO(body), name, globs, cap, Path(folder), tell=tell)
        return {member: path.read_bytes() for member, path in found.items()}


def tarred(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


PACKERS: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "zip": zipped,
    "tar": tarred,
    "tar.gz": lambda files: gzip.compress(tarred(files)),
    "tar.xz": lambda files: lzma.compress(tarred(files)),
    "tar.bz2": lambda files: bz2.compress(tarred(files)),
    "tar.zst": lambda files: zstandard.compress(tarred(files)),
}


@pytest.mark.parametrize("kind", PACKERS)
def test_wanted_members_come_out_and_no_others(kind: str) -> None:
    """In every format: the members that any glob matches, by name, with their bytes."""
    body = PACKERS[kind](FILES)
    assert members(body, f"x.{kind}", ["*.txt"], CAP) == {"d/a.txt": b"alpha", "d/b.txt": b"beta"}
    assert set(members(body, f"x.{kind}", ["*a.txt", "*.csv"], CAP)) == {"d/a.txt", "d/sub/c.csv"}


@settings(max_examples=30)
@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=4), st.binary(max_size=99), min_size=1, max_size=4),
    st.sampled_from(sorted(PACKERS)),
)
def test_bytes_come_out_as_they_went_in(files: dict[str, bytes], kind: str) -> None:
    """For any files and any format."""
    assert members(PACKERS[kind](files), "x", ["*"], CAP) == files


COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "xz": lzma.compress,
    "bz2": bz2.compress,
    "zst": zstandard.compress,
}


@pytest.mark.parametrize("kind", COMPRESSORS)
def test_a_packed_file_is_that_file(kind: str) -> None:
    """Its name is the archive's without the suffix; several streams one after the other are one file."""
    pack = COMPRESSORS[kind]
    body = pack(b"a,b\n") + pack(b"1,2\n")
    found = members(body, f"http://h/data.csv.{kind}", ["*.csv"], CAP)
    assert found == {"data.csv": b"a,b\n1,2\n"}


@pytest.mark.parametrize("kind", COMPRESSORS)
@pytest.mark.parametrize("kept", [0.5, 0.99])
def test_a_packed_file_that_is_cut_is_told(kind: str, kept: float) -> None:
    """What came before the cut is never taken for the file."""
    body = COMPRESSORS[kind](bytes(i * 7919 % 251 for i in range(50_000)))
    with pytest.raises(FetchError, match="cannot be read"):
        members(body[: int(len(body) * kept)], f"x.csv.{kind}", ["*"], CAP)


@pytest.mark.parametrize("kind", COMPRESSORS)
def test_a_packed_bomb_is_refused_at_the_cap(kind: str) -> None:
    """Without an archive around it too."""
    with pytest.raises(FetchError, match="grows beyond 1,000,000 bytes"):
        members(COMPRESSORS[kind](bytes(20_000_000)), f"x.csv.{kind}", ["*"], CAP)


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize(
    "name", ["../evil.txt", "/etc/evil.txt", "a/../../evil.txt", "..\\evil.txt", "C:/evil.txt"]
)
def test_names_that_leave_the_folder_refuse_the_archive(kind: str, name: str) -> None:
    """Zip-slip: who packs such a name is not to be trusted with the other members either."""
    with pytest.raises(FetchError, match="hostile name"):
        members(PACKERS[kind]({"good.txt": b"x", name: b"y"}), "x", ["good*"], CAP)


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.xz", "tar.bz2", "tar.zst"])
def test_a_bomb_is_refused_at_the_cap(kind: str) -> None:
    """20 MB of zeros in some kB stop where the cap is."""
    body = PACKERS[kind]({"zeros.txt": bytes(20_000_000)})
    assert len(body) < 100_000
    with pytest.raises(FetchError, match="grows beyond 1,000,000 bytes"):
        members(body, "x", ["*"], CAP)


def test_many_members_share_the_cap() -> None:
    """The cap is for all members together."""
    body = zipped({f"{n}.txt": bytes(300_000) for n in range(4)})
    with pytest.raises(FetchError, match="grows beyond"):
        members(body, "x", ["*"], CAP)


def test_links_are_not_followed() -> None:
    """A link in a tar is no regular file, whatever it points at."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("link.txt")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(FetchError, match="no member matches"):
        members(out.getvalue(), "x", ["*.txt"], CAP)


def test_links_in_a_zip_are_not_followed() -> None:
    """A link is not taken for a file that holds a path."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("link.txt")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(FetchError, match="no member matches"):
        members(out.getvalue(), "x", ["*.txt"], CAP)


def test_a_sparse_file_in_a_tar_is_held_to_the_cap() -> None:
    """A tar of some bytes may say that a file is of terabytes, all zeros."""
    info = tarfile.TarInfo("huge.bin")
    info.type = tarfile.GNUTYPE_SPARSE
    head = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    head[386:398] = head[398:410] = b"00000000000\0"
    head[482] = 0
    head[483:495] = b"%011o\0" % (7 << 30)
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    with pytest.raises(FetchError, match="grows beyond 1,000,000 bytes"):
        members(bytes(head) + bytes(1024), "x", ["*"], CAP)


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_a_cut_archive_is_told(kind: str, kept: float) -> None:
    """Half an archive is never taken for all of it."""
    content = bytes(i * 7919 % 251 for i in range(50_000))
    body = PACKERS[kind]({"a.txt": content, "b.txt": content[::-1]})
    with pytest.raises(FetchError, match=r"cannot be read|no member matches"):
        members(body[: int(len(body) * kept)], "x", ["a.txt", "b.txt"], CAP)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\x1f\x8bgarbage", b"PK\x03\x04garbage"])
def test_what_is_no_archive_is_told(body: bytes) -> None:
    """A login page under an archive's address is named as such."""
    with pytest.raises(FetchError, match="the archive cannot be read"):
        members(body, "x", ["*"], CAP)


def test_a_glob_that_matches_nothing_is_told() -> None:
    """Each glob must find something: a renamed member is not passed over."""
    with pytest.raises(FetchError, match=r"no member matches \*\.parquet"):
        members(zipped(FILES), "x", ["*.txt", "*.parquet"], CAP)


@pytest.mark.parametrize("kind", ["zip", "tar"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_told(kind: str) -> None:
    """Taking the last of them would lose the first in silence."""
    out = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("a.txt", b"1")
            archive.writestr("a.txt", b"2")
        body = out.getvalue()
    else:
        one, two = tarred({"a.txt": b"1"}), tarred({"a.txt": b"2"})
        body = one[:1024] + two
    with pytest.raises(FetchError, match=r"two members of the name 'a\.txt'"):
        members(body, "x", ["*"], CAP)


def test_chinese_names_in_a_tar_are_read() -> None:
    """Archives made on Chinese machines name their members in GBK."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", encoding="gbk", format=tarfile.GNU_FORMAT) as archive:
        info = tarfile.TarInfo("评论.csv")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"x"))
    assert members(out.getvalue(), "x", ["*.csv"], CAP) == {"评论.csv": b"x"}


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "tar.zst"])
def test_a_large_archive_is_never_held_as_a_whole(kind: str, tmp_path: Path) -> None:
    """Of a member of 16 MB, at most some MB are in memory at any time, decompressors included."""
    noise = random.Random(1).randbytes(100_000)
    path = tmp_path / "archive"
    path.write_bytes(PACKERS[kind]({"a.txt": noise * 160, "b.txt": noise[::-1]}))
    into = tmp_path / "into"
    into.mkdir()
    tracemalloc.start()
    try:
        with path.open("rb") as file:
            found = unpack(file, "x", ["*"], 1 << 30, into)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6e6
    assert found["a.txt"].read_bytes() == noise * 160


def test_no_member_s_name_is_a_file_s_name(tmp_path: Path) -> None:
    """What is written is named by us: a name of the archive's never reaches the file system."""
    body = zipped({"a/b/c.txt": b"1", "CON": b"2", "x" * 300: b"3"})
    found = unpack(io.BytesIO(body), "x", ["*"], CAP, tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["0", "1", "2"]
    assert [path.read_bytes() for path in found.values()] == [b"2", b"1", b"3"]


def test_a_name_of_many_megabytes_is_refused() -> None:
    """A tar may hold names of any length, which a reader takes into memory before it can look at them."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("x" * 3_000_000))
    with pytest.raises(FetchError, match="a name of 3,000,001 bytes"):
        members(gzip.compress(out.getvalue()), "x", ["*"], 1 << 30)


@pytest.mark.parametrize("kind", ["tar.gz", "tar.xz", "tar.bz2", "tar.zst"])
def test_a_cut_behind_the_last_member_is_told(kind: str) -> None:
    """The compressed file's own end and checksum are looked at, too."""
    with pytest.raises(FetchError, match="cannot be read"):
        members(PACKERS[kind](FILES)[:-3], "x", ["readme"], CAP)


def test_a_tar_that_holds_a_zip_is_a_tar() -> None:
    """A zip is known by its end, which may stand in any member's bytes."""
    files = {"a.zip": zipped({"x": b"1"}), "b.txt": b"PK\5\6"}
    assert members(tarred(files), "x", ["*"], CAP) == files


def test_what_is_wanted_but_no_file_is_told() -> None:
    """Links and devices beside a file: each by name, and the file comes."""
    out = io.BytesIO()
    kinds = {
        "soft.txt": tarfile.SYMTYPE,
        "hard.txt": tarfile.LNKTYPE,
        "pipe.txt": tarfile.FIFOTYPE,
        "x": tarfile.CHRTYPE,
    }
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind in kinds.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "a.txt"
            archive.addfile(info)
        info = tarfile.TarInfo("a.txt")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"a"))
    told: list[str] = []
    assert members(out.getvalue(), "x", ["*.txt"], CAP, told.append) == {"a.txt": b"a"}
    assert told == [
        "soft.txt is a link, which is not followed",
        "hard.txt is a link, which is not followed",
        "pipe.txt is a device, and no file",
    ]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("数据/一.csv".encode("gbk"), "数据/一.csv"),
        ("数据/一.csv".encode(), "数据/一.csv"),
        ("Übersicht é.csv".encode("cp437"), "Übersicht é.csv"),
        (b"data\\one.csv", "data/one.csv"),
    ],
    ids=["GBK", "UTF-8 unsaid", "the first PC's", "Windows folders"],
)
def test_names_in_a_zip_are_read_whatever_wrote_them(written: bytes, read: str) -> None:
    """The zip says of none that it is UTF-8, as those of many Chinese, Mac and Windows programs."""
    place = "x" * len(written)
    body = zipped({place: b"a\n"}).replace(place.encode(), written)
    assert members(body, "x", ["*.csv"], CAP) == {read: b"a\n"}


def test_hostile_names_are_seen_behind_an_encoding() -> None:
    """Folders parted as Windows does it, in a name of GBK."""
    place = "x" * 13
    body = zipped({place: b"a"}).replace(place.encode(), "..\\..\\数据x".encode("gbk").ljust(13, b"y"))
    with pytest.raises(FetchError, match="hostile name"):
        members(body, "x", ["*"], CAP)


def test_what_macos_adds_is_no_member() -> None:
    """Its finder's notes beside each file would match any glob of the file's."""
    body = zipped({"a.csv": b"a", "__MACOSX/._a.csv": b"\0\5\x16\7", "d/._b.csv": b"\0\5\x16\7"})
    assert members(body, "x", ["*.csv"], CAP) == {"a.csv": b"a"}


def test_a_zip_with_a_password_is_told() -> None:
    """For good: no second fetch would help. A member that is not wanted may be encrypted."""
    body = bytearray(zipped({"open.txt": b"a", "shut.csv": b"b"}))
    for mark, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        body[body.rindex(mark) + flags] |= 1
    assert members(bytes(body), "x", ["*.txt"], CAP) == {"open.txt": b"a"}
    with pytest.raises(FetchError, match=r"shut\.csv is encrypted") as caught:
        members(bytes(body), "x", ["*.csv"], CAP)
    assert not caught.value.retry


def test_an_archive_in_an_archive_is_one_member_for_its_own_reader() -> None:
    """As ImageNet is published: a tar of one tar a class."""
    inner = tarred({"n01440764_10026.txt": b"a"})
    assert members(tarred({"n01440764.tar": inner}), "x", ["*.tar"], CAP) == {"n01440764.tar": inner}
