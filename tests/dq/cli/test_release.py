"""`dq releases` and `dq trace` as a person and a program call them."""

import json
from pathlib import Path

import pytest

from dq.stage.serve import serve
from dq.stage.unify import unify
from tests.dq.cli.test_main import call
from tests.dq.stage.shop import a_run
from tests.dq.stage.test_unify_and_serve import TILL, TRAINING, UNIFIED, WEB, publish
from tests.dq.training.releases import release, table


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    run = a_run(folder)
    publish(run, "shop__till", TILL)
    publish(run, "shop__web", [*WEB, (1, 2.5, "open")])
    unify(UNIFIED, run)
    serve(TRAINING, run)
    return folder


@pytest.fixture
def dq(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> "pytest.MonkeyPatch":
    monkeypatch.setenv("DQ_HOME", str(shop / "home"))
    monkeypatch.chdir(shop)
    return monkeypatch


def test_releases_are_listed(dq: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """One line each with gate and rows; a version that is named, with its checks and its sources' licences."""
    assert call(dq, "releases") == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("shop@v1"))
    assert "passed" in line
    assert " 90 " in line
    assert call(dq, "releases", "shop@1") == 0
    shown = capsys.readouterr().out
    assert "shop__web, 61 rows, own" in shown
    assert "leakage" in shown


def test_releases_for_programs(dq: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON with the hash and the licences; an empty list for a data set that has no release."""
    assert call(dq, "releases", "shop", "--json") == 0
    made = json.loads(capsys.readouterr().out)
    assert [(one["release"], one["passed"], one["rows"], one["licences"]) for one in made] == [
        ("shop@v1", True, 90, ["own"])
    ]
    assert call(dq, "releases", "nothing", "--json") == 0
    assert json.loads(capsys.readouterr().out) == []
    assert call(dq, "releases", "shop@9") == 2


def test_a_broken_release_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of two versions one was edited: the other is listed, then the file is named, and the call fails."""
    for rows in (100, 110):
        release(tmp_path / "home" / "releases", table(rows))
    edited = tmp_path / "home" / "releases" / "numbers" / "v2" / "manifest.json"
    edited.write_text(
        edited.read_text(encoding="utf-8").replace('"train": 88', '"train": 8'), encoding="utf-8"
    )
    monkeypatch.setenv("DQ_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for options in ([], ["--json"]):
        assert call(monkeypatch, "releases", *options) == 5
        printed = capsys.readouterr()
        assert "numbers@v1" in printed.out
        assert "numbers@v2" not in printed.out
        assert "edited since the release was made" in printed.err
        assert "v2/manifest.json" in printed.err.replace("\n", "")


def test_a_row_is_traced_on_one_page(dq: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The file and line of both members, and who won the disputed cell."""
    assert call(dq, "trace", "shop", "--row", "1") == 0
    page = capsys.readouterr().out
    assert "file:shop__till, row 1" in page
    assert "file:shop__web, row 61" in page
    assert "in conflict: amount" in page
    assert call(dq, "trace", "shop@1", "--row", "1", "--json") == 0
    assert [one["row"] for one in json.loads(capsys.readouterr().out)["members"]] == [1, 61]


def test_a_release_needs_the_deployment(dq: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Outside a checkout `dq release` says so, and makes nothing."""
    assert call(dq, "release", "shop") == 2
    assert "no deployment here" in capsys.readouterr().err
