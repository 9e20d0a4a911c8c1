"""A release at an address trains as one in a folder does, and fetches no more than it reads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from dq.errors import ConfigError, IntegrityError
from dq.release import Release, open_release
from dq.training import Loader
from tests.dq.training.releases import release, table


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and notes what was asked for."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def made(tmp_path: Path) -> Release:
    return release(tmp_path / "there", table(1_000), block_limit=64)


@pytest.fixture
def site(made: Release) -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    handler = type("Handler", (Quiet,), {"asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(made.path)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    server.server_close()


def test_batches_from_an_address_are_those_of_the_folder(
    made: Release, site: tuple[str, list[str]], tmp_path: Path
) -> None:
    """Same rows in the same order; the manifest and the split's file are fetched, each once, the other split not."""
    url, asked = site
    opened = open_release(url, tmp_path / "here")
    assert asked == ["/manifest.json"]
    for _ in range(2):
        far, near = (Loader(one, "train", 100, columns=["id", "text"]) for one in (opened, made))
        for there, here in zip(far, near, strict=True):
            assert np.array_equal(there["id"], here["id"])
            assert there["text"].tolist() == here["text"].tolist()
    assert asked == ["/manifest.json", "/data/train-00000.parquet"]
    opened.verify()
    assert asked[2:] == ["/data/test-00000.parquet"]


def test_other_addresses_go_through_arrows_file_systems(made: Release, tmp_path: Path) -> None:
    """A `file://` address, read by the code that reads s3:// and gs://, gives the same rows."""
    opened = open_release(made.path.as_uri(), tmp_path / "here")
    far, near = (next(iter(Loader(one, "test", 50, columns=["id"]))) for one in (opened, made))
    assert np.array_equal(far["id"], near["id"])
    with pytest.raises(ConfigError, match="could not be read"):
        open_release((tmp_path / "nowhere").as_uri(), tmp_path)


def test_a_file_that_was_changed_there_is_refused(
    made: Release, site: tuple[str, list[str]], tmp_path: Path
) -> None:
    """One flipped byte: the file is not kept, and the error names its address."""
    path = made.path / "data" / "train-00000.parquet"
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)
    opened = open_release(site[0], tmp_path / "here")
    with pytest.raises(IntegrityError, match="train-00000"):
        next(iter(Loader(opened, "train", 100)))
    assert not list((tmp_path / "here").rglob("*.parquet"))


def test_what_is_not_there_is_told(site: tuple[str, list[str]], tmp_path: Path) -> None:
    """Another folder, and a server that does not answer, are errors of the call that name the address."""
    with pytest.raises(ConfigError, match=r"v9/manifest\.json"):
        open_release(f"{site[0]}/v9", tmp_path)
    with pytest.raises(ConfigError, match="could not be read"):
        open_release("http://127.0.0.1:1/v1", tmp_path)


def test_releases_are_looked_for_where_the_deployment_keeps_them(
    made: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DQ_HOME names the folder; without it data/ of the working directory does."""
    (tmp_path / "home").mkdir()
    (tmp_path / "there").rename(tmp_path / "home" / "releases")
    monkeypatch.setenv("DQ_HOME", str(tmp_path / "home"))
    assert open_release("numbers").content_hash == made.content_hash
    (tmp_path / "home").rename(tmp_path / "data")
    monkeypatch.delenv("DQ_HOME")
    monkeypatch.chdir(tmp_path)
    assert open_release("numbers@1").content_hash == made.content_hash
