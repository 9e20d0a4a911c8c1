import io
import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from dq.cli.diff import print_diff
from dq.cli.history import print_history
from dq.errors import UserError
from dq.publication import Change, Publication
from dq.warehouse import Warehouse

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def wh(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """One table: a row added, one removed, two cells of two rows changed, a column added."""
    wh = Warehouse(tmp_path_factory.mktemp("lake"))
    first = pl.DataFrame({"id": [1, 2, 3, 4], "text": ["a", "b\x1b[31m", "c", "d"]})
    second = pl.DataFrame({"id": [1, 2, 3, 5], "text": ["a", "B", "C", "e"], "new": [None, 1, 2, 3]})
    for rows in (first, second):
        wh.publish(Publication("run-1", (Change("core.t", rows),)), now=NOW)
    return wh


def shown(wh: Warehouse, *versions: str, limit: int = 20, key: tuple[str, ...] = ("id",)) -> str:
    out = io.StringIO()
    print_diff(wh, "core.t", *versions, key=key, limit=limit, console=Console(file=out, width=120))
    return out.getvalue()


def test_people_see_what_changed(wh: Warehouse) -> None:
    """The last change by default: counts, columns, each changed cell, rows by their key; no escape codes."""
    text = shown(wh)
    for words in (
        "+1 added, -1 removed, ~2 changed",
        "changed cells: text 2",
        "+ column new  bigint",
        "text=e",
    ):
        assert words in text
    assert [line.split() for line in text.splitlines() if line.startswith(("2 ", "3 "))] == [
        ["2", "│", "text", "│", "b�[31m", "│", "B"],
        ["3", "│", "text", "│", "c", "│", "C"],
    ]
    assert "\x1b" not in text
    assert "the first 1 of 2" in shown(wh, limit=1)
    assert "Nothing differs: 4 rows." in shown(wh, "now", "now")
    assert "no key known" in shown(wh, key=())


def test_programs_read_all_of_it(wh: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON has the counts and examples; CSV and Parquet have every row that differs, changed ones twice."""
    print_diff(wh, "core.t", key=("id",), format="json")
    said = json.loads(capsys.readouterr().out)
    assert (said["added"], said["removed"], said["changed"], said["cells"]) == (1, 1, 2, {"text": 2})
    assert said["examples"]["added"] == [{"_change": "added", "id": 5, "text": "e", "new": 3}]
    print_diff(wh, "core.t", key=("id",), format="csv")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "_change,id,text,new"
    assert sorted(lines[1:])[:2] == ["added,5,e,3", "after,2,B,1"]
    assert len(lines) == 1 + 1 + 1 + 2 * 2
    out = tmp_path / "diff.parquet"
    print_diff(wh, "core.t", key=("id",), format="parquet", out=out)
    assert pl.read_parquet(out).height == len(lines) - 1
    with pytest.raises(UserError, match="no table"):
        print_diff(wh, "core.t", "0")


def test_history_as_people_and_programs_read_it(wh: Warehouse, capsys: pytest.CaptureFixture[str]) -> None:
    """The same snapshots in both, with the rows before and after."""
    out = io.StringIO()
    print_history(wh, Console(file=out, width=120), "core.t")
    assert [line.split("│")[3:7] for line in out.getvalue().splitlines() if "published" in line] == [
        [" core.t ", "           4 ", "          4 ", "  = "],
        [" core.t ", "           0 ", "          4 ", " +4 "],
    ]
    print_history(wh, Console(file=(told := io.StringIO())), as_json=True)
    rows = json.loads(told.getvalue())
    assert [(row["run_id"], row["rows_after"]) for row in rows if row["table"] == "core.t"] == [
        ("run-1", 4)
    ] * 2
    assert capsys.readouterr().out == ""
