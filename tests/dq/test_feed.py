import pandera.polars as pa
import polars as pl
import pytest

from connectors.delimited import Delimited
from connectors.files import Files
from dq.errors import ConfigError
from dq.feed import Feed


class Branch(pa.DataFrameModel):
    branch: int = pa.Field(ge=1)
    city: str

    class Config:
        name = "core.bank__branches"


SOURCE = Files("bank__branches", glob="branches.csv", reader=Delimited())
RAW = pl.LazyFrame(
    {
        "city": ["Ulm", "Bonn"],
        "branch": ["1", "one"],
        "note": ["a", "b"],
        "_landing_id": ["l", "l"],
        "_row": [2, 3],
    }
)


def test_the_source_names_everything() -> None:
    """Domain and tables follow from the source's name."""
    feed = Feed(SOURCE, Branch)
    assert (feed.name, feed.domain) == ("bank__branches", "bank")
    assert (feed.raw, feed.core) == ("raw.bank__branches", "core.bank__branches")
    assert feed.law.table == feed.core


def test_without_cleaning_columns_are_read_by_name() -> None:
    """The contract's columns, in its order and types; what cannot be read is null and a problem; others go."""
    rows = Feed(SOURCE, Branch).cleaned(RAW).collect()
    assert rows.columns[:4] == ["branch", "city", "_landing_id", "_row"]
    assert rows.select("branch", "city").rows() == [(1, "Ulm"), (None, "Bonn")]
    assert rows["_problems"].list.len().fill_null(0).to_list() == [0, 1]
    assert rows["_problems"][1][0]["value"] == "one"


def test_cleaning_of_ones_own_is_used_as_it_is() -> None:
    """`clean` replaces the reading by name."""
    feed = Feed(SOURCE, Branch, clean=lambda raw: raw.select(pl.col("city").str.to_uppercase()))
    assert feed.cleaned(RAW).collect()["city"].to_list() == ["ULM", "BONN"]


def test_a_contract_of_another_table_is_refused() -> None:
    """The message names both tables and where the contract is."""
    with pytest.raises(ConfigError, match=r"core\.bank__branches") as error:
        Feed(Files("bank__other", glob="x", reader=Delimited()), Branch)
    assert "core.bank__other" in str(error.value)
    assert Branch.__module__ in str(error.value)
