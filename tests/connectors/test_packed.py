"""Compressed files in a folder: what is inside is read, and one that is half-written gives nothing."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from connectors.delimited import Delimited
from connectors.files import Files
from connectors.json_file import JsonFile
from connectors.packed import Packed
from connectors.reader import together
from dq.errors import DecodeError
from dq.landing import LandingStore
from dq.raw import decode_to
from dq.source import Surroundings

CSV = b"id,word\n" + b"".join(b"%d,word%d\n" % (n, n) for n in range(3000)) + b"bad\n"
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "xz": lzma.compress,
    "bz2": bz2.compress,
    "zst": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("kind", PACKED)
def test_what_is_inside_is_read_with_its_own_lines(kind: str, tmp_path: Path) -> None:
    """Rows, rejects and byte offsets are those of the unpacked file, and a file that is not packed is read as it is."""
    reader = Packed(Delimited())
    path = tmp_path / f"a.csv.{kind}"
    path.write_bytes(PACKED[kind](CSV))
    plain = Delimited().read(CSV, "f")
    for found in (together(list(reader.read_parts(path, "f"))), reader.read(CSV, "f")):
        assert found.rows.equals(plain.rows)
        assert found.rejects["byte_offset"].to_list() == [CSV.index(b"bad")]


@pytest.mark.parametrize("kind", PACKED)
def test_a_half_written_file_gives_none_of_its_rows(
    kind: str, tmp_path: Path, around: Callable[..., Surroundings], store: LandingStore
) -> None:
    """It is one reject with the reason; the whole file beside it arrives; finished, it is read again."""
    folder = tmp_path / "files"
    (folder / f"a.csv.{kind}").write_bytes(PACKED[kind](CSV))
    (folder / f"b.csv.{kind}").write_bytes(PACKED[kind](CSV)[:-20])
    source = Files("demo__packed", f"*.csv.{kind}", Packed(Delimited()))
    table = decode_to(source, source.fetch({}, around(source)).current, store, folder=tmp_path / "scratch")
    assert (table.accepted, table.records) == (3000, 3002)
    reasons = table.rejects.lazy().collect()["_reasons"].to_list()
    assert [reason[0]["rule"] for reason in reasons] == ["csv:field_count", "decode"]
    assert "cannot be unpacked" in reasons[1][0]["value"]
    (folder / f"b.csv.{kind}").write_bytes(PACKED[kind](CSV))
    whole = decode_to(source, source.fetch({}, around(source)).current, store, folder=tmp_path / "again")
    assert whole.accepted == 6000


def test_a_bomb_is_refused_at_the_cap() -> None:
    """A kilobyte that becomes a gigabyte."""
    with pytest.raises(DecodeError, match="grows beyond 1,000 bytes"):
        Packed(JsonFile(lines=True), max_unpacked=1000).read(gzip.compress(bytes(1 << 20)), "f")


def test_several_streams_one_after_the_other_are_one_file() -> None:
    """As log rotation and parallel packers write them."""
    body = gzip.compress(b"a\n1\n") + gzip.compress(b"2\n")
    assert Packed(Delimited()).read(body, "f").rows["a"].to_list() == ["1", "2"]
