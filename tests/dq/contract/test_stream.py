"""A streamed judgement is the eager one, with both sides in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from polars.testing import assert_frame_equal

from dq.contract import Contract
from dq.errors import ContractError
from tests.dq.contract.random_models import cases


class Visit(pa.DataFrameModel):
    visit: int = pa.Field(unique=True, ge=0)
    person: int = pa.Field(nullable=True)
    minutes: float = pa.Field(in_range={"min_value": 0, "max_value": 100})
    kind: str = pa.Field(isin=("first", "again"))

    @pa.dataframe_check
    def one_kind(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        return data.lazyframe.select(pl.col("kind").n_unique().over("person") < 3)

    class Config:
        name = "core.visits"
        metadata: ClassVar[dict[str, Any]] = {"dq": {"max_rejected_share": 1.0}}


def visits(rows: int, every: int) -> pl.DataFrame:
    """Visits of which each `every`-th breaks a rule, and a few are copies far apart."""
    at = pl.int_range(rows)
    return pl.select(
        pl.when(at % 9_973 == 0).then(0).otherwise(at).alias("visit"),
        (at % 1000).alias("person"),
        pl.when(at % every == 0).then(-1.0).otherwise(at % 100).cast(pl.Float64).alias("minutes"),
        pl.when(at % every == 1).then(pl.lit("other")).otherwise(pl.lit("first")).alias("kind"),
        at.alias("_row"),
    )


@pytest.mark.parametrize("every", [2, 97, 1_000_003])
def test_many_batches_give_what_one_gives(tmp_path: Path, every: int) -> None:
    """Over hundreds of thousands of rows both sides, their order and the report are the eager judge's."""
    frame = visits(400_000, every)
    frame.write_parquet(tmp_path / "in.parquet", row_group_size=17_000)
    eager = Contract(Visit).judge(frame)
    report = Contract(Visit).judge_streaming(
        pl.scan_parquet(tmp_path / "in.parquet"), accepted=tmp_path / "good", rejected=tmp_path / "bad"
    )
    assert report == eager.report
    assert report.accepted + report.rejected == 400_000
    assert_frame_equal(pl.read_parquet(tmp_path / "good"), eager.accepted)
    assert_frame_equal(pl.read_parquet(tmp_path / "bad"), eager.rejected)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(cases())
def test_any_frame_streams(tmp_path: Path, case: tuple[Any, pl.DataFrame]) -> None:
    """Random models and frames: streaming says the same, or raises the same."""
    model, frame = case
    contract = Contract(model)
    rows = frame.with_columns(_row=pl.int_range(pl.len()))
    good, bad = tmp_path / "good", tmp_path / "bad"
    try:
        eager = contract.judge(rows)
    except ContractError:
        with pytest.raises(ContractError, match="raised"):
            contract.judge_streaming(rows.lazy(), accepted=good, rejected=bad)
        return
    report = contract.judge_streaming(rows.lazy(), accepted=good, rejected=bad)
    assert report == eager.report
    assert_frame_equal(pl.read_parquet(good), eager.accepted, categorical_as_str=True)
    assert_frame_equal(pl.read_parquet(bad), eager.rejected, categorical_as_str=True)


def test_an_unstable_plan_is_written_first(tmp_path: Path) -> None:
    """A frame that may come in another order at each reading is judged as it came once: no mark astray."""
    frame = visits(50_000, 97).lazy().group_by("visit").agg(pl.all().first())
    report = Contract(Visit).judge_streaming(frame, accepted=tmp_path / "good", rejected=tmp_path / "bad")
    good = pl.read_parquet(tmp_path / "good")
    assert report.rejected + good.height == report.rows_in
    assert good["visit"].is_unique().all()
    assert good["minutes"].min() >= 0  # type: ignore[operator]


def test_a_check_that_raises_leaves_no_file(tmp_path: Path) -> None:
    """Half a verdict is none: neither side appears, and nothing is left behind."""

    class Broken(pa.DataFrameModel):
        text: str

        @pa.check("text")
        def is_number(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
            return data.lazyframe.select(pl.col(data.key).cast(pl.Int64) > 0)

        class Config:
            name = "core.broken"

    frame = pl.LazyFrame({"text": ["1", "x"]})
    with pytest.raises(ContractError, match="text:is_number raised"):
        Contract(Broken).judge_streaming(frame, accepted=tmp_path / "good", rejected=tmp_path / "bad")
    assert list(tmp_path.iterdir()) == []
