"""What cleaning changed is said of each cell: hidden missing values, repeats, markup."""

import pytest

from tests.end_to_end.deployment import Deployment

HIDDEN = (
    # source, its column here and there, the code, how many cells
    ("medical__healthcare", "vessels", "ca", "4", 5),
    ("medical__healthcare", "thalassemia", "thal", "0", 2),
    ("medical__cardiac_arrest", "vessels", "ca", "4", 18),
    ("medical__cardiac_arrest", "thalassemia", "thal", "0", 7),
    ("medical__uci", "cholesterol_mg_dl", "chol", "0", 172),
    ("medical__uci", "resting_bp_mmhg", "trestbps", "0", 1),
)


@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda hidden: f"{hidden[0]}-{hidden[1]}")
def test_hidden_missing_values_are_null_with_a_reason(
    whole: Deployment, hidden: tuple[str, str, str, str, int]
) -> None:
    """Each such code became null; quality.repairs counts them before repeats were dropped."""
    source, column, field, code, cells = hidden
    assert whole.one(f"select count(*) from raw.{source} where {field} = '{code}'") == cells
    counted = whole.one(f"""
        select sum(cells) from quality.repairs
        where table_name = 'core.{source}' and column_name = '{column}' and rule = 'hidden_missing:{column}'""")
    assert counted == cells
    rows = whole.ask(f"""
        select c.{column} as value, list_filter(c._repairs, r -> r.column = '{column}')[1] as repair
        from core.{source} c join raw.{source} r on r._landing_id = c._landing_id and r._row = c._row
        where r.{field} = '{code}'""")
    assert rows.height > 0
    assert rows["value"].null_count() == rows.height
    assert {repair["value"] for repair in rows["repair"]} == {code}
    assert {repair["dimension"] for repair in rows["repair"]} == {"completeness"}


def test_1025_rows_are_302_patients(whole: Deployment) -> None:
    """The 723 repeats are in quality.duplicates, each with the row that stands for it, which is the first."""
    assert whole.one("select count(*) from core.medical__cardiac_arrest") == 302
    repeats = whole.ask("select * from quality.duplicates where table_name = 'core.medical__cardiac_arrest'")
    assert repeats.height == 723
    assert (repeats["_kept_row"] < repeats["_row"]).all()
    kept = "select _row from core.medical__cardiac_arrest"
    assert set(repeats["_kept_row"]) <= set(whole.ask(kept)["_row"])
    assert set(repeats["_row"]).isdisjoint(whole.ask(kept)["_row"])


def test_a_repeat_says_the_same_as_the_row_that_stands_for_it(whole: Deployment) -> None:
    """Compared as they were read, all 723 pairs are equal in every column."""
    columns = "age, sex, cp, trestbps, chol, fbs, restecg, thalach, exang, oldpeak, slope, ca, thal, target"
    same = whole.one(f"""
        select count(*) from quality.duplicates d
        join (select _row, row({columns}) as v from raw.medical__cardiac_arrest) a on a._row = d._row
        join (select _row, row({columns}) as v from raw.medical__cardiac_arrest) b on b._row = d._kept_row
        where d.table_name = 'core.medical__cardiac_arrest' and a.v = b.v""")
    assert same == 723


def test_markup_is_gone_from_texts_and_kept_in_repairs(whole: Deployment) -> None:
    """Where a text was changed, `_repairs` holds what was read, word for word."""
    changed = whole.ask("""
        select c.text, r.text as read, list_filter(c._repairs, x -> x.column = 'text')[1].value as before
        from core.social__posts c join raw.social__posts r on r._landing_id = c._landing_id and r._row = c._row
        where len(c._repairs) > 0""")
    assert changed.height > 300
    assert (changed["text"] != changed["read"]).all()
    assert (changed["before"] == changed["read"]).all()
    unchanged = whole.one("""
        select count(*) from core.social__posts c
        join raw.social__posts r on r._landing_id = c._landing_id and r._row = c._row
        where coalesce(len(c._repairs), 0) = 0 and c.text != r.text""")
    assert unchanged == 0
