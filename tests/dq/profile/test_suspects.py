"""Cells that are wrong are found, each by its kind; cells that are right are left alone."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings

from dq.profile.suspects import SUSPECTS, suspects
from tests.dq.profile.test_draft import frames, orders

CLEAN = orders(600, 0).with_columns(pl.col("weight").fill_null("75.0"))


def wrong(column: str, cell: str | None, row: int = 77) -> pl.DataFrame:
    return CLEAN.with_columns(
        pl.when(pl.int_range(pl.len()) != row).then(column).otherwise(pl.lit(cell)).alias(column)
    )


def test_a_clean_table_has_no_suspects() -> None:
    """Of 5,400 right cells at most five are suspected."""
    assert suspects(CLEAN).height <= 5


@pytest.mark.parametrize(
    ("column", "cell", "kind"),
    [
        ("class", "uswd", "typo"),
        ("class", "Used ", "variant"),
        ("class", "broken", "rare"),
        ("town", "Yrok", "dependency"),
        ("town", None, "missing"),
        ("amount", "n/a", "hidden_missing"),
        ("amount", "12 USD", "format"),
        ("weight", "7510.0", "outlier"),
        ("ordered", "2024-02-01", "format"),
        ("ordered", "01.02.1824", "outlier"),
        ("orderId", "ord_77", "format"),
        ("orderId", "ord-3", "duplicate"),
        ("note", None, "missing"),
        ("note", "na\ufffdve words", "format"),
    ],
)
def test_a_wrong_cell_is_found(column: str, cell: str | None, kind: str) -> None:
    """One wrong cell of any kind is told, by its row and kind."""
    found = suspects(wrong(column, cell))
    assert (77, column, kind) in set(found.select("row", "column", "kind").rows())
    assert found.height <= 8


def test_proposals_are_what_stood_there() -> None:
    """A typo, another town than the shop's, a number ten times too large: each comes with what it should be."""
    for column, cell in (("class", "B-stokc"), ("town", "Nowhere")):
        found = suspects(wrong(column, cell)).filter(pl.col("row") == 77, pl.col("column") == column)
        assert found["proposal"].to_list() in ([CLEAN[column][77]], ["B-stock"])
    assert suspects(wrong("weight", "751.0"))["proposal"].to_list() == ["75.1"]


def test_two_cells_that_changed_places() -> None:
    """Numbers of unlike size that were swapped are told together, each as the other's proposal."""
    random = np.random.default_rng(0)
    rows = pl.DataFrame(
        {"age": random.normal(50, 9, 300).round(), "pressure": random.normal(160, 12, 300).round()}
    )
    at = pl.int_range(pl.len()) == 5
    swapped = rows.with_columns(
        age=pl.when(at).then("pressure").otherwise("age"),
        pressure=pl.when(at).then("age").otherwise("pressure"),
    )
    found = suspects(swapped).filter(pl.col("kind") == "swapped")
    assert found["row"].to_list() == [5, 5]
    assert found["proposal"].to_list() == [str(rows["age"][5]), str(rows["pressure"][5])]


def test_of_a_wrong_key_the_key_is_blamed() -> None:
    """Where one cell disagrees with all that hangs on it, it alone is told."""
    shop = [n % 20 for n in range(400)]
    rows = pl.DataFrame(
        {
            name: [f"{name} {(one * k + 3) % 101}" for one in shop]
            for k, name in enumerate(("shop", "tel", "street"), 5)
        }
    )
    moved = rows.with_columns(
        pl.when(pl.int_range(pl.len()) == 9).then(pl.lit(rows["shop"][2])).otherwise("shop").alias("shop")
    )
    assert suspects(moved).select("row", "column", "proposal").rows() == [(9, "shop", rows["shop"][9])]


@settings(max_examples=40, deadline=None)
@given(frames())
def test_any_table_can_be_looked_at(rows: pl.DataFrame) -> None:
    """Whatever the table: no error, no cell told twice, each with the value that stands there."""
    found = suspects(rows)
    assert dict(found.schema) == {name: dtype() for name, dtype in SUSPECTS.items()}
    assert not found.select("row", "column").is_duplicated().any()
    for row, column, value in found.select("row", "column", "value").rows():
        assert rows[column].cast(pl.String)[row] == value


def test_a_unit_spelled_otherwise_is_told_and_another_unit_is_not() -> None:
    """Of `oz.` and its other spellings the rarer are told with the usual one; seasons beside minutes are meant."""
    cans = ["12.0 oz."] * 60 + ["16.0 oz."] * 20 + ["12.0 ounce", "12.0 OZ.", "16.0 oz. Alumi-Tek"]
    found = suspects(pl.DataFrame({"size": cans, "id": [f"n{at}" for at in range(len(cans))]}))
    told = found.filter(pl.col("column") == "size").sort("row").select("value", "kind", "proposal").rows()
    assert told == [
        ("12.0 ounce", "format", "12.0 oz."),
        ("12.0 OZ.", "variant", "12.0 oz."),
        ("16.0 oz. Alumi-Tek", "format", "16.0 oz."),
    ]
    films = pl.DataFrame({"length": ["90 min", "1 Season", "102 min"] * 30})
    assert suspects(films).is_empty()


def test_a_neighbour_held_too_is_told_in_both_cells() -> None:
    """`Salem OR` beside no state: the town without it, and the state, are proposed; `West York` is a name."""
    rows = [("Bath", "ME"), ("Salem", "OR"), ("West York", "PA")] * 20 + [("Salem OR", None)]
    found = suspects(pl.DataFrame(rows, schema=["town", "state"], orient="row"))
    assert found.select("row", "column", "kind", "proposal").rows() == [
        (60, "state", "missing", "OR"),
        (60, "town", "format", "Salem"),
    ]


@pytest.mark.parametrize(("cell", "kind"), [("7-Jan", "format"), ("Sep-22", "format")])
def test_a_code_that_a_spreadsheet_took_for_a_day(cell: str, kind: str) -> None:
    """Among ranges of pages a day of a month is told."""
    pages = [f"{at}-{at + 7 + at % 5}" for at in range(1, 200)]
    found = suspects(pl.DataFrame({"pages": [*pages, cell]}))
    assert (199, "pages", kind) in set(found.select("row", "column", "kind").rows())


def test_marks_that_no_letter_bears_are_damage_and_accents_are_not() -> None:
    """`Schr\u0326dinger` was read wrongly; `é`, composed or not, is a letter."""
    names = [
        "Anna",
        "Zoe\u0301",
        "Zoé",
        "Schr\u0326dinger",
        *(f"Name{'abcdefghij'[at % 10]}" for at in range(60)),
    ]
    found = suspects(pl.DataFrame({"name": names})).filter(pl.col("why").str.contains("encoding"))
    assert found["row"].to_list() == [3]


def test_the_usual_of_many_sources_is_taken_short_of_half() -> None:
    """Where each of 40 flights is told by ten sources, of which four agree and the others each say another time."""
    rows = [
        (
            f"F{flight}",
            f"{7 + flight % 12}:{flight % 60:02}" if source < 4 else f"{source}:{(flight * 7) % 60:02}",
        )
        for flight in range(40)
        for source in range(10)
    ]
    table = pl.DataFrame(rows, schema=["flight", "departs"], orient="row")
    found = suspects(table).filter(pl.col("kind") == "dependency")
    wrong = [at for at in range(400) if at % 10 >= 4 and rows[at][1] != rows[at - at % 10][1]]
    assert found.filter(~pl.col("row").is_in(wrong)).is_empty()
    assert found.height >= 0.9 * len(wrong)
