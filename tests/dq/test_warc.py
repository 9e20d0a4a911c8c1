from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from dq import warc
from dq.errors import IntegrityError
from dq.warc import Segments, read_record

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def append(segments: Segments, body: bytes, **headers: str) -> tuple[str, int]:
    return segments.append(body, url="http://h/p", status=200, headers=headers, at=NOW)


def records(path: Path) -> list[tuple[str, str | None, bytes]]:
    with path.open("rb") as file:
        return [
            (
                record.rec_type,
                record.rec_headers.get_header("WARC-Target-URI"),
                record.content_stream().read(),
            )
            for record in ArchiveIterator(file)
        ]


def test_other_tools_read_a_segment(tmp_path: Path) -> None:
    """warcio reads every record with address, status and headers, and its checker finds the digests right."""
    segments = Segments(tmp_path, "demo__x", "CC0")
    bodies = [b"one", b"", "三".encode() * 9_999]
    headers = {
        "content-type": "text/html",
        "content-encoding": "gzip",
        "content-length": "7",
        "x-note": "ünïcode",
    }
    places = [segments.append(b, url="http://h/p", status=203, headers=headers, at=NOW) for b in bodies]
    [path] = {tmp_path / place for place, _ in places}
    assert records(path)[1:] == [("response", "http://h/p", body) for body in bodies]
    with path.open("rb") as file:
        kinds = list(ArchiveIterator(file))
        assert kinds[0].rec_type == "warcinfo"
    with path.open("rb") as file:
        response = list(ArchiveIterator(file))[1]
        assert response.http_headers.get_statuscode() == "203"
        assert response.http_headers.get_header("X-Archive-Orig-content-encoding") == "gzip"
        assert response.rec_headers.get_header("WARC-Date") == "2026-11-23T12:00:00.000000Z"
    checker = Checker(type("Options", (), {"inputs": [str(path)], "verbose": False})())
    checker.process_all()
    assert checker.exit_value == 0


def test_a_torn_tail_harms_no_earlier_record_and_no_later_run(tmp_path: Path) -> None:
    """After a kill in the middle of a write, what stood before is read, and the next run writes elsewhere."""
    first = Segments(tmp_path, "demo__x", "CC0")
    places = [append(first, b"x" * size) for size in (10, 1000, 500)]
    path = tmp_path / places[0][0]
    for size in range(path.stat().st_size, places[2][1], -7):
        with path.open("r+b") as file:
            file.truncate(size - 1)
        assert [read_record(path, offset) for _, offset in places[:2]] == [b"x" * 10, b"x" * 1000]
        with pytest.raises(IntegrityError, match=r"torn off|no WARC record"):
            read_record(path, places[2][1])
    again = append(Segments(tmp_path, "demo__x", "CC0"), b"later")
    assert again[0] != places[0][0]
    assert read_record(tmp_path / again[0], again[1]) == b"later"


def test_a_full_disk_leaves_no_half_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails is taken back, so that the next record stands at a clean place."""
    segments = Segments(tmp_path, "demo__x", "CC0")
    place, offset = append(segments, b"before")
    path = tmp_path / place
    whole = path.stat().st_size

    class Full:
        """A file on a disk that has room for ten more bytes."""

        def __init__(self, file: object) -> None:
            self.file = file

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def write(self, data: bytes) -> None:
            self.file.write(data[:10])
            self.file.flush()
            raise OSError(28, "No space left on device")

    real = Path.open
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda self, *mode: Full(real(self, *mode)))
        with pytest.raises(OSError, match="No space"):
            append(segments, b"lost")
    assert path.stat().st_size == whole
    after = append(segments, b"after")
    assert [read_record(path, offset), read_record(tmp_path / after[0], after[1])] == [b"before", b"after"]


def test_a_full_segment_is_followed_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments stay of a size that other tools like."""
    monkeypatch.setattr(warc, "_LONGEST", 500)
    segments = Segments(tmp_path, "demo__x", "CC0")
    places = [append(segments, bytes(range(256))) for _ in range(4)]
    assert len({path for path, _ in places}) > 1
    assert all(read_record(tmp_path / path, offset) == bytes(range(256)) for path, offset in places)
