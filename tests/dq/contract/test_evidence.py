"""Every broken rule shows the first rows that broke it, and where they came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pandera.polars as pa
import polars as pl
import polars.selectors as cs
import pytest

from dq.contract import Contract
from dq.verdict import Example


class Visit(pa.DataFrameModel):
    visit: int = pa.Field(unique=True)
    minutes: float = pa.Field(ge=0, nullable=True)
    kind: str = pa.Field(isin=("a", "b"), nullable=True, metadata={"on_fail": "warn"})

    class Config:
        name = "core.visits"
        metadata: ClassVar[dict[str, Any]] = {"dq": {"max_rejected_share": 1.0}}


def visits(rows: int) -> pl.DataFrame:
    """Visits of which every third lasts less than no time, and every fifth is of an unknown kind."""
    at = pl.int_range(rows)
    return pl.select(
        at.alias("visit"),
        pl.when(at % 3 == 0).then(-at).otherwise(at).cast(pl.Float64).alias("minutes"),
        pl.when(at % 5 == 1).then(pl.lit("z")).otherwise(pl.lit("a")).alias("kind"),
        pl.format("landing{}", at // 100).alias("_landing_id"),
        at.alias("_row"),
    )


def of(rules: Any, name: str) -> tuple[Example, ...]:
    return next(rule.examples for rule in rules if rule.rule == name)


def test_the_first_rows_are_shown_with_their_origin() -> None:
    """Five a rule at most, in the order of the rows; a rule that only warns has them, too; a kept one has none."""
    rules = Contract(Visit).judge(visits(40)).report.rules
    assert of(rules, "minutes:ge(0)") == tuple(
        Example(f"-{at}.0", "landing0", at) for at in (3, 6, 9, 12, 15)
    )
    assert [one.row for one in of(rules, "kind:isin(a, b)")] == [1, 6, 11, 16, 21]
    assert of(rules, "visit:unique") == ()


def test_batches_that_overtake_each_other_show_the_same_rows(tmp_path: Path) -> None:
    """However the frame is cut into batches, the examples are the first rows of all."""
    visits(300_000).write_parquet(tmp_path / "in.parquet", row_group_size=1_000)
    streamed = Contract(Visit).judge_streaming(
        pl.scan_parquet(tmp_path / "in.parquet"), accepted=tmp_path / "good", rejected=tmp_path / "bad"
    )
    assert streamed == Contract(Visit).judge(visits(300_000)).report


def test_a_merged_row_names_its_first_member() -> None:
    """A row made of several shows the first of them; what cleaning could not read is shown, too."""
    members = [[{"source": "s", "landing_id": "l1", "row": 7}, {"source": "t", "landing_id": "l2", "row": 1}]]
    problem = {"rule": "parse:minutes", "dimension": "accuracy", "column": "minutes", "value": "soon"}
    frame = pl.DataFrame(
        {"visit": [1], "minutes": [None], "kind": ["q"], "_members": members, "_problems": [[problem]]},
        schema_overrides={"minutes": pl.Float64},
    )
    rules = Contract(Visit).judge(frame).report.rules
    assert of(rules, "kind:isin(a, b)") == (Example("q", "l1", 7),)
    assert of(rules, "parse:minutes") == (Example("soon", "l1", 7),)


@pytest.mark.parametrize(
    ("passes", "failing"),
    [
        (pl.all_horizontal(pl.all().is_not_null()), ["g=x, a=null, b=1", "g=z, a=2, b=null"]),
        (pl.any_horizontal(pl.col("a", "b").is_null()), ["a=7, b=8"]),
        (pl.sum_horizontal(cs.integer()).sum().over("g") > 2, ["g=x, a=null, b=1", "g=z, a=2, b=null"]),
    ],
    ids=["all columns", "several by name", "by type, over groups"],
)
def test_columns_that_are_not_named_one_by_one_are_shown(passes: pl.Expr, failing: list[str]) -> None:
    """`pl.all()` and its kin are columns, too; also where the rows do not say where they came from."""

    class Selected(pa.DataFrameModel):
        g: str
        a: int = pa.Field(nullable=True)
        b: int = pa.Field(nullable=True)

        @pa.dataframe_check
        def fits(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
            return data.lazyframe.select(passes)

        class Config:
            name = "core.selected"

    rows = pl.DataFrame({"g": ["x", "y", "z"], "a": [None, 7, 2], "b": [1, 8, None]})
    report = Contract(Selected).judge(rows).report
    assert [one.value for one in of(report.rules, "fits")] == failing
