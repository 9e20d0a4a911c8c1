"""Large downloads over real HTTP that break off, and how they go on."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.archive import Archive
from connectors.delimited import Delimited
from connectors.transport import Limits
from dq.errors import FetchError
from dq.landing import LandingStore
from dq.raw import decode_all
from dq.source import Surroundings
from tests.connectors.test_unpack import zipped
from tests.connectors.told_site import Request, ToldSite

Around = Callable[..., Surroundings]
NOISE = b"".join(hashlib.sha256(bytes([n % 256, n // 256])).digest() for n in range(3000))
BODY = zipped({"a.csv": b"x\n1\n", "noise": NOISE})
BREAKS = [len(BODY) // 3, len(BODY) // 2]


class Server:
    """Serves one file by ranges, and hangs up at the given byte of each answer."""

    def __init__(self, site: ToldSite, body: bytes = BODY, etag: str = '"1"') -> None:
        self.body, self.etag = body, etag
        self.breaks: list[int] = []
        self.honest = True
        self.sent: list[tuple[int, int]] = []
        site.pages["/set.zip"] = self.answer

    def answer(self, request: Request) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        same = request.headers.get("if-range") == self.etag or not self.honest
        start = int(asked[1]) if asked and same else 0
        end = self.breaks.pop(0) if self.breaks else len(self.body)
        piece = self.body[start : max(start, end)]
        request.send_response(206 if start else 200)
        request.send_header("content-length", str(len(self.body) - start))
        if self.etag:
            request.send_header("etag", self.etag)
        if start:
            request.send_header("content-range", f"bytes {start}-{len(self.body) - 1}/{len(self.body)}")
        request.end_headers()
        self.sent.append((start, len(piece)))
        request.raw(piece)


def source(sha256: str | None = hashlib.sha256(BODY).hexdigest(), attempts: int = 4) -> Archive:
    limits = Limits(deadline=20, attempts=attempts)
    return Archive("demo__set", "${DQ_SAMPLE_SITE}/set.zip", "a.csv", Delimited(), sha256, limits=limits)


def fetch(archive: Archive, site: ToldSite, around: Around, tmp_path: Path) -> Any:
    return archive.fetch({}, replace(around(archive, site.environment), partial=tmp_path / "partial"))


def kept(tmp_path: Path) -> list[str]:
    return sorted(path.suffix for path in (tmp_path / "partial").glob("*"))


def test_a_download_goes_on_where_it_broke_off(
    site: ToldSite, around: Around, tmp_path: Path, store: LandingStore
) -> None:
    """Two breaks, three requests, every byte sent once; the checksum holds and nothing is left behind."""
    server = Server(site)
    server.breaks = list(BREAKS)
    fetched = fetch(source(), site, around, tmp_path)
    assert server.sent == [
        (0, BREAKS[0]),
        (BREAKS[0], BREAKS[1] - BREAKS[0]),
        (BREAKS[1], len(BODY) - BREAKS[1]),
    ]
    assert decode_all(source(), fetched.current, store).rows["x"].to_list() == ["1"]
    assert fetched.counts["retries"] == 2
    assert kept(tmp_path) == []


def test_the_next_run_goes_on_too(site: ToldSite, around: Around, tmp_path: Path) -> None:
    """What a run that failed, or was killed, had got is not asked for again."""
    server = Server(site)
    server.breaks = [BREAKS[0]]
    with pytest.raises(FetchError, match="cut off"):
        fetch(source(attempts=1), site, around, tmp_path)
    assert kept(tmp_path) == [".json", ".part"]
    fetch(source(), site, around, tmp_path)
    assert server.sent == [(0, BREAKS[0]), (BREAKS[0], len(BODY) - BREAKS[0])]


@pytest.mark.parametrize("honest", [True, False])
def test_a_file_that_changed_meanwhile_is_fetched_anew(
    site: ToldSite, around: Around, tmp_path: Path, honest: bool
) -> None:
    """By a server that heeds If-Range, and by one that goes on with another file under another ETag."""
    server = Server(site, body=BODY[::-1])
    server.breaks = [BREAKS[0]]
    with pytest.raises(FetchError):
        fetch(source(attempts=1), site, around, tmp_path)
    server.body, server.etag, server.honest = BODY, '"2"', honest
    fetched = fetch(source(), site, around, tmp_path)
    assert len(fetched.current) == 1
    assert server.sent[-1] == (0, len(BODY))


@pytest.mark.parametrize("etag", ["", 'W/"1"'])
def test_without_a_strong_mark_each_attempt_starts_anew(
    site: ToldSite, around: Around, tmp_path: Path, etag: str
) -> None:
    """Halves of two files are never put together."""
    server = Server(site, etag=etag)
    server.breaks = [BREAKS[0]]
    fetch(source(), site, around, tmp_path)
    assert server.sent == [(0, BREAKS[0]), (0, len(BODY))]


def test_a_server_without_ranges_sends_all_again(site: ToldSite, around: Around, tmp_path: Path) -> None:
    """A 200 to a question for the rest is the whole."""
    server = Server(site)
    server.breaks = [BREAKS[0]]
    with pytest.raises(FetchError):
        fetch(source(attempts=1), site, around, tmp_path)
    site.gives("/set.zip", BODY, etag='"1"')
    assert len(fetch(source(), site, around, tmp_path).current) == 1


def test_what_is_kept_of_a_shorter_file_is_dropped(site: ToldSite, around: Around, tmp_path: Path) -> None:
    """416: there is no such rest."""
    server = Server(site, body=BODY + bytes(1000))
    server.breaks = [len(BODY) + 500]
    with pytest.raises(FetchError):
        fetch(source(attempts=1), site, around, tmp_path)
    site.does_in_turn(
        "/set.zip", lambda request: request.reply(b"", 416), lambda request: request.reply(BODY, 200)
    )
    assert len(fetch(source(), site, around, tmp_path).current) == 1


def test_parts_that_do_not_make_the_declared_file_land_nothing(
    site: ToldSite, around: Around, tmp_path: Path, store: LandingStore
) -> None:
    """A server that lies about its ETag: the checksum at the end tells, and the part is not kept."""
    server = Server(site, body=BODY[::-1])
    server.breaks = [BREAKS[0]]
    with pytest.raises(FetchError):
        fetch(source(attempts=1), site, around, tmp_path)
    server.body = BODY
    with pytest.raises(FetchError, match="not the one declared"):
        fetch(source(), site, around, tmp_path)
    assert not list(store.root.rglob("*"))
    assert kept(tmp_path) == []


def test_damaged_notes_are_no_notes(site: ToldSite, around: Around, tmp_path: Path) -> None:
    """A note that a power cut tore is as good as none."""
    server = Server(site)
    server.breaks = [BREAKS[0]]
    with pytest.raises(FetchError):
        fetch(source(attempts=1), site, around, tmp_path)
    for note in (tmp_path / "partial").glob("*.json"):
        assert json.loads(note.read_text()) == {"validator": '"1"'}
        note.write_text("{")
    fetch(source(), site, around, tmp_path)
    assert server.sent[-1] == (0, len(BODY))
