"""A world that goes wrong: a page without its fields, a CSV with broken lines, a site that is down, a bad delivery."""

import duckdb

from tests.end_to_end.troubling import BROKEN, PAGE, Trouble, counts


def test_a_page_without_its_fields_costs_its_own_records(trouble: Trouble) -> None:
    """Ten records of one page are in quarantine with URL, number, rule and text; the other 990 arrive."""
    assert trouble.first.code == 0, trouble.first.out + trouble.first.err
    assert trouble.after_first["core.finance__applicant_pages"] == 990
    assert trouble.after_first["core.finance"] == 1_000
    with at_end_of_first_run(trouble) as lake:
        rejects = lake.sql("""
            select q._row, q.text, q._reasons, l.url
            from quarantine.raw__finance__applicant_pages q
            join raw.landings l on l.landing_id = q._landing_id order by 1""").pl()
    assert rejects["_row"].to_list() == list(range(1, 11))
    assert all(url.endswith(PAGE) for url in rejects["url"])
    for text, reasons in rejects.select("text", "_reasons").iter_rows():
        assert "data-was=" in text
        assert len(reasons) == 21
        assert {reason["rule"].partition(":")[0] for reason in reasons} == {"selector"}
        assert all("data-field=" in reason["value"] for reason in reasons)


def test_broken_lines_are_refused_one_by_one(trouble: Trouble) -> None:
    """Three lines of 69,659 are in quarantine, each with its line, its offset in the file, its rule and its text."""
    assert trouble.after_first["core.finance__cdnow"] == 69_656
    with at_end_of_first_run(trouble) as lake:
        rejects = lake.sql("from quarantine.raw__finance__cdnow order by _row").pl().to_dicts()
    assert [reject["_row"] for reject in rejects] == list(BROKEN)
    body = b"\n".join(trouble.lines)
    for reject in rejects:
        line, rule = BROKEN[reject["_row"]]
        assert [reason["rule"] for reason in reject["_reasons"]] == [rule]
        assert body[reject["byte_offset"] :].startswith(line)
        assert reject["text"][:4] == line.decode("utf-8", "replace")[:4]


def test_the_ledger_counts_what_was_refused(trouble: Trouble) -> None:
    """In the first run's ledger the ten records and the three lines are quarantined, and the table says so."""
    ledger = trouble.deployment.ask("""
        select table_name, arg_min(rows_in, "at") as rows_in, arg_min(quarantined, "at") as quarantined
        from quality.ledger where table_name like 'raw.%' group by 1""")
    assert {row[0]: row[1:] for row in ledger.iter_rows()} == {
        "raw.finance__applicant_api": (1_000, 0),
        "raw.finance__applicant_pages": (1_000, 10),
        "raw.finance__cdnow": (69_659, 3),
        "raw.finance__phishing": (1_250, 0),
    }


def test_a_site_that_is_down_fails_its_feeds_with_a_message(trouble: Trouble) -> None:
    """Exit code 4; each feed of the site names the URL, the attempts and what to do, and no trace of code."""
    assert trouble.second.code == 4
    told = trouble.second.err
    assert f"{trouble.down}/api/finance/applicants" in told
    assert f"{trouble.down}/finance/applicants/page-001.html" in told or f"{trouble.down}/robots.txt" in told
    assert "hint:" in told
    assert "Traceback" not in told
    assert "trying again" in told
    assert "raw.finance__applicant_pages" in trouble.second.out


def test_a_blocked_table_keeps_its_last_good_rows(trouble: Trouble) -> None:
    """More than half of a delivery is rejected: nothing of it is published, and the evidence is kept."""
    assert "core.finance__cdnow was not published" in trouble.second.err
    assert "core.finance__cdnow" in trouble.second.out
    assert trouble.after_second["core.finance__cdnow"] == 69_656
    assert len(trouble.refused) == 3
    for row in trouble.refused:
        assert row["_reasons"]
        assert row["_contract"]
        assert str(row["dollar_value"]).endswith("0000-")


def test_what_hangs_on_a_failure_stays_as_it_was(trouble: Trouble) -> None:
    """Merged table, conflicts and release are those of the last good run."""
    assert trouble.after_second == trouble.after_first
    assert "skipped" in trouble.second.err or "core.finance " not in trouble.second.err


def test_a_failed_run_is_noted_as_failed(trouble: Trouble) -> None:
    """quality.runs says which of the three failed."""
    runs = trouble.deployment.ask("select status from quality.runs order by started_at")
    assert runs["status"].to_list() == ["succeeded", "failed", "succeeded"]


def test_when_the_cause_is_mended_all_is_well_again(trouble: Trouble) -> None:
    """The next run takes the mended page and file: 1,000 and 69,659 rows, nothing in quarantine."""
    assert trouble.third.code == 0, trouble.third.out + trouble.third.err
    now = counts(trouble.deployment)
    assert now["core.finance__applicant_pages"] == now["core.finance"] == 1_000
    assert now["core.finance__cdnow"] == 69_659
    assert now["quality.conflicts"] == 1_198
    for table in ("raw__finance__applicant_pages", "raw__finance__cdnow"):
        assert trouble.deployment.one(f"select count(*) from quarantine.{table}") == 0


def at_end_of_first_run(trouble: Trouble) -> duckdb.DuckDBPyConnection:
    """Open the warehouse as it was when the first run had ended."""
    at = trouble.deployment.one("""
        select max(snapshot_id) from lake.snapshots()
        where snapshot_time <= (select finished_at from quality.runs order by started_at limit 1)""")
    return trouble.deployment.warehouse.connect(at=at)  # type: ignore[arg-type]
