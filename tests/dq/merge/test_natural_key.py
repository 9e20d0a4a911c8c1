import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.errors import SchemaError
from dq.merge import link

ROWS = st.lists(
    st.tuples(st.sampled_from([None, 63, 41]), st.sampled_from([None, 233.0, 0.0, -0.0, 233.0000001]))
)


def rows(values):
    """Rows of (age, chol)."""
    return pl.DataFrame(values, schema={"age": pl.Int64, "chol": pl.Float64}, orient="row")


def key(age, chol):
    """The natural key as it is compared, or null."""
    return None if age is None or chol is None else (age, round(chol, 6) + 0.0)


@settings(max_examples=40)
@given(known=ROWS, new=ROWS)
def test_only_the_one_entity_that_fits_is_linked(known, new):
    """A row gets an entity's id if and only if exactly one entity has its key; the counts add up to the
    rows."""
    reference = rows(known).with_columns(id=pl.int_range(pl.len()).cast(pl.String))
    told = link(rows(new), reference, on=["age", "chol"], id="id", source="web")
    assert told.frame.select("age", "chol").equals(rows(new))
    assert told.linked + told.ambiguous + told.unlinked == len(new)
    for value, given_id in zip(new, told.frame["id"].to_list(), strict=True):
        fits = [str(i) for i, other in enumerate(known) if key(*value) and key(*other) == key(*value)]
        assert given_id == fits[0] if len(fits) == 1 else given_id.startswith("web:")


@settings(max_examples=40)
@given(new=ROWS)
def test_an_id_of_its_own_is_the_same_for_equal_rows_only(new):
    """Unlinked rows share an id if and only if their content is the same, in any order, alone or together."""
    told = link(rows(new), rows([]).with_columns(id=pl.lit("")), on=["age"], id="id", source="web").frame
    same: dict[str, set[str]] = {}
    for (age, chol), given_id in zip(new, told["id"], strict=True):
        same.setdefault(given_id, set()).add(str((age, chol)))
    assert all(len(contents) == 1 for contents in same.values())
    assert len(same) == len({str(value) for value in new})
    alone = [
        link(rows([v]), rows([]).with_columns(id=pl.lit("")), on=["age"], id="id", source="web").frame["id"][
            0
        ]
        for v in new
    ]
    assert alone == told["id"].to_list()


def test_own_ids_are_pinned():
    """An entity's id is the same in every release."""
    told = link(rows([(63, 1.5)]), rows([]).with_columns(id=pl.lit("")), on=["age"], id="id", source="web")
    assert told.frame["id"].to_list() == ["web:a1187b3a1d4e20a5"]


def test_a_missing_column_is_refused():
    """Linking on a column that one side lacks is an error of the call."""
    with pytest.raises(SchemaError, match="cannot link web: no column sex"):
        link(rows([]), rows([]).with_columns(id=pl.lit("")), on=["sex"], id="id", source="web")
