"""What a profile says of columns of every kind."""

from datetime import date, timedelta

import polars as pl
import pytest

from dq.profile import profile
from dq.profile.column import look

DAY = date(2020, 1, 1)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([str(n) for n in range(1, 40)], "integer"),
        ([f"{n}.5" for n in range(40)], "decimal"),
        ([f"{n:05}" for n in range(40)], "code"),
        ([f"A-{n}" for n in range(40)], "code"),
        (["yes", "no"] * 20, "boolean yes/no"),
        (["TRUE", "FALSE"] * 20, "boolean true/false"),
        ([str(DAY + timedelta(n)) for n in range(40)], "date %Y-%m-%d"),
        ([f"{DAY + timedelta(n):%d.%m.%Y}" for n in range(40)], "date %d.%m.%Y"),
        ([int(f"{DAY + timedelta(n):%Y%m%d}") for n in range(40)], "date %Y%m%d"),
        ([f"{DAY + timedelta(n)}T10:00:00" for n in range(40)], "datetime %Y-%m-%dT%H:%M:%S%.f"),
        (["rent", "own", "for free"] * 9, "text"),
        ([f"this is the {n}th review of a product that I like" for n in range(60)], "prose"),
        ([[1], [2]], "nested"),
        ([None, None], "nested"),
    ],
)
def test_cells_read_as_what_they_are(cells: list[object], kind: str) -> None:
    """Numbers, codes, days in one format, yes and no, words and prose are told apart."""
    assert str(look(pl.Series("x", cells)).reading) == kind


def test_a_minority_of_slips_does_not_change_the_type() -> None:
    """Five cells in a hundred that do not read, and any number of `?`, leave a number a number."""
    assert look(pl.Series("x", [*map(str, range(95)), *["1x2"] * 5, *["?"] * 200])).reading.kind == "integer"


@pytest.mark.parametrize(
    ("cells", "hidden"),
    [
        ([*range(100, 160), 0, 0, 0], ["0"]),
        ([*range(20, 80), -1], ["-1"]),
        ([*range(20, 80), 999, 999], ["999"]),
        ([*range(300, 400), 77777, 77777, 77777], ["77777"]),
        (["a", "b"] * 30 + ["N/A", "?", "-"], ["-", "?", "N/A"]),
        ([DAY + timedelta(n) for n in range(50)] + [date(1970, 1, 1)], ["1970-01-01"]),
        ([1.5 * n for n in range(9)] * 3 + [float("nan")], ["NaN"]),
        ([0, 1, 2, 3] * 20, []),
        ([-1, 0, 1] * 20 + [-2], []),
        (list(range(1000)), []),
    ],
)
def test_hidden_missing_values_are_seen(cells: list[object], hidden: list[str]) -> None:
    """Codes for nothing stand apart from all other values; a zero among small counts is a count."""
    found = look(pl.Series("x", cells)).hidden.filter(pl.col("sure"))
    assert sorted(found["value"]) == hidden


def test_keys_dependencies_and_orders() -> None:
    """An id is a key alone, shop and day together; the shop gives the town; the start is not above the end."""
    rows = pl.DataFrame(
        {
            "shop": [f"s{n % 20}" for n in range(400)],
            "town": [("York", "Bath", "Ely")[n % 20 % 3] for n in range(400)],
            "day": [DAY + timedelta(n // 20) for n in range(400)],
            "end": [DAY + timedelta(n // 20 + n % 7) for n in range(400)],
            "paid": [(n * 7919) % 13 for n in range(400)],
        }
    )
    found = profile(rows, "core.shop")
    assert found.keys == (("shop", "day"),)
    assert ("shop", "town") in {(one.given, one.then) for one in found.dependencies}
    assert "paid" not in {one.then for one in found.dependencies}
    assert [(one.low, one.high) for one in found.orders] == [("day", "end")]
    numbered = profile(rows.with_row_index("order_id"), "core.shop")
    assert numbered.keys == (("order_id",),)


def test_an_empty_table_has_a_profile() -> None:
    """Tables without rows, without columns, or of nulls alone are no error."""
    for rows in (pl.DataFrame(), pl.DataFrame({"a": []}), pl.DataFrame({"a": [None] * 3, "b": [""] * 3})):
        assert profile(rows, "core.x").as_json()["rows"] == rows.height
