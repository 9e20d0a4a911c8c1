import csv
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.cells import cell_len
from rich.console import Console

from dq.cli.sql import prompt, run_sql
from dq.cli.sql_completion import Names
from dq.cli.sql_output import print_table
from dq.errors import ConfigError, UserError
from dq.publication import Change, Publication
from dq.warehouse import Warehouse
from dq.warehouse.snapshots import history
from tests.dq.cli.ctrl_c import LONG, press_when_a_query_runs

NOW = datetime(2026, 1, 2, tzinfo=UTC)
AWKWARD = 'a "b",\nc\t;\r\n'


@pytest.fixture(scope="module")
def wh(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    wh = Warehouse(tmp_path_factory.mktemp("lake"))
    for rows in (2, 3):
        frame = pl.DataFrame(
            {
                "id": range(rows),
                "text": [AWKWARD, "", None][:rows],
                "score": [0.1, float("nan"), None][:rows],
                "tags": [[{"k": "ü"}], [], None][:rows],
            }
        )
        wh.publish(Publication("r", (Change("core.t", frame, comment="three rows"),)), now=NOW)
    return wh


def ask(wh: Warehouse, query: str, form: str = "table", at: int | str | None = None) -> str:
    out = io.StringIO()
    run_sql(wh, query, form, out, at)
    return out.getvalue()


def test_csv_keeps_every_character(wh: Warehouse) -> None:
    """Quotes, commas and line breaks come back by any reader; null and empty text differ."""
    text = ask(wh, "from core.t order by id", "csv")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["id", "text", "score", "tags"]
    assert rows[1] == ["0", AWKWARD, "0.1", '[{"k":"ü"}]']
    assert text.splitlines()[-2:] == ['1,"",nan,[]', "2,,,"]


def test_json_is_json(wh: Warehouse) -> None:
    """Nested values stay nested; what JSON has no word for is null; no rows are an empty array."""
    rows = json.loads(ask(wh, "from core.t order by id", "json"))
    assert rows[0] == {"id": 0, "text": AWKWARD, "score": 0.1, "tags": [{"k": "ü"}]}
    assert [row["score"] for row in rows[1:]] == [None, None]
    assert json.loads(ask(wh, "from core.t where false", "json")) == []


def test_parquet_goes_to_a_file(wh: Warehouse, tmp_path: Path) -> None:
    """The file holds the rows and their types; without a file the call is wrong."""
    run_sql(wh, "from core.t", "parquet", tmp_path / "t.parquet")
    assert pl.read_parquet(tmp_path / "t.parquet").schema == wh.read("core.t").collect_schema()
    assert not list(tmp_path.glob(".*"))
    for form in ("parquet", "arrow"):
        with pytest.raises(UserError, match="needs a file"):
            ask(wh, "from core.t", form)


def test_a_line_an_object_and_a_table_for_a_page(wh: Warehouse) -> None:
    """NDJSON has the objects of JSON; a Markdown cell stays in its cell, whatever is in it."""
    query = "from core.t order by id"
    assert list(map(json.loads, ask(wh, query, "ndjson").splitlines())) == json.loads(ask(wh, query, "json"))
    assert ask(wh, "select 1 as a, e'x|y\\n<b>' as b, null as c", "markdown").splitlines() == [
        "| a | b | c |",
        "| ---: | --- | ---: |",
        "| 1 | x\\|y<br>&lt;b> |  |",
    ]


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl", "md", "parquet", "arrow", "txt"])
def test_a_file_is_of_the_format_that_its_name_says(wh: Warehouse, tmp_path: Path, suffix: str) -> None:
    """Without a format the name decides; what is there is whole, and the same as on standard output."""
    path = tmp_path / f"t.{suffix}"
    run_sql(wh, "from core.t order by id", out=path)
    if suffix in {"parquet", "arrow"}:
        read = pl.read_parquet if suffix == "parquet" else pl.read_ipc_stream
        assert read(path).schema == wh.read("core.t").collect_schema()
    elif suffix != "txt":
        form = {"jsonl": "ndjson", "md": "markdown"}.get(suffix, suffix)
        assert path.read_bytes().decode() == ask(wh, "from core.t order by id", form)
    else:
        assert "(3 rows, " in path.read_text(encoding="utf-8")


def test_several_statements(wh: Warehouse) -> None:
    """A table is shown for each that has rows; another format holds the rows of one, after what set it up."""
    text = ask(wh, "select 1 as first; create or replace temp table x as select 2 as b; from x; -- the end")
    assert text.index("first") < text.index("b\n")
    assert ask(wh, "create or replace temp table x as select 2 as b; from x", "csv") == "b\n2\n"
    with pytest.raises(UserError, match="two statements"):
        ask(wh, "select 1; select 2", "csv")


def test_every_type_can_be_shown(wh: Warehouse) -> None:
    """A type that no frame knows is still text, JSON and CSV; columns may share a name."""
    query = (
        "select 1 as a, 2 as a, interval 3 day as i, '\\xff'::blob as b, map {'k': 1} as m, uuid() as u, "
        "sum(9223372036854775807) as s, null as n, time '00:00:01' as t, 'x'::enum('x') as e"
    )
    for form in ("table", "csv", "json"):
        text = ask(wh, query, form)
        assert "9223372036854775807" in text
        assert "3 days" in text
    assert ask(wh, query, "csv").startswith("a,a,i,b,m,u,s,n,t,e\n")


def test_a_table_says_what_it_leaves_out(wh: Warehouse) -> None:
    """The number of rows is of all rows; cut cells are marked and counted; nothing moves the cursor."""
    text = ask(wh, "select range as n from range(70000)")
    assert "70,000 rows, the first 200 shown" in text
    text = ask(wh, r"select repeat('z', 100) as wide, e'\x1b[31m[bold]red' as colour")
    assert "1 row, 1 long cell cut at …" in text
    assert "z" * 59 + "…" in text
    assert "z" * 60 not in text
    assert "\x1b" not in text
    assert "[bold]red" in text


def test_a_row_too_wide_for_the_page_stands_upright(wh: Warehouse) -> None:
    """Fifty columns are shown one below the other, all of them."""
    text = ask(wh, "select " + ", ".join(f"{i} as column_{i}" for i in range(50)))
    assert all(f"column_{i} " in text for i in range(50))
    assert "row 1" in text


def test_columns_share_the_room_whatever_the_script() -> None:
    """A Chinese character takes two columns; numbers stay whole; lines are of one width; what is cut is counted."""
    out = io.StringIO()
    console = Console(file=out, width=80)
    with duckdb.connect() as lake:
        rows = lake.sql(
            "select repeat('字', 50) as 长文, repeat('z', 59) as text, 123456789012345678 as n, 'ä' as c"
        )
        words = print_table(rows, console)
    assert words == "1 row, 2 long cells cut at …"
    lines = out.getvalue().splitlines()
    assert {cell_len(line) for line in lines} == {80} or max(map(cell_len, lines)) <= 80
    assert len({cell_len(line[: line.rindex(" ")]) for line in lines if "━" not in line}) == 1
    assert "123456789012345678" in lines[-1]
    assert "字" * 5 in lines[-1]
    assert lines[-1].rstrip().endswith("ä")


def test_a_plan_is_drawn(wh: Warehouse) -> None:
    """EXPLAIN is shown over its lines, as DuckDB draws it."""
    text = ask(wh, "explain from core.t")
    assert "DUCKLAKE_SCAN" in text
    assert "⏎" not in text


def test_the_past_can_be_asked(wh: Warehouse) -> None:
    """A version answers with the rows of then."""
    first = json.loads(
        ask(
            wh,
            "select min(snapshot_id) as v from lake.snapshots() where snapshot_id > 0 "
            "and len(changes['tables_inserted_into']) > 0 and snapshot_id in "
            "(select begin_snapshot from __ducklake_metadata_lake.ducklake_data_file)",
            "json",
        )
    )
    assert json.loads(ask(wh, "select count(*) as n from core.t", "json", at=first[0]["v"])) == [{"n": 2}]
    assert json.loads(ask(wh, "select count(*) as n from core.t", "json")) == [{"n": 3}]


def test_a_time_is_utc_wherever_one_is(wh: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second after the first publication, said without a zone, is that moment in Shanghai, too."""
    moments = "select snapshot_time::timestamp::varchar as at from lake.snapshots() order by snapshot_id desc limit 1"
    (newest,) = json.loads(ask(wh, moments, "json"))
    for zone in ("Asia/Shanghai", "America/Lima"):
        with monkeypatch.context() as patch:
            patch.setenv("TZ", zone)
            time.tzset()
            assert json.loads(ask(wh, "select count(*) as n from core.t", "json", at=newest["at"])) == [
                {"n": 3}
            ]
            with pytest.raises(UserError, match="no snapshot"):
                ask(wh, "from core.t", at=str(datetime.fromisoformat(newest["at"]) - timedelta(hours=1)))
        time.tzset()


def test_tables_and_columns_are_listed(wh: Warehouse) -> None:
    """`.tables` names every table with its rows and comment, `\\d` its columns."""
    tables = {row["table"]: row for row in json.loads(ask(wh, ".tables", "json"))}
    assert tables["core.t"] == {"table": "core.t", "rows": 3, "columns": 4, "comment": "three rows"}
    assert "quality.ledger" in tables
    columns = json.loads(ask(wh, "\\d core.t", "json"))
    assert [row["column"] for row in columns] == [
        "id",
        "text",
        "score",
        "tags",
    ]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("delete from core.t", "only reads"),
        ("create table core.u (a int)", "only reads"),
        ("select * from core.nope", r"nope does not exist[^$]*LINE 1: select \* from core.nope\n {22}\^"),
        ("from t", r"did you mean core\.t\?"),
        ("from core.ledgr", r"did you mean quality\.ledger\?"),
        ("select id,\nscoer from core.t", r"LINE 2: scoer from core.t\n {8}\^"),
        ("select 'read-only'::int", "Could not convert string 'read-only' to INT32$"),
        ("selec 1", "syntax error"),
        ("select cast(text as int) from core.t", "Could not convert"),
        ("", "nothing to show"),
        (".nope", "no command"),
        ("\\d core.nope", "no table core.nope"),
    ],
)
def test_a_wrong_query_is_one_message(wh: Warehouse, query: str, message: str) -> None:
    """What is wrong is said once, in every format, as the caller's error, and nothing changes."""
    for form in ("table", "csv", "json"):
        with pytest.raises(UserError, match=message) as error:
            ask(wh, query, form)
        assert error.value.exit_code == 2
    assert wh.read("core.t").collect().height == 3


def test_without_a_warehouse_it_says_what_to_do(tmp_path: Path) -> None:
    """The first thing a newcomer may try is answered."""
    with pytest.raises(ConfigError, match="run make run"):
        ask(Warehouse(tmp_path), "select 1")


@pytest.mark.parametrize("form", ["csv", "table"])
def test_a_reader_that_has_seen_enough_is_no_error(wh: Warehouse, form: str) -> None:
    """`dq sql … | head` ends in silence."""
    code = (
        "from pathlib import Path; from dq.warehouse import Warehouse; from dq.cli.sql import run_sql\n"
        f"run_sql(Warehouse({str(wh.place)!r}), 'select i, repeat($$x$$, 1000) from range(200000) t(i)', {form!r})"
    )
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=os.getcwd(),  # noqa: PTH109
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip().startswith(b"i")
    process.stdout.close()
    _, errors = process.communicate(timeout=300)
    assert (process.returncode, errors) == (0, b"")


@pytest.fixture
def typed(wh: Warehouse, tmp_path: Path) -> Callable[[str], str]:
    """Give a function that types at the prompt and gives what was answered."""

    def type_in(keys: str, at: int | None = None) -> str:
        out = io.StringIO()
        with create_pipe_input() as pipe:
            pipe.send_text(keys)
            console = Console(file=out, width=120)
            history = tmp_path / "h" / "history"
            prompt(wh, history, at=at, console=console, keys=pipe, screen=DummyOutput())
        return out.getvalue()

    return type_in


def test_the_prompt_answers_and_remembers(typed: Callable[[str], str], tmp_path: Path) -> None:
    """A statement over two lines, a wrong one, a list of tables; then it leaves, and the history is kept."""
    text = typed("select count(*)\ras rows_of_t from core.t;\rselec 1;\r\\x\rshow tables;\rexit\r")
    assert "row 2" in text
    assert "rows_of_t" in text
    assert "(1 row, " in text
    assert "syntax error" in text
    assert "core.t" in text
    history = tmp_path / "h" / "history"
    assert "selec 1;" in history.read_text()
    assert history.stat().st_mode & 0o077 == 0


def test_the_prompt_stays_in_the_past(typed: Callable[..., str], wh: Warehouse) -> None:
    """With a version all answers are of then."""
    with wh.connect() as lake:
        first = int(history(lake, "core.t")["version"].min())  # type: ignore[arg-type]
    assert "2\n(1 row" in typed("select count(*) as n from core.t;\r\x04", at=first)
    with pytest.raises(UserError, match="no snapshot"):
        typed("", at=99_999)


def test_ctrl_c_ends_a_query_and_keeps_the_prompt(typed: Callable[..., str]) -> None:
    """A query that would take minutes ends at once, and the next one is answered."""
    press_when_a_query_runs()
    text = typed(f"{LONG};\rselect 41 + 1 as answer;\r\x04")
    assert "interrupted" in text
    assert "42" in text


def test_the_prompt_leaves_on_end_of_input(typed: Callable[[str], str]) -> None:
    """Ctrl-C drops a line, Ctrl-D leaves."""
    assert "Traceback" not in typed("select nonsense\x03\x04")


def test_completion_knows_tables_columns_and_keywords(wh: Warehouse) -> None:
    """Columns of the tables in the query come first, then tables, then keywords."""
    with wh.connect() as lake:
        names = Names(lake)
        names.refresh()

        def offered(before: str, after: str = "") -> list[str]:
            document = Document(before + after, len(before))
            return [one.text for one in names.get_completions(document, None)]  # type: ignore[arg-type]

        assert offered("select sco", " from core.t")[0] == "score"
        assert offered("from core.") == ["core.t"]
        assert offered("select a.sc", " from core.t as a") == ["a.score"]
        assert offered("select b.te", " from quality.runs a join core.t b") == ["b.text"]
        assert "regexp_extract" in offered("select regexp_ex")
        assert "select" in offered("sel")
        assert offered(".ta") == [".tables"]
        assert offered("select ") == []
