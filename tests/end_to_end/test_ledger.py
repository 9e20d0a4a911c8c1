"""What became of every row of every table."""

import re

import polars as pl
import pytest

from tests.end_to_end.deployment import Deployment, Ended

RECORDS = {
    "raw.finance__applicant_api": 1_000,
    "raw.finance__applicant_pages": 1_000,
    "raw.finance__cdnow": 69_659,
    "raw.finance__phishing": 1_250,
    "raw.medical__b3db": 7_807,
    "raw.medical__cardiac_arrest": 1_025,
    "raw.medical__chembl": 2_628,
    "raw.medical__healthcare": 303,
    "raw.medical__statlog": 270,
    "raw.medical__uci": 920,
    "raw.social__posts": 4_200,
    "raw.social__ratings": 23_703,
    "raw.social__reviews_zh": 35_124,
    "raw.social__vader": 23_703,
}
"""How many records each source was published with."""


def test_every_published_record_arrives(whole: Deployment) -> None:
    """Each raw table holds as many rows as its source was published with, and no source is missing."""
    ledger = whole.ask("select table_name, accepted from quality.ledger where table_name like 'raw.%'")
    assert dict(ledger.iter_rows()) == RECORDS
    for table, records in RECORDS.items():
        assert whole.one(f"select count(*) from {table}") == records, table


def test_every_ledger_balances(whole: Deployment) -> None:
    """Rows in = accepted + quarantined + deduplicated + superseded, in each of the 38 tables."""
    ledger = whole.ask("from quality.ledger")
    parts = ledger.select(pl.sum_horizontal("accepted", "quarantined", "deduplicated", "superseded"))
    assert parts.to_series().to_list() == ledger["rows_in"].to_list()
    assert ledger["table_name"].n_unique() == ledger.height == 38


def test_the_ledger_tells_the_truth(whole: Deployment) -> None:
    """Counted in the tables themselves, accepted, quarantined and deduplicated are what the ledger says."""
    for table, accepted, quarantined, deduplicated in whole.ask(
        "select table_name, accepted, quarantined, deduplicated from quality.ledger"
    ).iter_rows():
        assert whole.one(f"select count(*) from {table}") == accepted, table
        quarantine = f"quarantine.{table.replace('.', '__')}"
        assert whole.one(f"select count(*) from {quarantine}") == quarantined, table
        repeats = [
            whole.one(f"select count(*) from quality.{name} where table_name = '{table}'")
            for name in ("duplicates", "near_duplicates")
        ]
        assert sum(repeats) == deduplicated, table


def test_no_row_is_lost_between_stages(whole: Deployment) -> None:
    """What goes into a stage is all that the stage before accepted, or that its sources did."""
    ledger = {row["table_name"]: row for row in whole.ask("from quality.ledger").iter_rows(named=True)}
    for raw in RECORDS:
        assert ledger[raw.replace("raw.", "core.")]["rows_in"] == ledger[raw]["accepted"], raw
    merged = {
        "core.social": ("posts", "vader", "ratings", "reviews_zh"),
        "core.finance": ("applicant_pages", "applicant_api"),
        "core.medical": ("uci", "statlog", "healthcare", "cardiac_arrest"),
    }
    for table, sources in merged.items():
        given = sum(ledger[f"{table}__{source}"]["accepted"] for source in sources)
        assert ledger[table]["rows_in"] == given, table
        shown = ledger[table.replace("core.", "training.")]
        assert shown["rows_in"] == ledger[table]["accepted"], table
    drugs = (ledger[f"core.medical__{source}"]["accepted"] for source in ("b3db", "chembl"))
    assert ledger["core.medical__drug"]["rows_in"] == sum(drugs)


@pytest.mark.parametrize("table", sorted(RECORDS))
def test_a_row_is_named_once(whole: Deployment, table: str) -> None:
    """Landing and row name each raw row once, and each row's landing is known."""
    rows = f"(select distinct _landing_id, _row from {table})"
    assert whole.one(f"select count(*) from {rows}") == RECORDS[table]
    lost = f"{rows} where _landing_id not in (select landing_id from raw.landings)"
    assert whole.one(f"select count(*) from {lost}") == 0


def test_the_run_is_noted(whole: Deployment) -> None:
    """quality.runs has the run, which succeeded, with the code's version."""
    run = whole.ask("from quality.runs order by started_at limit 1")
    assert run["status"].to_list() == ["succeeded"]
    assert run["finished_at"].item() > run["started_at"].item()
    assert len(run["code_version"].item()) == 12


def test_the_table_at_the_end_shows_every_ledger(whole: Deployment, whole_end: Ended) -> None:
    """The run ends with a line a table with all its counts, and then says what to do next."""
    for row in whole.ask("from quality.ledger").iter_rows(named=True):
        line = next(line for line in whole_end.out.splitlines() if f"│{row['table_name']} " in line)
        cells = [cell.strip() for cell in line.strip("│").split("│")]
        counts = ("rows_in", "accepted", "quarantined", "deduplicated", "superseded")
        assert cells[1:6] == [f"{row[name]:,}" if row[name] else "·" for name in counts]
    assert "What to do next" in whole_end.out


def test_progress_has_a_line_for_every_step(whole: Deployment, whole_end: Ended) -> None:
    """On standard error each table is named once when it is done, and nothing failed on the way."""
    tables = whole.ask("select distinct table_name from quality.ledger order by 1")["table_name"].to_list()
    assert sorted(re.findall(r"^✓ (\S+)", whole_end.err, re.MULTILINE)) == tables, whole_end.err
    assert "✗" not in whole_end.err


def test_scores_are_shares(whole: Deployment) -> None:
    """Every score is between 0 and 1, and that of finance's consistency is what the sorted column leaves."""
    scores = whole.ask("from quality.scores where score is not null")
    assert scores["score"].is_between(0, 1).all()
    consistency = scores.filter(table_name="core.finance", dimension="consistency")["score"].item()
    assert consistency == pytest.approx(1 - 599 / 21_000, abs=1e-9)
