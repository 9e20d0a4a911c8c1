"""Rejected rows: as they were read, with every reason, the contract's version and the run."""

import json

import pytest

from checks.social__reviews_zh import Review
from dq.contract import Contract
from tests.end_to_end.deployment import Deployment

FIRST_RUN = "select run_id from quality.runs order by started_at limit 1"
TABLE = "quarantine.core__social__reviews_zh"


def test_rejected_reviews_have_every_reason(whole: Deployment) -> None:
    """122 reviews, by rule 94 + 27 + 1, each with at least one reason, this contract's version and this run."""
    assert whole.one(f"select count(*) from {TABLE}") == 122
    assert whole.one(f"select min(len(_reasons)) from {TABLE}") == 1
    reasons = whole.ask(
        f"select r.rule, count(*) from (select unnest(_reasons) as r from {TABLE}) group by 1"
    )
    assert dict(reasons.iter_rows()) == {
        "one_opinion_per_text": 94,
        "written_in_chinese": 27,
        "text:not_null": 1,
    }
    assert whole.ask(f"select distinct _contract from {TABLE}").item() == Contract(Review).version
    assert whole.ask(f"select distinct _run_id from {TABLE}").item() == whole.one(FIRST_RUN)


def test_rejected_rows_are_as_they_were_read(whole: Deployment) -> None:
    """Each of the 122 is the raw row, cell by cell, but for phones and addresses in four, and is not in core."""
    masked = "regexp_replace(q.review, '<(phone|email)>', '%', 'g')"
    same, rewritten = whole.ask(f"""
        select count(*), count(*) filter (q.review is distinct from r.review) from {TABLE} q
        join raw.social__reviews_zh r on r._landing_id = q._landing_id and r._row = q._row
        where q.review_id is not distinct from r.review_id and q.label is not distinct from r.label
        and (q.review is not distinct from r.review or q.review <> {masked} and r.review like {masked})""").row(
        0
    )
    accepted = whole.one(f"select count(*) from {TABLE} q join core.social__reviews_zh c on c._row = q._row")
    assert (same, rewritten, accepted) == (122, 4, 0)


def test_contradicting_opinions_come_in_pairs(whole: Deployment) -> None:
    """The 94 rows of one_opinion_per_text are 47 texts, each once positive and once negative."""
    texts = whole.ask(f"""
        select trim(review) as text, list(distinct label order by label) as labels, count(*) as n
        from {TABLE} where list_contains(list_transform(_reasons, r -> r.rule), 'one_opinion_per_text')
        group by 1""")
    assert texts["labels"].to_list() == [["neg", "pos"]] * 47
    assert texts["n"].to_list() == [2] * 47


def test_rule_counts_are_in_quality_rules(whole: Deployment) -> None:
    """quality.rules says of each rule how many rows were checked and failed, the same as the quarantine counts."""
    rules = whole.ask("""select rule, failed, passed from quality.rules
        where table_name = 'core.social__reviews_zh' and failed > 0""")
    assert {row[0]: row[1] for row in rules.iter_rows()} == {
        "one_opinion_per_text": 94,
        "written_in_chinese": 27,
        "text:not_null": 1,
    }
    assert not rules["passed"].any()


def test_the_command_shows_them(whole: Deployment) -> None:
    """`dq quarantine` lists tables, rules and counts; with a table it names file and line of each row."""
    listed = whole.dq("quarantine")
    assert listed.code == 0
    assert "one_opinion_per_text" in listed.out
    shown = whole.dq("quarantine", "core.social__reviews_zh", "--rule", "written_in_chinese", "--limit", "3")
    assert shown.code == 0
    assert "file:social/reviews_zh.csv row 2208" in shown.out
    assert "3 of 27 rows" in shown.out


def test_status_as_json_is_the_ledger(whole: Deployment) -> None:
    """`dq status medical --json` is JSON: medical's tables alone, with counts and scores."""
    ended = whole.dq("status", "medical", "--json")
    rows = {row["table_name"]: row for row in json.loads(ended.out)}
    assert len(rows) == 6 + 6 + 2 + 2
    assert all("medical" in name for name in rows)
    assert rows["core.medical__cardiac_arrest"]["deduplicated"] == 723
    assert rows["core.medical"]["consistency"] == pytest.approx(0.9524, abs=1e-3)
