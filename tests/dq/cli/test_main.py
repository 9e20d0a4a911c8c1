import io
import sys
from importlib.metadata import version
from pathlib import Path

import polars as pl
import pytest

from dq.cli.main import main
from dq.stage.collect import collect
from tests.dq.cli.ctrl_c import LONG, press_when_a_query_runs
from tests.dq.stage.shop import FEED, a_run, deliver


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A warehouse of one table, which the command line finds by DQ_HOME."""
    deliver(tmp_path, "a", ["1,1,open", "2"])
    collect(FEED, a_run(tmp_path))
    monkeypatch.setenv("DQ_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Call `dq` with these words; give its exit code."""
    monkeypatch.setattr(sys, "argv", ["dq", *words])
    try:
        main()
    except SystemExit as exit_:
        return int(exit_.code or 0)
    return 0


def test_what_works_ends_with_0(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A query, the status and the quarantine print to standard output and nothing to standard error."""
    for words, says in (
        (("sql", "select count(*) as n from raw.shop__orders", "-f", "csv"), "n\n1\n"),
        (("status", "shop"), "raw.shop__orders"),
        (("quarantine",), "csv:field_count"),
    ):
        assert call(monkeypatch, *words) == 0
        captured = capsys.readouterr()
        assert says in captured.out
        assert captured.err == ""


def test_the_version_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`dq --version` names itself and what it stands on, also where there is no deployment."""
    assert call(monkeypatch, "--version") == 0
    told = capsys.readouterr().out
    assert told.startswith(f"dq {version('dq')} (Python 3.")
    assert f"polars {pl.__version__}" in told


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("sql", "select nonsense"), "nonsense"),
        (("sql", "drop table raw.shop__orders"), "only reads"),
        (("sql", "select 1", "--at", "999999"), "999999"),
        (("quarantine", "core.nowhere"), "dq quarantine lists"),
        (("run",), "no deployment here"),
        (("sql", "select 1", "--format", "xml"), "xml"),
        (("sql", "select 1", "--file", __file__), "two queries"),
        (("sql", "select 1", "--file", "nowhere.sql"), "nowhere.sql"),
    ],
)
def test_a_wrong_call_ends_with_2_and_one_message(
    shop: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    says: str,
) -> None:
    """The message is on standard error, says what is wrong, and shows nothing of the program's insides."""
    assert call(monkeypatch, *words) == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_ctrl_c_ends_a_query_with_130(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As any command that a shell starts, and at once."""
    press_when_a_query_runs()
    assert call(monkeypatch, "sql", LONG) == 130


def test_a_query_may_come_from_a_file_and_leave_as_bytes(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """`--file` reads it; Parquet and Arrow go to standard output where that is no terminal."""
    (shop / "q.sql").write_text("select '字' as c;\n", encoding="utf-8")
    for form, read in (("parquet", pl.read_parquet), ("arrow", pl.read_ipc_stream)):
        assert call(monkeypatch, "sql", "--file", "q.sql", "-f", form) == 0
        assert read(io.BytesIO(capfdbinary.readouterr().out)).rows() == [("字",)]


def test_without_a_warehouse_every_reader_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and the hint is `make run`."""
    monkeypatch.setenv("DQ_HOME", str(tmp_path / "empty"))
    monkeypatch.chdir(tmp_path)
    for words in (("sql", "select 1"), ("status",), ("quarantine",)):
        assert call(monkeypatch, *words) == 2
        assert "make run" in capsys.readouterr().err


def test_dq_home_that_is_a_file_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The setting and the path are named."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("DQ_HOME", str(tmp_path / "file"))
    assert call(monkeypatch, "status") == 2
    told = capsys.readouterr().err
    assert "DQ_HOME is not a folder" in told
    assert str(tmp_path / "file") in told.replace("\n", "")


def test_the_deployment_is_found_from_any_folder_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without DQ_HOME, data is looked for beside the nearest workspace.yaml above."""
    (tmp_path / "workspace.yaml").touch()
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.delenv("DQ_HOME", raising=False)
    monkeypatch.delenv("DQ_WAREHOUSE", raising=False)
    monkeypatch.chdir(below)
    assert call(monkeypatch, "status") == 2
    assert str(tmp_path / "data" / "lake") in capsys.readouterr().err.replace("\n", "")


def test_help_names_every_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`dq --help` lists them with a line each, and the settings."""
    assert call(monkeypatch, "--help") == 0
    text = capsys.readouterr().out
    for word in ("run", "status", "sql", "quarantine", "DQ_HOME"):
        assert word in text
