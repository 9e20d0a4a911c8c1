"""The same release from another day, machine, user and order of things: nothing of these may leak into it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
BUILDER = """
import json, os, sys
from datetime import UTC, datetime
from pathlib import Path
import polars as pl
from dq.release import Gate, SourceUse, TableFlow, build_release
from tests.dq.training.releases import table

root, turned, now = Path(sys.argv[1]), sys.argv[2] == "turned", datetime.fromisoformat(sys.argv[3])
os.umask(int(sys.argv[4], 8))
frame = table(3_000).with_columns(
    pl.col("id").mod(7).cast(pl.String).cast(pl.Categorical).alias("kind"),
    pl.from_epoch("id", "s").dt.replace_time_zone("UTC").alias("at"),
    pl.from_epoch("id", "s").alias("local"),
    (pl.col("id") / 7).alias("share"),
    pl.when(pl.col("id") % 5 == 0).then(float("nan")).when(pl.col("id") % 5 == 1).then(-0.0).alias("odd"),
    pl.col("text").cast(pl.Binary).alias("body"),
    pl.col("text").fill_null("\\u00dcn\\u00ef").str.split(" ").alias("words"),
)
sources = [SourceUse("a", "MIT", 1), SourceUse("b", "CC0-1.0", 2)]
scores = {"accuracy": 1.0, "completeness": 0.5}
if turned:
    names = sorted(frame.columns, reverse=True)
    frame, sources, scores = frame.sample(fraction=1, shuffle=True, seed=5).select(names), sources[::-1], scores
made = build_release(
    frame.lazy(), dataset="numbers", root=root, key="id", features=["x", "kind", "words", "at"], label="label",
    sources=sources, gate=Gate(floors={"accuracy": 0.9}), scores=scores, code_version="test", now=now,
)
told = json.loads((made.path / "manifest.json").read_text(encoding="utf-8"))
told.pop("created_at"), told.pop("seal")  # which covers the date
told["sources"].sort(key=lambda one: one["name"])
print(json.dumps([told, sorted((path.relative_to(made.path).as_posix(), path.read_bytes().hex())
                               for path in made.path.rglob("*.parquet"))]))
"""
HERE = {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1", "POLARS_MAX_THREADS": "2"}
ELSEWHERE = [
    {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONHASHSEED": "2", "POLARS_MAX_THREADS": "1"},
    {
        "TZ": "America/St_Johns",
        "LC_ALL": "POSIX",
        "PYTHONHASHSEED": "3",
        "PYTHONUTF8": "0",
        "OMP_NUM_THREADS": "1",
    },
]


def build(root: Path, turned: str, now: str, mask: str, environment: dict[str, str]) -> list[object]:
    root.mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", BUILDER, str(root), turned, now, mask],
        cwd=root,
        env={**kept, "PYTHONPATH": str(CHECKOUT), **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    found: list[object] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    return build(tmp_path_factory.mktemp("here") / "r", "straight", "2026-01-01T00:00:00+00:00", "022", HERE)


@pytest.mark.parametrize("environment", ELSEWHERE, ids=lambda one: one["TZ"])
def test_manifest_and_files_are_the_same_elsewhere(
    here: list[object], tmp_path: Path, environment: dict[str, str]
) -> None:
    """Time zone, language, hash seed, threads, umask, folder, date, order of rows, columns and sources: to the byte."""
    there = build(tmp_path / "there", "turned", "2031-12-31T23:59:59+00:00", "077", environment)
    assert there == here
