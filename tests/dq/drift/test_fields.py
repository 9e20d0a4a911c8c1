"""A source's fields, delivery by delivery: what came, went, or is called or written otherwise."""

import random
from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.drift.compare import Past, compare
from dq.drift.fields import Columns
from dq.drift.profile import profile


def fields(**columns: Sequence[str | None]) -> Columns:
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    return {one.column_name: one for one in profile("raw.x", frame)}


def told(before: Columns, now: Columns) -> list[tuple[str | None, str, str, str | None]]:
    found = compare(now, [Past(before)], as_text=True)
    return [(one.column_name, one.change, one.severity, one.value) for one in found]


ORDERS = {
    "order": [str(i) for i in range(40)],
    "amount": [str(i * 7 % 900) for i in range(40)],
    "status": ["open", "paid"] * 20,
    "day": [f"2026-01-{i % 28 + 1:02d}" for i in range(40)],
}
BEFORE = fields(**ORDERS)


def without(*names: str, **more: Sequence[str | None]) -> Columns:
    return fields(**{name: cells for name, cells in ORDERS.items() if name not in names}, **more)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (without(), []),
        (without(note=["x"] * 40), [("note", "added", "warn", None)]),
        (without(note=["x"] + [None] * 39), [("note", "added", "info", None)]),
        (without("amount"), [("amount", "removed", "error", None)]),
        (without("amount", total=ORDERS["amount"]), [("amount", "renamed", "error", "total")]),
        (without("status", state=ORDERS["status"]), [("status", "renamed", "error", "state")]),
        (without("status", Status=ORDERS["status"]), [("status", "renamed", "info", "Status")]),
        (
            without("status", state=["a", "b", "c", "d"] * 10),
            [("status", "removed", "error", None), ("state", "added", "warn", None)],
        ),
        (
            without("amount", "order", total=ORDERS["amount"], id=ORDERS["order"]),
            [("order", "renamed", "error", "id"), ("amount", "renamed", "error", "total")],
        ),
        (without("amount", amount=["CHF 7"] * 40), [("amount", "retyped", "error", None)]),
        (without("amount", amount=["7.5"] * 40), [("amount", "retyped", "error", None)]),
        (without("day", day=["31.01.2026"] * 40), [("day", "retyped", "error", None)]),
        (without("amount", amount=["7"] * 30 + ["n/a"] * 10), []),
        (without("status", status=["7"] * 40), []),
    ],
)
def test_each_change_of_fields_is_called_by_its_name(
    now: Columns, expected: list[tuple[str, str, str, str | None]]
) -> None:
    """Added, removed, renamed (also in case alone), retyped; a few wrong cells are the contract's, and no drift."""
    assert sorted(told(BEFORE, now)) == sorted(expected)


def test_too_few_rows_are_noted_and_alarm_nobody() -> None:
    """That a field of all 40 rows is in none of three can be chance, and so it is said."""
    few = {name: cells[:3] for name, cells in ORDERS.items() if name != "amount"}
    assert told(BEFORE, fields(**few)) == [("amount", "removed", "info", None)]


def test_a_delivery_without_rows_tells_nothing() -> None:
    """It has no fields to speak of."""
    assert told(BEFORE, fields()) == []


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.floats(0, 1), st.integers(1, 300), st.integers(1, 300))
def test_a_field_of_some_records_comes_and_goes_without_alarm(
    seed: int, share: float, before: int, now: int
) -> None:
    """Records as JSON hold a field now and then; whatever its share, no delivery without it, or with it, alarms."""
    chance = random.Random(seed)

    def page(rows: int) -> Columns:
        cells = ["x" if chance.random() < share else None for _ in range(rows)]
        more = {"sometimes": cells} if any(cells) else {}
        return fields(always=["y"] * rows, **more)

    assert {severity for _, _, severity, _ in told(page(before), page(now))} <= {"info"}
