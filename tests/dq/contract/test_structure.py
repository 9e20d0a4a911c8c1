"""Form: what is read as its type, filled in, added, or refused."""

from __future__ import annotations

from typing import Any

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.contract import Contract
from dq.errors import ContractError, SchemaError


class Reading(pa.DataFrameModel):
    level: float = pa.Field(coerce=True, ge=0)
    unit: str = pa.Field(default="mm")
    note: str | None = pa.Field(nullable=True)

    class Config:
        name = "core.readings"
        metadata = {"dq": {"max_rejected_share": 1.0}}  # noqa: RUF012


def model(annotation: Any, field: Any = None, **config: Any) -> type[Any]:
    named = type("Config", (), {"name": "core.one", **config})
    own = {
        "__annotations__": {"a": annotation},
        "__module__": __name__,
        "Config": named,
        "a": field or pa.Field(),
    }
    return type("One", (pa.DataFrameModel,), own)


@given(st.lists(st.one_of(st.none(), st.sampled_from(["1", "2.5", "-3", "x", "", "nan"]))))
def test_coercion_goes_cell_by_cell(cells: list[str | None]) -> None:
    """A cell that cannot be read is its row's fault alone, is shown as read, and is not called missing."""
    frame = pl.DataFrame(
        {"level": cells, "unit": ["mm"] * len(cells)}, schema={"level": pl.String, "unit": pl.String}
    )
    verdict = Contract(Reading).judge(frame)
    blamed = {
        None: "level:not_null",
        "x": "level:coerce(Float64)",
        "": "level:coerce(Float64)",
        "nan": "level:not_null",
    }
    expected = [[blamed.get(cell, "level:ge(0)")] for cell in cells if cell not in {"1", "2.5"}]
    assert [[one["rule"] for one in row] for row in verdict.rejected["_reasons"].to_list()] == expected
    assert verdict.rejected["level"].to_list() == [cell for cell in cells if cell not in {"1", "2.5"}]
    assert verdict.accepted.schema["level"] == pl.Float64


def test_coercion_changes_no_number() -> None:
    """Where Pandera cuts 1.7 to 1, or rounds what a float cannot hold, the row is rejected with the number it had."""
    whole = Contract(model(int, pa.Field(coerce=True))).judge(pl.DataFrame({"a": [1.0, 1.7, -2.0, 1e300]}))
    assert whole.accepted["a"].to_list() == [1, -2]
    assert whole.rejected["a"].to_list() == [1.7, 1e300]
    assert {one["rule"] for row in whole.rejected["_reasons"] for one in row} == {"a:coerce(Int64)"}
    wide = Contract(model(float, pa.Field(coerce=True))).judge(pl.DataFrame({"a": [7, 2**53, 2**53 + 1]}))
    assert wide.accepted["a"].to_list() == [7.0, 2.0**53]
    assert wide.rejected["a"].to_list() == [2**53 + 1]


def test_a_default_does_not_hide_what_cannot_be_read() -> None:
    """Pandera fills the nulls that a failed coercion leaves; the row is rejected all the same."""
    contract = Contract(model(int, pa.Field(coerce=True, default=7)))
    verdict = contract.judge(pl.DataFrame({"a": ["1", "x", None]}))
    assert verdict.accepted["a"].to_list() == [1, 7]
    assert verdict.rejected["a"].to_list() == ["x"]


def test_defaults_fill_what_is_missing_before_it_is_judged() -> None:
    """As in Pandera: a column with a default is never missing, and the accepted row carries the default."""
    verdict = Contract(Reading).judge(pl.DataFrame({"level": [1.0, 2.0], "unit": [None, "cm"]}))
    assert verdict.accepted["unit"].to_list() == ["mm", "cm"]
    assert verdict.rejected.is_empty()


def test_an_optional_column_may_be_absent() -> None:
    """Its rules then have nothing to check; where it is there, they hold."""
    verdict = Contract(Reading).judge(pl.DataFrame({"level": [1.0], "unit": ["mm"]}))
    assert verdict.accepted.columns == ["level", "unit"]
    with_note = pl.DataFrame({"level": [1.0], "unit": ["mm"], "note": ["n"]})
    assert Contract(Reading).judge(with_note).accepted.columns == ["level", "unit", "note"]


def test_what_can_never_be_read_as_its_type_fails_the_table() -> None:
    """A list is no number: one error instead of a quarantine full of rows."""
    with pytest.raises(SchemaError, match="level"):
        Contract(Reading).judge(pl.DataFrame({"level": [[1.0]], "unit": ["mm"]}))


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (model(int, pa.Field(regex=True, alias="^a.*$")), "by a pattern"),
        (model(pl.List), "no full type"),
    ],
)
def test_columns_must_be_known_before_a_frame_is_seen(bad: type[Any], told: str) -> None:
    """Patterns and half types are refused: the accepted frame's columns must be known in advance."""
    with pytest.raises(ContractError, match=told):
        Contract(bad)


def test_missing_columns_are_added_where_the_model_says_so() -> None:
    """`add_missing_columns` gives an absent column its default, in its place."""
    contract = Contract(model(str, pa.Field(default="x"), add_missing_columns=True))
    verdict = contract.judge(pl.DataFrame({"_row": [1, 2]}))
    assert verdict.accepted.to_dicts() == [{"a": "x", "_row": 1}, {"a": "x", "_row": 2}]


def test_columns_out_of_order_are_refused_where_order_matters() -> None:
    """`ordered` holds for the contract's columns, whatever stands between."""
    ordered = Contract(
        type(
            "Two",
            (pa.DataFrameModel,),
            {
                "__annotations__": {"a": int, "b": int},
                "__module__": __name__,
                "Config": type("Config", (), {"name": "core.two", "ordered": True}),
            },
        )
    )
    assert ordered.judge(pl.DataFrame({"a": [1], "_x": [1], "b": [1]})).accepted.height == 1
    with pytest.raises(SchemaError, match="out of order"):
        ordered.judge(pl.DataFrame({"b": [1], "a": [1]}))
