from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.spill import Spill

FRAMES = st.lists(
    st.tuples(st.sets(st.sampled_from("xyz"), min_size=1), st.integers(0, 3), st.booleans()), max_size=8
)


def stacked(frames: Sequence[pl.DataFrame], ids: Sequence[str]) -> pl.DataFrame:
    stamped = [frame.with_columns(id=pl.lit(one)) for frame, one in zip(frames, ids, strict=True)]
    return pl.concat(stamped, how="diagonal") if stamped else pl.DataFrame()


@settings(max_examples=60)
@given(FRAMES, st.sampled_from([0, 40, 200, 1 << 20]))
def test_files_hold_what_memory_would(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[set[str], int, bool]], limit: int
) -> None:
    """For any frames, columns and limit, some of them taken back: the same rows in the same order."""
    folder = tmp_path_factory.mktemp("spill")
    spilled, held = Spill(stacked, folder, limit), Spill(stacked)
    for number, (columns, rows, back) in enumerate(made):
        for spill in (spilled, held):
            spill.mark()
            for part in "ab":
                cells = {name: [f"{part}{number}.{row}" for row in range(rows)] for name in sorted(columns)}
                spill.add(pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String)), f"{number}")
            if back:
                spill.back()
    height = held.height
    assert spilled.height == height == 2 * sum(rows for _, rows, back in made if not back)
    found, expected = spilled.table().lazy().collect(), held.table().lazy().collect()
    assert found.height == height
    assert found.select(expected.columns).equals(expected)
    if limit == 0 and height:
        assert list(folder.iterdir())


def test_little_is_never_written(tmp_path: Path) -> None:
    """Below the limit there is no file, and the table is a frame."""
    spill = Spill(stacked, tmp_path)
    spill.add(pl.DataFrame({"x": ["1"]}), "a")
    assert isinstance(spill.table(), pl.DataFrame)
    assert not list(tmp_path.iterdir())
