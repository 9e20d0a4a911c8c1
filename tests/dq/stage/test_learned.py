"""What a training set fills and clips it learns from its training split alone."""

from dataclasses import replace
from pathlib import Path

import pandera.polars as pa
import polars as pl
import pytest

from dq.clean import fence, impute, learn_fences, learn_imputation
from dq.errors import PromiseError
from dq.release import open_release
from dq.run import Run
from dq.stage.serve import serve
from tests.dq.stage.shop import a_run, rows_of
from tests.dq.stage.test_unify_and_serve import TRAINING, publish

ROWS = [(order, float(order % 10), "open" if order % 2 else "paid") for order in range(1, 101)]


class Filled(pa.DataFrameModel):
    order: int = pa.Field(unique=True)
    amount: float
    amount_is_imputed: bool
    status: str
    split: str

    class Config:
        name = "training.shop"


def shape(merged: pl.LazyFrame) -> pl.LazyFrame:
    """Every fifth amount is missing."""
    return merged.select(
        "order", pl.when(pl.col("order") % 5 > 0).then("amount").alias("amount"), "status", pl.col("^_.*$")
    )


def filled(train: pl.LazyFrame, rows: pl.LazyFrame) -> pl.LazyFrame:
    clipped = fence(rows, learn_fences(train, ["amount"], width=0.1), "clip")
    return impute(clipped, learn_imputation(train, {"amount": "median"}))


LEARNING = replace(
    TRAINING,
    table_from="core.shop__till",
    contract=Filled,
    shape=shape,
    beside=("amount_is_imputed",),
    sources=("shop__till",),
    floors={"completeness": 0.9},
    learned=filled,
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = a_run(tmp_path)
    publish(run, "shop__till", ROWS)
    return run


def test_missing_cells_are_filled_by_the_training_split_alone(run: Run) -> None:
    """Only its rows are handed over; the released cells hold its median, masked, and the repairs count them."""
    seen = []

    def learned(train: pl.LazyFrame, rows: pl.LazyFrame) -> pl.LazyFrame:
        seen.append(train.collect())
        return filled(train, rows)

    outcome = serve(replace(LEARNING, learned=learned), run)
    assert outcome.state == "published", outcome
    table = run.warehouse.read("training.shop").collect()
    split = dict(table.select("order", "split").rows())
    assert {split[order] for order in seen[0]["order"]} == {"train"}
    assert seen[0].height == table.filter(pl.col("split") == "train").height < table.height == 100
    median = seen[0]["amount"].quantile(0.5, "lower")
    missing = table.filter("amount_is_imputed")
    assert sorted(missing["order"]) == list(range(5, 101, 5))
    assert missing["amount"].unique().to_list() == [median]
    counts = dict(rows_of(run, "quality.repairs", "rule", "cells"))
    assert counts["impute:amount"] == 20
    assert counts["outlier:amount"] > 0
    assert open_release("shop", run.settings.releases).manifest.gate.passed


def test_rows_that_were_lost_on_the_way_are_no_release(run: Run) -> None:
    """A function that drops, doubles or reorders rows is stopped, with both counts."""
    for broken in (
        lambda train, rows: filled(train, rows).head(10),
        lambda train, rows: filled(train, rows).reverse(),
        lambda train, rows: filled(train, rows).with_columns(split=pl.lit("train")),
    ):
        with pytest.raises(PromiseError, match="other rows than it was given"):
            serve(replace(LEARNING, learned=broken), run)
    assert not run.warehouse.exists("training.shop")
