"""Rule results as Dagster's checks."""

import pandera.polars as pa
import polars as pl

from assets.contract_checks import READABLE, check_results
from dq.clean.parse import parse
from dq.contract import Contract


class Visit(pa.DataFrameModel):
    """Visits, one row each."""

    visit: int = pa.Field(unique=True)
    minutes: int = pa.Field(ge=0, nullable=True)

    class Config:
        name = "core.test__visits"


def _checks(minutes):
    law = Contract(Visit)
    raw = pl.LazyFrame(
        {"visit": ["1", "2", "3"], "minutes": minutes, "_landing_id": ["a"] * 3, "_row": [1, 2, 3]}
    )
    report = law.judge(parse(raw, dict(law.columns))).report
    return {result.check_name: result for result in check_results(law, report.rules, {})}


def test_cells_that_can_all_be_read_were_all_read():
    result = _checks(["4", "", "5"])[READABLE]
    assert result.passed
    assert (result.metadata["checked"].value, result.metadata["failed"].value) == (3, 0)


def test_a_cell_that_cannot_be_read_is_counted_of_all_rows():
    result = _checks(["4", "long", "5"])[READABLE]
    assert not result.passed
    assert (result.metadata["checked"].value, result.metadata["failed"].value) == (3, 1)
    assert "parse:minutes: 1 of 3" in result.description
