from pathlib import Path

import dagster as dg
import pytest

from assets.contract_checks import asset_key
from assets.definitions import feeds
from assets.fetch import main, named
from dq.errors import UserError
from dq.warehouse import Warehouse
from tests.end_to_end.troubling import closed_port

API = "finance__applicant_api"


@pytest.fixture
def home(tmp_path: Path, sample_root: Path, sample_site: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty deployment before the sample site."""
    for name, value in {
        "DQ_HOME": str(tmp_path / "home"),
        "DQ_FILES": str(sample_root / "files"),
        "DQ_SAMPLE_SITE": sample_site,
        "DAGSTER_HOME": str(tmp_path / "home" / "dagster"),
        "COLUMNS": "160",
    }.items():
        monkeypatch.setenv(name, value)
    return tmp_path / "home"


def test_a_dry_run_shows_and_writes_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two pages of ten are shown with their rows, and there is no folder afterwards."""
    assert main([API, "--dry-run", "--bodies", "2", "--rows", "1"]) == 0
    shown = capsys.readouterr().out
    assert "page=2&per_page=100" in shown
    assert "page=3" not in shown
    assert "2 new · 0 changed · none are there from before · stopped early" in shown
    assert "First rows of 200" in shown
    assert not home.exists()


def test_a_fetch_lands_publishes_and_says_what_it_cost(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """1,000 rows are in the raw table and in Dagster's history; the second time nothing is new, nor in a dry run."""
    assert main([API]) == 0
    first = capsys.readouterr().out
    assert f"raw.{API}: 1,000 rows · published" in first
    assert "records read 1,000 = accepted 1,000 + rejected 0" in first
    assert main([API]) == 0
    second = capsys.readouterr().out
    assert "1,000 rows · nothing new" in second
    assert "10 requests · 10 not modified" in second
    assert main([API, "--dry-run"]) == 0
    assert "0 new · 0 changed · 10 unchanged since the last time" in capsys.readouterr().out
    warehouse = Warehouse(home / "lake")
    assert warehouse.ask(f"select count(*) from raw.{API}") == [(1000,)]
    assert warehouse.ask("select status, count(*) from quality.runs group by all") == [("succeeded", 2)]
    with dg.DagsterInstance.get() as instance:
        event = instance.get_latest_materialization_event(asset_key(f"raw.{API}"))
    assert event is not None
    assert event.asset_materialization is not None
    assert event.asset_materialization.metadata["not_modified"].value == 10


def test_rejected_records_are_told_with_their_reason(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line too short is counted, and shown with its number, in the dry run and after the fetch."""
    (tmp_path / "files" / "finance").mkdir(parents=True)
    (tmp_path / "files" / "finance" / "cdnow.csv").write_bytes(
        b"customer_id,date,number_of_cds,dollar_value\n1,19970101,1,11.77\n2,19970112\n"
    )
    monkeypatch.setenv("DQ_FILES", str(tmp_path / "files"))
    for words in (["--dry-run"], []):
        assert main(["finance__cdnow", *words]) == 0
        shown = capsys.readouterr().out
        assert "rejected by csv:field_count: 1" in shown
        assert "line 3" in shown
    assert "records read 2 = accepted 1 + rejected 1" in shown


def test_a_source_that_is_down_ends_with_3(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the file's folder; the run is noted as failed."""
    monkeypatch.setenv("DQ_FILES", str(home))
    assert main(["finance__cdnow"]) == 3
    assert "no file matches finance/cdnow.csv" in capsys.readouterr().err
    assert Warehouse(home / "lake").ask("select status from quality.runs") == [("failed",)]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("applicant", API),
        ("finance__cdnwo", "finance__cdnow"),
        ("cdnwo", "finance__cdnow"),
        ("xyz", "there are"),
    ],
)
def test_a_name_that_is_not_there_is_answered_with_those_like_it(word: str, meant: str) -> None:
    """Part of a name, or a slip of the fingers, finds what was meant."""
    with pytest.raises(UserError, match=meant):
        named(word, feeds())


def test_a_source_is_known_by_its_tables_too() -> None:
    """raw.x and core.x are the source x."""
    every = feeds()
    assert {named(name, every).name for name in (API, f"raw.{API}", f"core.{API}")} == {API}


def test_a_site_that_is_down_is_told_with_what_stays(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Address, attempts, hint, and that the next fetch goes on; a dry run has landed nothing that could stay."""
    monkeypatch.setenv("DQ_SAMPLE_SITE", f"http://127.0.0.1:{closed_port()}")
    for words, goes_on in (([], True), (["--dry-run"], False)):
        assert main([API, *words]) == 3
        said = capsys.readouterr().err
        assert "no connection" in said
        assert "hint:" in said
        assert ("The next fetch goes on from there." in said) is goes_on
