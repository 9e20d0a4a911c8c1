"""`dq profile` as a person and a program call it."""

import json
from pathlib import Path

import polars as pl
import pytest

from tests.dq.cli.test_main import call
from tests.dq.profile.test_draft import orders


@pytest.fixture
def dq(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    orders(300, 0).with_columns(weight=pl.col("weight").fill_null("?")).write_csv(tmp_path / "orders.csv")
    monkeypatch.setenv("DQ_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def test_a_file_is_profiled(dq: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The picture names columns, keys and hidden missing values; the JSON holds the same and more."""
    assert call(dq, "profile", "orders.csv") == 0
    shown = capsys.readouterr().out
    for words in ("core.orders", "300 rows", "Likely keys", "orderId", "weight: ? in", "date %d.%m.%Y"):
        assert words in shown
    assert call(dq, "profile", "orders.csv", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"] == 300
    assert told["keys"] == [["orderId"]]
    assert {column["name"]: column["reads_as"] for column in told["columns"]}["amount"] == "decimal"


def test_a_contract_is_drafted_and_held_against_the_file(
    dq: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file that --output writes is a contract that --against takes; it is never overwritten."""
    assert call(dq, "profile", "orders.csv", "--contract", "--output", "law_of_orders.py") == 0
    assert "the draft accepts 300 of 300 rows (100%)" in capsys.readouterr().out
    assert call(dq, "profile", "orders.csv", "--contract", "-o", "law_of_orders.py") == 2
    dq.syspath_prepend(str(tmp_path))
    assert call(dq, "profile", "orders.csv", "--against", "law_of_orders:Orders", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["accepted"] == 300
    assert {one["kind"] for one in told["differences"]} <= {"broken", "tighten"}


def test_suspects_are_shown_and_written(
    dq: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The picture counts them by column and kind; the file holds every cell, rows counted from 1."""
    assert call(dq, "profile", "orders.csv", "--suspects", "--output", "wrong.csv") == 0
    shown = capsys.readouterr().out
    assert "cells look wrong" in shown
    assert "hidden_missing" in shown
    cells = pl.read_csv(tmp_path / "wrong.csv")
    rows = pl.read_csv(tmp_path / "orders.csv")
    hidden = cells.filter(pl.col("kind") == "hidden_missing")["row"]
    assert {rows["weight"][row - 1] for row in hidden} == {"?"}
    assert call(dq, "profile", "orders.csv", "--suspects", "--json") == 0
    assert json.loads(capsys.readouterr().out)["cells"]


def test_a_wrong_call_is_told(dq: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """No such file, no such contract, and options that exclude each other end with 2 and a hint."""
    for words in (
        ["none.csv"],
        ["orders.csv", "--against", "nowhere:Model"],
        ["orders.csv", "--against", "known"],
        ["orders.csv", "--output", "x.py"],
    ):
        assert call(dq, "profile", *words) == 2
        assert "hint:" in capsys.readouterr().err


def test_what_a_cell_holds_does_not_move_the_cursor(
    dq: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Escape sequences in names and cells are shown, not sent to the terminal."""
    odd = {"n": range(33), "\x1b[31mname": ["\x1b]0 title\x07"] * 30 + ["x"] * 3}
    pl.DataFrame(odd).write_csv(tmp_path / "odd.csv")
    assert call(dq, "profile", "odd.csv") == 0
    shown = capsys.readouterr().out
    assert "title" in shown
    assert not {"\x1b", "\x07"} & set(shown)
