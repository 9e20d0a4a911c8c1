"""The examples learn: each on a small table whose label follows from its features, as they find it in a release."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dq.release import Gate, build_release
from dq.stage.serve import serve
from dq.stage.unify import unify
from examples import credit_risk, diagnosis, drug_property, phishing, sentiment, trend
from examples.raw import not_held, raw_rows
from tests.dq.stage.shop import a_run
from tests.dq.stage.test_unify_and_serve import TILL, TRAINING, UNIFIED, WEB
from tests.dq.stage.test_unify_and_serve import publish as put

ROWS = 600
RANDOM = np.random.default_rng(0)


def publish(root: Path, dataset: str, frame: pl.DataFrame, *, features: Sequence[str], label: str) -> None:
    whole = frame.with_row_index("key")
    if "split" not in whole:
        split = pl.when(pl.col("key") % 4 == 0).then(pl.lit("test")).otherwise(pl.lit("train"))
        whole = whole.with_columns(split=split)
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
    assert "taken up: the same model" in capsys.readouterr().out


def test_phishing_learns_signs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A label that follows from two signs; without a warehouse nothing is compared, and that is said."""
    signs = {f"sign_{number}": RANDOM.choice([0.0, 0.5, 1.0], ROWS) for number in range(4)}
    frame = pl.DataFrame(signs).with_columns(is_phishing=pl.col("sign_0") > pl.col("sign_1"))
    publish(tmp_path, "finance__phishing", frame, features=list(signs), label="is_phishing")
    assert phishing.main(tmp_path) > 0.95
    assert "not compared" in capsys.readouterr().out


def test_drug_property_learns_structure(tmp_path: Path) -> None:
    """Molecules of which those with a nitrogen cross."""
    smiles = ["".join(RANDOM.choice(list("CCCO"), 12)) for _ in range(ROWS)]
    crosses = RANDOM.integers(0, 2, ROWS) == 1
    smiles = [f"{one}N" if yes else one for one, yes in zip(smiles, crosses, strict=True)]
    frame = pl.DataFrame({"smiles": smiles, "crosses_barrier": crosses})
    publish(tmp_path, "medical__barrier", frame, features=["smiles"], label="crosses_barrier")
    assert drug_property.main(tmp_path) > 0.99


def test_trend_learns_the_week(tmp_path: Path) -> None:
    """Twice as many purchases on Saturdays: better than the best simple guess, which knows no weekday."""
    day = np.arange(ROWS)
    count = RANDOM.poisson(np.where(day % 7 == 5, 120, 60))
    frame = pl.DataFrame({"weekday": day % 7 + 1, "purchases": count}).with_columns(
        day_before=pl.col("purchases").shift(1),
        week_before=pl.lit(60),
        mean_of_week=pl.col("purchases").rolling_mean(7).shift(1),
        split=pl.when(pl.int_range(pl.len()) < 400).then(pl.lit("train")).otherwise(pl.lit("test")),
    )
    frame = frame.slice(7).with_columns(
        split=pl.when(pl.int_range(pl.len()).is_between(350, 400))
        .then(pl.lit("validation"))
        .otherwise("split")
    )
    features = ["weekday", "day_before", "week_before", "mean_of_week"]
    publish(tmp_path, "finance__trend", frame, features=features, label="purchases")
    assert trend.main(tmp_path) < 0.8


def test_raw_rows_of_tested_rows_are_held_back(tmp_path: Path) -> None:
    """Each raw row has the split of the released row that it went into, and none of the tested ones is learnt from."""
    run = a_run(tmp_path)
    put(run, "shop__till", TILL)
    put(run, "shop__web", WEB)
    unify(UNIFIED, run)
    serve(TRAINING, run)
    tables = raw_rows(run.settings.releases, "shop", ["core.shop__till", "core.shop__web"])
    assert tables is not None
    released = dict(run.warehouse.read("training.shop").select("order", "split").collect().iter_rows())
    for table in tables.values():
        assert table.height == 60
        assert [released[order] for order in table["order"]] == table["split"].to_list()
        assert set(not_held(table)["split"]) == {"train"}
    assert raw_rows(tmp_path / "elsewhere" / "releases", "shop", ["core.shop__till"]) is None
