import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.errors import IntegrityError
from dq.landing import LANDINGS_SCHEMA, LandingStore, landing_from_row, landings_frame
from dq.origin import Landing

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)


def now() -> datetime:
    return NOW


@pytest.fixture
def store(tmp_path: Path) -> LandingStore:
    return LandingStore(tmp_path / "landing")


def both(store: LandingStore, body: bytes) -> list[Landing]:
    land = store.land_for("demo__x", "CC0", now)
    page = land(body, url="http://h/p", status=200, etag='"1"', headers={"content-type": "text/html"})
    return [land(body, url="file:x"), page]


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=200), max_size=6))
def test_bytes_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, bodies: list[bytes]) -> None:
    """For any bodies, landed as files and as pages, reading gives the same bytes, from a new store too."""
    root = tmp_path_factory.mktemp("landing")
    store = LandingStore(root)
    landed = [(body, landing) for body in bodies for landing in both(store, body)]
    store.sync()
    for body, landing in landed:
        assert LandingStore(root).read(landing) == body
        assert landing.origin.size_bytes == len(body)


def test_an_origin_says_all_that_is_known(store: LandingStore) -> None:
    """Where from, when, under which licence, and what the server said of it; nulls for files."""
    file, page = both(store, b"body")
    origin = page.origin
    assert (origin.source, origin.url, origin.fetched_at, origin.licence) == (
        "demo__x",
        "http://h/p",
        NOW,
        "CC0",
    )
    assert (origin.status, origin.etag, origin.content_type) == (200, '"1"', "text/html")
    assert (file.origin.status, file.origin.etag, file.origin.content_type, file.offset) == (
        None,
        None,
        None,
        None,
    )
    assert file.landing_id != page.landing_id


def test_landing_twice_is_landing_once(store: LandingStore) -> None:
    """The same bytes from the same address have the same id and, as a file, the same single copy."""
    land = store.land_for("demo__x", "CC0", now)
    assert land(b"same", url="file:x") == land(b"same", url="file:x")
    assert len([path for path in store.root.rglob("*") if path.is_file()]) == 1


def test_a_half_written_file_is_mended(store: LandingStore) -> None:
    """A file of the wrong length under the right name, from a power cut, does not count as landed."""
    land = store.land_for("demo__x", "CC0", now)
    landing = land(b"whole body", url="file:x")
    (store.root / landing.path).write_bytes(b"whole")
    land(b"whole body", url="file:x")
    assert store.read(landing) == b"whole body"


def test_a_failed_write_leaves_nothing(store: LandingStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk leaves neither half a file nor a temporary one."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    land = store.land_for("demo__x", "CC0", now)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        land(b"body", url="file:x")
    assert not [path for path in store.root.rglob("*") if path.is_file()]


@pytest.mark.parametrize("which", [0, 1], ids=["file", "page"])
def test_changed_or_lost_bytes_are_told(store: LandingStore, which: int) -> None:
    """What is on disk is checked on every read."""
    landing = both(store, b"some body")[which]
    path = store.root / landing.path
    content = path.read_bytes()
    path.write_bytes(content[:-12])
    with pytest.raises(IntegrityError):
        store.read(landing)
    path.write_bytes(content.replace(b"some", b"none"))
    if which == 0:
        with pytest.raises(IntegrityError, match="has changed on disk"):
            store.read(landing)
    path.unlink()
    with pytest.raises(IntegrityError, match="is gone"):
        store.read(landing)


def test_landings_are_rows_and_rows_are_landings(store: LandingStore) -> None:
    """`raw.landings` holds all that it takes to read a body again."""
    landings = both(store, b"body")
    frame = landings_frame(landings)
    assert frame.schema == pl.Schema(LANDINGS_SCHEMA)
    assert [landing_from_row(row) for row in frame.iter_rows(named=True)] == landings
    assert landings_frame([]).schema == frame.schema


@settings(max_examples=30)
@given(st.lists(st.binary(max_size=50), max_size=5))
def test_pieces_land_as_the_whole_does(tmp_path_factory: pytest.TempPathFactory, parts: list[bytes]) -> None:
    """For any pieces: the landing of the bytes together, as a file and as a page, and lent as a file."""
    store = LandingStore(tmp_path_factory.mktemp("landing"))
    land = store.land_for("demo__x", "CC0", now)
    whole = b"".join(parts)
    landing = land(iter(parts), url="file:x")
    assert landing == land(whole, url="file:x")
    assert store.read(land(iter(parts), url="http://h", status=200, headers={})) == whole
    with store.file(landing) as path:
        assert path.read_bytes() == whole


def test_pieces_that_end_in_an_error_land_nothing(store: LandingStore) -> None:
    """The error is passed on, and no half of a body is left behind."""

    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ValueError("torn")

    with pytest.raises(ValueError, match="torn"):
        store.land_for("demo__x", "CC0", now)(broken(), url="file:x")
    assert not [path for path in store.root.rglob("*") if path.is_file()]


def test_a_file_is_lent_only_while_it_is_what_was_landed(store: LandingStore) -> None:
    """Changed before, changed meanwhile, gone before, gone meanwhile: each is told."""
    land = store.land_for("demo__x", "CC0", now)
    landing = land(b"body", url="file:x")
    path = store.root / landing.path
    with pytest.raises(IntegrityError, match="4 bytes are there, 4 were landed"), store.file(landing):
        path.write_bytes(b"doby")
    with pytest.raises(IntegrityError, match="has changed on disk"):
        store.check(landing)
    path.write_bytes(b"body")
    store.check(landing)
    with pytest.raises(IntegrityError, match="has changed on disk"), store.file(landing):
        path.unlink()
    with pytest.raises(IntegrityError, match="is gone"):
        store.check(landing)
