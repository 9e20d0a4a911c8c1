"""Long texts, read without decoding, are those that were published; a file that was cut or changed is refused."""

from __future__ import annotations

import gc
import mmap
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dq.errors import IntegrityError
from dq.release import Manifest, Release
from dq.training import Loader
from dq.training.mapped import Mapped
from tests.dq.training.releases import release

ROWS = 700


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Texts of 0 to 9,000 characters, not all of one byte; bytes; short texts and long ones with nulls."""
    random = np.random.default_rng(0)
    text = ["é漢" * int(size) + "ab" * int(size) for size in random.integers(0, 2_250, ROWS)]
    frame = pl.DataFrame(
        {
            "id": np.arange(ROWS),
            "long": text,
            "body": [one.encode("utf-16") for one in text],
            "holed": [None if number % 9 == 4 else one for number, one in enumerate(text)],
            "short": [one[:5] for one in text],
            "split": ["train"] * ROWS,
        }
    )
    return release(tmp_path_factory.mktemp("releases"), frame, features=["long", "body", "holed", "short"])


def rows(made: Release, **more: object) -> dict[int, tuple[object, ...]]:
    columns = ["id", "long", "body", "holed", "short"]
    found = {}
    for batch in Loader(made, "train", 50, columns=columns, **more):
        found |= {row[0]: row[1:] for row in zip(*(batch[name].tolist() for name in columns), strict=True)}
    return found


@pytest.mark.parametrize(
    "more",
    [{}, {"lanes": 2, "window": 1}, {"shuffle": False}, {"verify": False}, {"world_size": 1, "seed": 3}],
)
def test_values_are_those_that_were_published(made: Release, more: dict[str, object]) -> None:
    """Kept for epochs, streamed by windows, in published order: text, bytes, nulls, as any reader sees them."""
    (file,) = made.manifest.files
    assert set(file.long_texts) == {"long", "body"}
    published = pl.read_parquet(made.path / file.path)
    assert rows(made, **more) == {row[0]: row[1:5] for row in published.iter_rows()}
    assert Manifest.from_json((made.path / "manifest.json").read_text(), where="") == made.manifest


def test_compressed_texts_are_decoded(made: Release, tmp_path: Path) -> None:
    """Where the values do not stand in the file as they are, the manifest names none, and the same rows come."""
    frame = pl.read_parquet(made.path / made.manifest.files[0].path)
    packed = release(tmp_path, frame, features=["long", "body", "holed", "short"], compression="zstd")
    assert packed.manifest.files[0].long_texts == {}
    assert rows(packed) == rows(made)


def test_places_that_do_not_fit_are_refused(made: Release) -> None:
    """Without hashing too: lengths that lead elsewhere than the manifest says are not followed."""
    (file,) = made.manifest.files
    for start in (file.long_texts["long"][0] + 1, file.bytes - 2):
        starts = {"long": (start, *file.long_texts["long"][1:])}
        odd = replace(made.manifest, files=(replace(file, long_texts=starts),))
        with pytest.raises(IntegrityError, match=r"block 0, long"):
            Loader(replace(made, manifest=odd), "train", 50, columns=["long"], verify=False).batch(0)


def test_pages_are_let_go(tmp_path: Path) -> None:
    """Bytes that nobody holds any more are unmapped; who asks again gets the same."""
    path = tmp_path / "file"
    path.write_bytes(b"0123456789abcdef" * 4096)
    with path.open("rb") as stream:
        file = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    for _ in range(2):
        held = Mapped(file, 5_000, 30_000)
        assert bytes(held.bytes[5_000:5_016]) == b"89abcdef01234567"
        del held
        gc.collect()
    file.close()
