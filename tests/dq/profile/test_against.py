"""A table held against a contract: what breaks it, what it could ask on top."""

import pandera.polars as pa
import polars as pl

from dq.contract import Contract
from dq.profile import profile
from dq.profile.against import compare


class Person(pa.DataFrameModel):
    person_id: int
    age: int = pa.Field(nullable=True, in_range={"min_value": 0, "max_value": 1000})
    sex: str = pa.Field(isin=("f", "m", "x"))
    height: float = pa.Field(ge=100)
    email: str

    class Config:
        name = "core.people"


ROWS = pl.DataFrame(
    {
        "person_id": [str(n) for n in range(200)],
        "age": [str(20 + n % 50) for n in range(200)],
        "sex": ["f", "m"] * 100,
        "height": ["90", "tall", *["170.5"] * 198],
        "town": ["York"] * 200,
    }
)


def test_breaks_and_slack_are_counted() -> None:
    """Each column's differences are told once, with how many of how many rows."""
    made = compare(ROWS, profile(ROWS, "core.people"), Contract(Person))
    told = {(one.kind, one.column, one.rule.partition("(")[0]): one.count for one in made.differences}
    assert told == {
        ("missing", "email", ""): 200,
        ("unread", "height", ""): 1,
        ("broken", "height", "height:ge"): 1,
        ("tighten", "person_id", "unique"): 200,
        ("tighten", "age", "nullable"): 200,
        ("tighten", "age", "in_range"): 200,
        ("tighten", "sex", "isin"): 200,
        ("unknown", "town", ""): 200,
    }


def test_a_table_that_fits_has_no_difference() -> None:
    """Where the contract says what the data is, there is nothing to tell."""

    class Fitting(pa.DataFrameModel):
        person_id: int = pa.Field(unique=True, ge=0)
        sex: str = pa.Field(isin=("f", "m"))

        class Config:
            name = "core.people"

    rows = ROWS.select("person_id", "sex")
    assert compare(rows, profile(rows, "core.people"), Contract(Fitting)).differences == ()
