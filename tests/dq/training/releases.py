"""Small real releases for the tests of the loader."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from dq.release import Gate, Release, SourceUse, build_release
from dq.release.layout import Compression
from dq.release.published_order import PART_BYTES


def table(rows: int, *, seed: int = 0) -> pl.DataFrame:
    """Give a table with every kind of column, some with nulls; every fifth row is `test`."""
    random = np.random.default_rng(seed)
    number = np.arange(rows)
    return pl.DataFrame(
        {
            "id": number,
            "x": random.normal(size=rows).astype(np.float32),
            "count": pl.Series(random.integers(0, 9, rows)).replace(8, None),
            "text": [None if i % 7 == 3 else f"Zeile {i} é漢" for i in range(rows)],
            "tokens": [list(range(i % 4)) for i in range(rows)],
            "seen": pl.Series(number).cast(pl.Date),
            "label": random.integers(0, 2, rows) == 1,
            "split": ["test" if i % 5 == 0 else "train" for i in range(rows)],
            "_members": [["raw.a#1"]] * rows,
        },
        schema_overrides={"text": pl.String, "tokens": pl.List(pl.Int64), "_members": pl.List(pl.String)},
    )


def release(
    root: Path,
    frame: pl.DataFrame,
    *,
    gate: Gate | None = None,
    block_limit: int = 64,
    compression: Compression = "none",
    part_bytes: int = PART_BYTES,
    features: Sequence[str] = ("x", "count", "text", "tokens"),
) -> Release:
    """Publish a table as the next version of `numbers`."""
    return build_release(
        frame,
        dataset="numbers",
        root=root,
        key="id",
        features=[name for name in features if name in frame.columns],
        label="label" if "label" in frame.columns else None,
        sources=[SourceUse("made__here", "CC0-1.0", frame.height, 1)],
        gate=gate or Gate(),
        code_version="test",
        now=datetime(2026, 1, 1, tzinfo=UTC),
        block_limit=block_limit,
        compression=compression,
        part_bytes=part_bytes,
    )
