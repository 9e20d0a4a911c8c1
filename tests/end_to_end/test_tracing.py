"""From a row of a training set to the place in the world that it came from, by SQL."""

import hashlib
import json
from pathlib import Path

import pytest

from dq.landing import LandingStore, landing_from_row
from tests.end_to_end.deployment import Deployment

ROWS = {"finance": 1_000, "medical": 920, "social": 40_986}
MEMBERS = "(select *, unnest(_members) as member from training.{dataset})"


@pytest.mark.parametrize("dataset", ROWS)
def test_every_training_row_leads_to_an_address_and_a_row(whole: Deployment, dataset: str) -> None:
    """Each row has members; each member's landing is known, of the member's source, and has an address."""
    assert whole.one(f"select count(*) from training.{dataset}") == ROWS[dataset]
    assert whole.one(f"select count(*) from training.{dataset} where len(_members) = 0") == 0
    lost = whole.one(f"""
        select count(*) from {MEMBERS.format(dataset=dataset)} t
        left join raw.landings l on l.landing_id = t.member.landing_id and l.source = t.member.source
        where l.url is null or t.member.row is null""")
    assert lost == 0


DISPUTED = """exists (from quality.conflicts c where c.table_name = 'core.social' and c.column_name = 'score'
    and c.landing_id = r._landing_id and c.row = r._row and abs(c.value::double - r.mean::double) < 1e-6)"""
BEGINS = """contains(replace(replace(r.review, ' ', ''), '\u3000', ''),
    left(replace(replace({text}, ' ', ''), '\u3000', ''), 3))"""
REWRITTEN = f"""exists (
    from (select _landing_id, _row, unnest(_repairs) as repair from core.social__reviews_zh) c
    where c._landing_id = r._landing_id and c._row = r._row
    and c.repair.rule in ('half_width:text', 'chinese_script:text') and {BEGINS.format(text="c.repair.value")})"""
"""Text that was brought to one width or script is on record as it was."""
SAYS_THE_SAME = {
    ("finance", "finance__applicant_api"): """r.applicant = t.applicant::varchar
        and r.credit_amount = t.amount_dm::varchar and r.age = t.age_years::varchar""",
    ("finance", "finance__applicant_pages"): """r.applicant = t.applicant::varchar
        and r.credit_amount = t.amount_dm::varchar and r.age_in_years = t.age_years::varchar""",
    ("medical", "medical__uci"): "t.patient = 'uci-' || r.id and r.age::double = t.age_years",
    ("medical", "medical__statlog"): """r."Age"::double = t.age_years
        and (r."Heart Disease" = 'Presence') = t.disease""",
    ("medical", "medical__healthcare"): "r.age::double = t.age_years and (r.target = '0') = t.disease",
    ("medical", "medical__cardiac_arrest"): "r.age::double = t.age_years and (r.target = '0') = t.disease",
    ("social", "social__vader"): f"""t.text_id like '%-' || r.id
        and (abs(r.mean::double - t.score) < 1e-6 or {DISPUTED})""",
    ("social", "social__ratings"): """t.text_id like '%-' || r.item
        and abs(list_avg(r.ratings::bigint[]) - t.score) < 1e-6""",
    ("social", "social__posts"): "t.text_id = 'tweets-' || r.post_id",
    ("social", "social__reviews_zh"): f"""t.text_id = 'zh-' || r.review_id and
        ({BEGINS.format(text="t.text")} or {REWRITTEN})""",
}
"""What a raw row must say, in its own words, of the training row that names it as a member."""


@pytest.mark.parametrize(("dataset", "source"), SAYS_THE_SAME)
def test_the_raw_row_says_the_same(whole: Deployment, dataset: str, source: str) -> None:
    """Every member of every training row is there in raw, once, and says what the training row says."""
    members, agree = whole.ask(f"""
        select count(*), count(*) filter ({SAYS_THE_SAME[dataset, source]})
        from {MEMBERS.format(dataset=dataset)} t
        left join raw.{source} r on r._landing_id = t.member.landing_id and r._row = t.member.row
        where t.member.source = '{source}'""").row(0)
    assert members >= 270
    assert agree == members


def test_every_landed_body_is_what_was_fetched(whole: Deployment) -> None:
    """All 346 bodies are on disk with the hash that raw.landings names, and each row says its licence."""
    rows = whole.ask("select * from raw.landings").to_dicts()
    store = LandingStore(whole.home / "landing")
    assert len(rows) == 346
    for row in rows:
        body = store.read(landing_from_row(row))
        assert hashlib.sha256(body).hexdigest() == row["sha256"]
        assert len(body) == row["bytes"]
        assert row["licence"]


@pytest.mark.parametrize(
    ("source", "file", "encoding", "columns"),
    [
        (
            "finance__cdnow",
            "finance/cdnow.csv",
            "utf-8",
            ("customer_id", "date", "number_of_cds", "dollar_value"),
        ),
        ("medical__cardiac_arrest", "medical/cardiac_arrest.csv", "utf-8", ("age", "sex", "cp", "trestbps")),
        ("social__reviews_zh", "social/reviews_zh.csv", "gb18030", ("review_id", "label")),
    ],
)
def test_a_row_of_a_file_is_the_line_that_it_names(
    whole: Deployment, source: str, file: str, encoding: str, columns: tuple[str, ...]
) -> None:
    """A hundred rows, spread over the file: line `_row` of the file that the landing names begins with the row."""
    url = whole.one(f"select l.url from raw.landings l where l.source = '{source}'")
    assert url == f"file:{file}"
    lines = (Path(whole.files) / file).read_bytes().decode(encoding).split("\n")
    rows = whole.ask(f"select _row, {', '.join(columns)} from raw.{source} order by _row")
    for number, *cells in rows.gather_every(max(1, rows.height // 100)).iter_rows():
        assert lines[number - 1].startswith(",".join(cells)), number


def test_a_row_that_is_not_there_is_explained(whole: Deployment) -> None:
    """Asked for a near repeat, `dq trace` names the review that stays; `dq why` tells it of the row as it was read."""
    key, stays = whole.ask("select key, kept_key from quality.near_duplicates order by key limit 1").row(0)
    traced = whole.dq("trace", "social", "--row", key)
    assert traced.code == 2
    assert f"nearly repeats '{stays}', which stays" in " ".join(traced.err.split())
    assert whole.dq("trace", "social", "--row", stays).code == 0
    told = whole.dq("why", "social__reviews_zh", f"review_id = '{key.removeprefix('zh-')}'", "--json")
    (fate,) = json.loads(told.out)
    assert [step["state"] for step in fate["steps"]] == ["deduplicated", "accepted", "merged", "released"]
