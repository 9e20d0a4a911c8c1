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


@settings(max_examples=40)
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


def told(frame: pl.DataFrame, *kinds: str) -> list[tuple[str, str]]:
    found = suspects(frame).filter(pl.col("kind").is_in(kinds))
    return list(found.select("column", "value").rows())


def test_many_zeros_are_meant_and_few_are_not() -> None:
    """Zero stands for nothing where it is seldom or among whole numbers far from it; many among decimals are meant."""
    chance = np.random.default_rng(0)
    amounts = np.round(chance.normal(60, 5, 600), 2).astype(str)
    for zeros, seen in ((6, 6), (120, 0)):
        rows = pl.DataFrame({"logarithm": ["0.0"] * zeros + list(amounts[zeros:])})
        assert len(told(rows, "hidden_missing")) == seen
    whole = pl.DataFrame({"chol": ["0"] * 120 + chance.normal(230, 30, 480).astype(int).astype(str).tolist()})
    assert len(told(whole, "hidden_missing")) == 120


def test_less_is_a_step_of_less_even_more() -> None:
    """Where a fifth of the cells are -1 and all others 0 and 1, it is a value; one among ages stands for nothing."""
    scale = pl.DataFrame({"change": ["-1", "0", "0", "1", "0"] * 100})
    slips = scale.with_columns(
        pl.when(pl.int_range(pl.len()) % 250 != 1).then("change").otherwise(pl.lit("1000"))
    )
    assert ("change", "-1") not in told(slips, "hidden_missing")
    ages = pl.DataFrame({"age": ["-1", *[str(20 + n % 50) for n in range(499)]]})
    assert told(scale, "hidden_missing") == []
    assert told(ages, "hidden_missing") == [("age", "-1")]


def test_long_tails_of_two_columns_are_no_swap() -> None:
    """Skewed numbers meet far out in some rows; only two that changed places are told."""
    chance = np.random.default_rng(1)
    rows = pl.DataFrame(
        {name: np.round(chance.lognormal(2, 0.7, 4000), 1).astype(str) for name in ("los", "visits", "days")}
    )
    assert told(rows, "swapped") == []
    apart = pl.DataFrame(
        {"age": chance.integers(30, 60, 900).astype(str), "mass": chance.integers(300, 500, 900).astype(str)}
    )
    at = pl.int_range(pl.len()).is_in([7, 70, 700])
    mixed = apart.with_columns(
        age=pl.when(at).then("mass").otherwise("age"), mass=pl.when(at).then("age").otherwise("mass")
    )
    assert suspects(mixed).filter(kind="swapped")["row"].unique().sort().to_list() == [7, 70, 700]


def test_a_tail_is_usual_and_what_is_beyond_it_is_not() -> None:
    """Shares with a long tail to the left are usual down to its end; a share a thousand times too large is not."""
    chance = np.random.default_rng(2)
    shares = np.round(100 - chance.gamma(0.5, 8, 2000), 2).astype(str)
    rows = pl.DataFrame({"share": ["63140.0", *shares[1:]]})
    found = told(rows, "outlier")
    assert ("share", "63140.0") in found
    assert len(found) <= 8


def test_numbers_that_hang_together_give_no_law() -> None:
    """Age, less years of school, gives the years of work in most rows; the others are as right."""
    chance = np.random.default_rng(4)
    age, school = chance.integers(20, 64, 700), chance.choice([8, 12, 12, 12, 12, 16, 17], 700)
    rows = pl.DataFrame({"age": age, "exper": age - school - 6, "town": chance.choice(["a", "b"], 700)})
    assert told(rows, "dependency") == []


def test_a_part_that_was_not_asked_is_no_gap() -> None:
    """Three columns that are null in the same rows are a part of the form; a lone null of the same key is a gap."""
    rows = pl.DataFrame({"shop": [f"s{n % 60}" for n in range(1200)]}).with_columns(
        pl.concat_str(pl.lit(name), "shop").alias(name) for name in ("owner", "street", "phone_of")
    )
    part = pl.int_range(pl.len()) % 7 == 0
    asked = rows.with_columns(pl.when(~part).then(pl.col("owner", "street", "phone_of")))
    gap = rows.with_columns(owner=pl.when(pl.int_range(pl.len()) != 77).then("owner"))
    assert told(asked, "missing") == []
    assert suspects(gap).filter(kind="missing").select("row", "proposal").rows() == [(77, "owners17")]


def test_what_many_write_is_usage() -> None:
    """Towns in capitals in every eighth row and a class 7p in every sixth are as meant; one of either is not."""
    chance = np.random.default_rng(5)
    towns = chance.choice(["Menomonie", "Eau Claire", "Hudson", "Osseo"], 800)
    for every, seen in ((8, 0), (400, 2)):
        rows = pl.DataFrame({"town": [t.upper() if n % every == 0 else t for n, t in enumerate(towns)]})
        assert len(told(rows, "variant")) == seen
    order = pl.DataFrame({"order": chance.choice(["1", "2", "23", "46", "7p", "4"], 800)})
    assert told(order, "format") == []
    slip = order.with_columns(pl.when(pl.int_range(pl.len()) != 9).then("order").otherwise(pl.lit("4p")))
    assert suspects(slip).select("row", "value").rows() == [(9, "4p")]


def test_a_cut_word_is_told_and_a_short_name_is_not() -> None:
    """`Menom` is the beginning of a town that hundreds hold; Alex is a name beside few Alexanders."""
    towns = ["Menomonie", "Eau Claire", "Hudson", "Osseo", "New Richmond"] * 80
    rows = pl.DataFrame(
        {"town": ["Menom", *towns[1:]], "name": ["Alex", "Alexander", "Bo", "Eve", "Ida"] * 80}
    )
    rows = rows.with_columns(name=pl.concat_str("name", pl.int_range(pl.len()) // 20))
    assert suspects(rows).select("row", "column", "proposal").rows() == [(0, "town", "Menomonie")]


def test_none_is_an_answer_where_it_returns() -> None:
    """One `unknown` in 400 cells stands for nothing; a hundred `none` are an answer."""
    rows = pl.DataFrame(
        {"cut": ["unknown", *["fair", "good", "ideal"] * 133], "debtors": ["none", "one", "two", "co"] * 100}
    )
    assert told(rows, "hidden_missing") == [("cut", "unknown")]


def test_a_country_among_towns_and_the_town_beside_it() -> None:
    """Texts that changed places are told though hardly any town returns; a town of a state's name is left alone."""
    states = ["Ohio", "Texas", "New York", "Maine"] * 100
    rows = pl.DataFrame(
        {"town": [f"{chr(65 + n % 26)}town {chr(97 + n // 26)}" for n in range(400)], "state": states}
    )
    at, named = pl.int_range(pl.len()) == 77, pl.int_range(pl.len()) == 78
    mixed = rows.with_columns(
        town=pl.when(at).then("state").when(named).then(pl.lit("Texas")).otherwise("town"),
        state=pl.when(at).then("town").otherwise("state"),
    )
    assert suspects(mixed).filter(kind="swapped").select("row", "column").rows() == [
        (77, "state"),
        (77, "town"),
    ]
