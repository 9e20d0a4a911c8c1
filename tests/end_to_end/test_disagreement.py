"""The defects planted by nature: a sorted column, an inverted label, structures of drugs. All are found and shown."""

import polars as pl
import pytest

from tests.end_to_end.deployment import Deployment

SORTED = "table_name = 'core.finance' and column_name = 'personal_status_and_sex'"
INVERTED = "table_name = 'core.medical' and column_name = 'disease'"


@pytest.fixture(scope="module")
def cells(whole: Deployment) -> pl.DataFrame:
    return whole.ask(f"select * from quality.conflicts where {SORTED}")


def test_599_sorted_cells_each_with_both_values_and_the_decision(cells: pl.DataFrame) -> None:
    """Of each of 599 applicants there are two rows, one a source, with different values; the API's won."""
    assert cells["entity"].n_unique() == 599
    assert cells.height == 2 * 599
    both = cells.group_by("entity").agg(
        pl.col("source").sort(), pl.col("value").n_unique().alias("values"), pl.col("won").sum()
    )
    assert both["source"].to_list() == [["finance__applicant_api", "finance__applicant_pages"]] * 599
    assert both["values"].unique().to_list() == [2]
    assert both["won"].unique().to_list() == [1]
    assert cells.filter("won")["source"].unique().to_list() == ["finance__applicant_api"]
    assert cells["rule"].str.len_chars().min() > 0
    lost = cells.filter(~pl.col("won"))["rule"]
    assert lost.str.contains("vote of finance__applicant_pages set aside: sorted").all()


def test_both_origins_of_a_sorted_cell_lead_to_its_value(whole: Deployment) -> None:
    """Each of the 1,198 values is found again, word for word, in the raw row of the page that it names."""
    pages = whole.one(f"""
        select count(*) from quality.conflicts c
        join raw.finance__applicant_pages p on p._landing_id = c.landing_id and p._row = c.row
        join raw.landings l on l.landing_id = c.landing_id
        where {SORTED} and c.value = p.personal_status_and_sex and c.entity = p.applicant
        and l.url like '%/finance/applicants/page-%.html'""")
    api = whole.one(f"""
        select count(*) from quality.conflicts c
        join raw.finance__applicant_api a on a._landing_id = c.landing_id and a._row = c.row
        join raw.landings l on l.landing_id = c.landing_id
        where {SORTED} and c.entity = a.applicant and l.url like '%/api/finance/applicants?%'
        and c.value = map {{'A91': 'male : divorced/separated', 'A92': 'female : divorced/separated/married',
            'A93': 'male : single', 'A94': 'male : married/widowed', 'A95': 'female : single'}}[a.status_sex]""")
    assert (pages, api) == (599, 599)


def test_the_sorted_column_is_one_finding(whole: Deployment) -> None:
    """quality.findings has it once: which source, how many of how many, and what was done."""
    finding = whole.ask("select * from quality.findings where table_name = 'core.finance'").row(0, named=True)
    assert whole.one("select count(*) from quality.findings where table_name = 'core.finance'") == 1
    said = {
        name: finding[name] for name in ("column_name", "source", "against", "kind", "checked", "disagree")
    }
    assert said == {
        "column_name": "personal_status_and_sex",
        "source": "finance__applicant_pages",
        "against": "finance__applicant_api",
        "kind": "sorted",
        "checked": 1_000,
        "disagree": 599,
    }
    assert finding["action"] == "vote set aside"


def test_merged_applicants_have_the_unsorted_value(whole: Deployment) -> None:
    """All 1,000 merged applicants carry the API's value, and so does the training set."""
    for table in ("core.finance", "training.finance"):
        same = f"""select count(*) from {table} join core.finance__applicant_api a using (applicant)
                   where {table}.personal_status_and_sex = a.personal_status_and_sex"""
        assert whole.one(same) == 1_000


def test_303_inverted_labels_lost(whole: Deployment) -> None:
    """All 303 labels of the inverted copy are shown, none won, and each says why it had no vote."""
    lost = whole.ask(f"select * from quality.conflicts where {INVERTED} and source = 'medical__healthcare'")
    assert lost.height == 303
    assert not lost["won"].any()
    assert lost["rule"].str.contains("vote of medical__healthcare set aside: inverted").all()
    assert lost.select("landing_id", "row").n_unique() == 303


