"""The published order is that of the whole table, however small the parts."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from dq.release.published_order import in_published_order
from tests.dq.training.releases import release, table


@settings(max_examples=20)
@given(
    keys=st.lists(st.text(max_size=3), max_size=60),
    part_bytes=st.integers(1, 400),
    seed=st.integers(0, 9),
)
def test_parts_make_no_difference(keys: list[str], part_bytes: int, seed: int) -> None:
    """Cut into up to hundreds of parts, from shuffled rows with repeated keys: the same rows in the same order."""
    frame = pl.DataFrame({"id": keys, "x": range(len(keys))}, schema={"id": pl.String, "x": pl.Int64})
    shuffled = frame.sample(fraction=1, shuffle=True, seed=seed).lazy()
    size = len(keys) * 20
    with TemporaryDirectory() as folder:
        whole = list(in_published_order(frame.lazy(), "id", size=0, scratch=Path(folder)))
        parts = list(
            in_published_order(shuffled, "id", size=size, scratch=Path(folder) / "x", part_bytes=part_bytes)
        )
        assert not [path for path in Path(folder).rglob("*") if path.is_file()]
    assert_frame_equal(pl.concat([frame.clear().with_columns(_key="id"), *parts]), whole[0])
    assert all(set(one["id"]).isdisjoint(other["id"]) for one, other in pairwise(parts))


def test_a_release_made_in_parts_is_the_same_to_the_byte(tmp_path: Path) -> None:
    """Same content hash, same files with the same hashes, same checks; no part stays."""
    frame = table(5_000)
    whole = release(tmp_path / "whole", frame)
    parts = release(tmp_path / "parts", frame.reverse(), part_bytes=10_000)
    assert parts.content_hash == whole.content_hash
    assert parts.manifest.files == whole.manifest.files
    assert parts.manifest.gate == whole.manifest.gate
    assert sorted(path.name for path in (tmp_path / "parts" / "numbers").iterdir()) == [".lock", "v1"]
    twice = pl.concat([frame, frame.tail(3), frame.head(2).with_columns(split=pl.lit("dev"))])
    one, other = (
        release(tmp_path / name, twice, part_bytes=size) for name, size in (("a", 9_000), ("b", 1 << 30))
    )
    assert one.manifest.gate.reasons == other.manifest.gate.reasons
    assert (one.passed, one.content_hash) == (False, other.content_hash)
