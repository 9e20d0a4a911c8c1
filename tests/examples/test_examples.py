"""The examples learn: each on a small table whose label follows from its features, as they find it in a release."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dq.release import Gate, build_release
from examples import credit_risk, diagnosis, sentiment

ROWS = 600
RANDOM = np.random.default_rng(0)


def publish(root: Path, dataset: str, frame: pl.DataFrame, *, features: Sequence[str], label: str) -> None:
    whole = frame.with_row_index("key").with_columns(
        split=pl.when(pl.col("key") % 4 == 0).then(pl.lit("test")).otherwise(pl.lit("train"))
    )
    build_release(
        whole,
        dataset=dataset,
        root=root,
        key="key",
        features=features,
        label=label,
        sources=[],
        gate=Gate(),
        code_version="test",
        now=datetime(2026, 1, 1, tzinfo=UTC),
    )


def test_sentiment_learns_words_of_two_languages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Texts with a word of praise or blame, or none, in English and Chinese."""
    said = {"negative": ("awful", "很差"), "neutral": ("there", "这个"), "positive": ("great", "很好")}
    rows = [
        {"text": f"{noise} {said[label][zh]} {noise}", "language": ["en", "zh"][zh], "label": label}
        for label, noise, zh in zip(
            RANDOM.choice(list(said), ROWS),
            RANDOM.integers(0, 50, ROWS),
            RANDOM.integers(0, 2, ROWS),
            strict=True,
        )
    ]
    publish(tmp_path, "social", pl.DataFrame(rows), features=["text", "language"], label="label")
    assert sentiment.main(tmp_path) > 0.95
    assert "zh   accuracy" in capsys.readouterr().out


def test_credit_risk_learns_numbers_and_categories(tmp_path: Path) -> None:
    """A label that follows from a number, a category and a truth value, with some chance."""
    months, job, phone = (
        RANDOM.integers(4, 72, ROWS),
        RANDOM.integers(0, 3, ROWS),
        RANDOM.integers(0, 2, ROWS) == 1,
    )
    risk = months / 20 - job + phone + RANDOM.normal(0, 0.3, ROWS)
    frame = pl.DataFrame(
        {"months": months, "job": [f"job {one}" for one in job], "phone": phone}
    ).with_columns(creditability=pl.Series(np.where(risk > np.median(risk), "bad", "good")))
    publish(tmp_path, "finance", frame, features=["months", "job", "phone"], label="creditability")
    assert credit_risk.main(tmp_path) > 0.9


def test_diagnosis_learns_and_resumes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers, of which some are missing; the run that is broken off ends in the same model."""
    rate = RANDOM.normal(150, 20, ROWS)
    frame = pl.DataFrame({"rate": rate, "pain": RANDOM.choice(["none", "typical"], ROWS)}).with_columns(
        disease=pl.Series(rate + RANDOM.normal(0, 5, ROWS) < 150)
    )
    frame = frame.with_columns(rate=pl.when(pl.col("rate") > 120).then(pl.col("rate")))
    publish(tmp_path, "medical", frame, features=["rate", "pain"], label="disease")
    assert diagnosis.main(tmp_path) > 0.9
    assert "resumed: the same model" in capsys.readouterr().out
