"""What a training set is held to beyond its contract: benchmarks, labels in their share, labels in doubt."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from dq.errors import ConfigError
from dq.outcome import Outcome
from dq.release import open_release
from dq.run import Run
from dq.split import Benchmark
from dq.stage.serve import serve
from dq.stage.unify import unify
from dq.training_set import TrainingSet
from tests.dq.stage.shop import a_run, rows_of
from tests.dq.stage.test_unify_and_serve import TILL, TRAINING, UNIFIED, WEB, publish


def served(folder: Path, training: TrainingSet, *, force: bool = False) -> tuple[Outcome, Run]:
    run = a_run(folder)
    publish(run, "shop__till", TILL)
    publish(
        run, "shop__web", [(order, amount, "open" if order % 9 == 0 else "paid") for order, amount, _ in WEB]
    )
    unify(UNIFIED, run)
    return serve(training, run, force=force), run


def test_a_benchmark_stops_the_release_that_has_its_questions(tmp_path: Path) -> None:
    """Training rows with keys of the benchmark: the gate fails in words, and the pairs are a table."""
    (tmp_path / "files").mkdir()
    asked = tmp_path / "files" / "exam.csv"
    asked.write_text("order\n1\n2\n3\n4\n5\n6\n7\n8\n999\n", encoding="utf-8")
    training = replace(TRAINING, benchmarks=(Benchmark("exam", "exam.csv", key="order"),))
    outcome, run = served(tmp_path, training)
    assert outcome.state == "blocked"
    pairs = rows_of(run, "quality.leaks", "dataset", "kind", "entity_a", "split_b")
    assert pairs
    assert {(dataset, kind, where) for dataset, kind, _, where in pairs} == {
        ("shop", "benchmark:key", "exam")
    }
    assert {entity for _, _, entity, _ in pairs} <= {str(number) for number in range(1, 9)}
    assert f"{len(pairs)} training rows have {len(pairs)} of its questions" in (outcome.why or "")
    with pytest.raises(ConfigError, match="gate failed"):
        open_release("shop", run.settings.releases)

    asked.write_text("order\n999\n", encoding="utf-8")
    again = serve(training, run)
    assert again.state == "published"
    assert rows_of(run, "quality.leaks", "kind") == []


def test_a_benchmark_that_is_not_there_is_said(tmp_path: Path) -> None:
    """Without it nobody can say what leaks: no release."""
    training = replace(TRAINING, benchmarks=(Benchmark("exam", "exam.csv", key="order"),))
    with pytest.raises(ConfigError, match="exam is not there"):
        served(tmp_path, training)
    with pytest.raises(ConfigError, match="neither a text nor a key"):
        Benchmark("exam", "exam.csv")
    with pytest.raises(ConfigError, match="no known kind"):
        Benchmark("exam", "exam.pickle", key="order")


def test_rare_labels_are_in_every_split(tmp_path: Path) -> None:
    """Stratified, each split has its share of the few open orders."""
    outcome, run = served(tmp_path, replace(TRAINING, stratified=True))
    assert outcome.state == "published"
    table = run.warehouse.read("training.shop").collect()
    for label in ("open", "paid"):
        rows = table.filter(pl.col("status") == label)
        for name, share in TRAINING.shares.items():
            assert abs(rows.filter(pl.col("split") == name).height - share * rows.height) < 1


def test_labels_in_doubt_are_a_queue(tmp_path: Path) -> None:
    """The queue names entity, label and suggestion, the most doubtful first; the labels themselves stay."""
    outcome, run = served(tmp_path, replace(TRAINING, doubt_labels=True))
    assert "labels" in outcome.counts["labels_in_doubt"]
    queue = run.warehouse.read("quality.label_doubts").collect()
    assert queue["label_quality"].is_sorted()
    assert (queue["label"] != queue["suggested_label"]).all()
    of = {str(order): status for order, status in rows_of(run, "training.shop", "order", "status")}
    assert all(of[entity] == label for entity, label in queue.select("entity", "label").rows())