def test_each_inverted_label_stands_beside_the_one_that_won(whole: Deployment) -> None:
    """For each there is the value of another source, the opposite, which won; Statlog gives 269 a second voice."""
    winners = whole.ask(f"""
        select c.entity, c.value as lost, w.source, w.value as won
        from (select * from quality.conflicts where {INVERTED} and source = 'medical__healthcare') c
        join (select * from quality.conflicts where {INVERTED} and won) w using (entity)""")
    assert (winners["lost"] != winners["won"]).all()
    assert winners.filter(source="medical__uci").height == 303
    assert winners.filter(source="medical__statlog")["entity"].n_unique() == 269


def test_the_inverted_label_is_found(whole: Deployment) -> None:
    """quality.findings names the copy, that it is inverted in 303 of 303, and proposes the fix in words."""
    finding = whole.ask(f"""select * from quality.findings
        where {INVERTED} and source = 'medical__healthcare' and against like '%medical__uci%'""")
    assert finding["kind"].to_list() == ["inverted"]
    assert finding.select("checked", "disagree").row(0) == (303, 303)
    assert "('medical__healthcare', 'disease'): 'invert'" in finding["proposal"].item()
    assert finding["action"].item() == "vote set aside"


def test_merged_labels_are_those_of_the_numbered_source(whole: Deployment) -> None:
    """core.medical holds 920 patients, each with UCI's label; the training set the same."""
    for table in ("core.medical", "training.medical"):
        same = f"select count(*) from {table} m join core.medical__uci u using (patient) where m.disease = u.disease"
        assert whole.one(same) == 920


def test_the_copy_has_no_vote_of_its_own(whole: Deployment) -> None:
    """The source that repeats another is shown in the conflicts and never won a label."""
    copies = whole.ask(
        f"select * from quality.conflicts where {INVERTED} and source = 'medical__cardiac_arrest'"
    )
    assert copies.height == 302
    assert not copies["won"].any()


def test_no_conflict_is_without_a_second_value(whole: Deployment) -> None:
    """Every disputed cell of every domain has at least two values, at least one that won, and a rule."""
    cells = whole.ask("""
        select count(distinct value) as values, count(*) filter (won) as won, min(length(rule)) as words
        from quality.conflicts group by table_name, entity, column_name""")
    assert cells["values"].min() >= 2
    assert cells["won"].min() >= 1
    assert cells["words"].min() > 0


def test_scores_recomputed_from_answers_win_over_published_ones(whole: Deployment) -> None:
    """Where the raters' own answers and the published mean differ, core.social has the answers' mean."""
    wrong = whole.one("""
        select count(*) from core.social s join core.social__ratings r using (text_id)
        where abs(s.score - r.score) > 1e-6""")
    assert wrong == 0
    cells = whole.ask("select source, won from quality.conflicts where table_name = 'core.social'")
    assert cells.filter("won")["source"].unique().to_list() == ["social__ratings"]


def test_drugs_without_a_shared_number_are_matched_and_their_structures_compared(whole: Deployment) -> None:
    """1,011 substances are in both lists; of 256 the lists tell another number of stereocentres, both shown."""
    both = whole.one(
        "select count(*) from core.medical__drug where molecule is not null and chembl_id is not null"
    )
    tied = "table_name = 'core.medical__drug' and decision = 'match'"
    assert whole.one(f"select count(*) from quality.matches where {tied}") == both == 1_011
    structures = whole.ask("""
        select entity, c.source, value, smiles from quality.conflicts c
        join (select _landing_id, _row, smiles from core.medical__b3db
              union all select _landing_id, _row, smiles from core.medical__chembl) m
        on m._landing_id = c.landing_id and m._row = c.row
        where table_name = 'core.medical__drug' and column_name = 'stereocentres'""")
    assert structures["entity"].n_unique() == 256
    assert structures.height == 2 * 256
    marks = structures["smiles"].str.count_matches(r"\[[^\]@]*@")
    assert marks.cast(pl.String).to_list() == structures["value"].to_list()


def test_drugs_of_one_name_and_other_atoms_are_for_a_human_to_look_at(whole: Deployment) -> None:
    """The review queue holds what bears one name in both lists and is of nearly the same atoms, not of the same."""
    queue = whole.ask("""
        select fields from quality.matches where table_name = 'core.medical__drug' and decision = 'review'""")
    fields = queue.with_row_index("pair").explode("fields").unnest("fields")
    by_pair = fields.pivot("column_name", index="pair", values="similarity")
    assert by_pair.filter((pl.col("name") == 1) & (pl.col("atoms") < 1)).height > 50
