"""A plain DuckDB in another process reads the warehouse with the token, and can do nothing else."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dq.publication import Change, Publication
from dq.warehouse import Warehouse
from dq.warehouse.extensions import bare

TOKEN = "a-token-of-the-tests"  # noqa: S105
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def wh(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    wh = Warehouse(tmp_path_factory.mktemp("served") / "lake")
    publish(wh, "core.t", 3)
    return wh


def publish(wh: Warehouse, table: str, rows: int) -> None:
    change = Change(table, pl.DataFrame({"a": range(rows)}))
    wh.publish(Publication("r", (change,)), now=datetime.now(UTC))


@pytest.fixture(scope="module")
def port(wh: Warehouse) -> Iterator[int]:
    """`dq serve` in a process of its own, on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    words = ("serve", "--port", str(port), "--memory", "200MB", "--threads", "1", "--timeout", "5")
    server = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "dq.cli.main", *words],
        env=os.environ | {"DQ_WAREHOUSE": str(wh.place), "DQ_TOKEN": TOKEN},
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert server.stdout is not None
    said = server.stdout.readline() + server.stdout.readline()
    assert "read-only (200MB, 1 threads, 5 s a query)" in said
    yield port
    server.send_signal(signal.SIGTERM)
    rest, _ = server.communicate(timeout=300)
    assert rest.splitlines()[-1] == "ended"
    assert TOKEN not in said + rest


@pytest.fixture(scope="module")
def client(port: int) -> Iterator[duckdb.DuckDBPyConnection]:
    client = bare("httpfs", "quack")
    client.execute(f"attach 'quack:localhost:{port}' as wh (token '{TOKEN}')")
    yield client
    client.close()


def test_it_reads_tables_and_asks_queries_and_sees_what_comes(
    wh: Warehouse, client: duckdb.DuckDBPyConnection
) -> None:
    """A table by its name, any SELECT, the past; what is published meanwhile is there in the next query."""
    assert client.execute('select sum(a) from wh."core.t" where a > 1').fetchone() == (2,)
    ask = "from wh.query('select count(*) from lake.core.t')"
    assert client.execute(ask).fetchone() == (3,)
    publish(wh, "core.t", 5)
    assert client.execute(ask).fetchone() == (5,)
    past = "from wh.query('from lake.snapshots() order by snapshot_id desc limit 1')"
    assert client.execute(past).fetchone()


@pytest.mark.parametrize(
    "query",
    [
        "delete from lake.core.t",
        "with x as (select 1 as a) insert into lake.core.t select a from x",
        "create table memory.main.x as select 1",
        "select 1; create table memory.main.x as select 1",
        "set memory_limit = '10GB'",
        "reset lock_configuration",
        "attach ':memory:' as other",
        "detach lake",
        "copy (select 1) to '/tmp/never.csv'",
        "from read_text('/etc/hostname')",
        """select * from "READ_TEXT"('/etc/hostname')""",
        "from '/etc/hostname.csv'",
        "from glob('/*')",
        "from 'http://localhost:1/x.csv'",
        "from quack_query('quack:localhost', 'select 1', token := 'xxxx')",
        "from query('from duckdb_secrets()')",
        "from ducklake_cleanup_old_files('lake', cleanup_all => true)",
        "from ducklake_expire_snapshots('lake', versions => [1])",
        "from __ducklake_metadata_lake.ducklake_metadata",
        "select (select path from __ducklake_metadata_lake.main.ducklake_schema limit 1)",
        "call quack_serve('quack:localhost:1')",
        "load httpfs",
        "from duckdb_settings()",
    ],
)
def test_all_else_is_refused(wh: Warehouse, client: duckdb.DuckDBPyConnection, query: str) -> None:
    """Writing, settings, files, other servers, the catalog's own tables: refused, and nothing has changed."""
    before = sorted(wh.place.files.root.rglob("*"))
    with pytest.raises(duckdb.Error, match=r"Authorization failed|disabled by configuration|does not exist"):
        client.execute(f"from wh.query($${query}$$)").fetchall()
    assert sorted(wh.place.files.root.rglob("*")) == before
    assert client.execute("from wh.query('select count(*) > 0 from lake.core.t')").fetchone() == (True,)


def test_without_the_token_nobody_gets_in(port: int) -> None:
    """Another token, or none, is refused."""
    stranger = bare("httpfs", "quack")
    for token in ("another-token", ""):
        with pytest.raises(duckdb.Error):
            stranger.execute(
                f"from quack_query('quack:localhost:{port}', 'select 1', token := '{token}')"
            ).fetchall()
    right = f"from quack_query('quack:localhost:{port}', 'select 1', token := '{TOKEN}')"
    assert stranger.execute(right).fetchall() == [(1,)]
    stranger.close()


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="Linux lists here who listens")
def test_it_listens_to_this_machine_alone(port: int) -> None:
    """Unless told otherwise: on a loopback address, and on no other."""
    lines = [
        line.split()
        for version in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{version}").read_text(encoding="ascii").splitlines()[1:]
    ]
    addresses = {
        words[1].partition(":")[0]
        for words in lines
        if words[1].endswith(f":{port:04X}") and words[3] == "0A"
    }
    assert addresses
    assert addresses <= {"0100007F", "00000000000000000000000001000000"}


@pytest.mark.parametrize(
    ("words", "token", "says"),
    [
        ((), "too-short", "can be guessed"),
        (("--memory", "much"), TOKEN, "not a limit"),
        (("--host", "203.0.113.7"), TOKEN, "cannot listen"),
    ],
)
def test_what_cannot_be_served_is_told(wh: Warehouse, words: tuple[str, ...], token: str, says: str) -> None:
    """A token that is short, a limit that is none, an address of another machine: exit code 2, and no server stays."""
    ended = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "dq.cli.main", "serve", "--port", "49", *words],
        env=os.environ | {"DQ_WAREHOUSE": str(wh.place), "DQ_TOKEN": token},
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 2, ended.stderr
    assert says in ended.stderr
    assert token not in ended.stdout + ended.stderr


def test_memory_is_limited(client: duckdb.DuckDBPyConnection) -> None:
    """A query that needs more than the server may use fails alone."""
    with pytest.raises(duckdb.Error, match=r"(?i)memory"):
        client.execute("from wh.query('select len(list(i)) from range(100000000) t(i)')").fetchall()
    assert client.execute("from wh.query('select 1')").fetchone() == (1,)


def test_a_query_that_takes_too_long_ends(wh: Warehouse, port: int) -> None:
    """Its client is told, the server is there again for those who attach again, and sees the newest snapshot."""
    slow, quick = bare("httpfs", "quack"), bare("httpfs", "quack")
    attach = f"attach 'quack:localhost:{port}' as wh (token '{TOKEN}')"
    slow.execute(attach)
    quick.execute(attach)
    publish(wh, "core.late", 7)
    forever = "select count(*) from range(100000000) a(i), range(100000) b(j) where (i * j) % 7 = 3"
    with pytest.raises(duckdb.Error, match="Server returned nothing"):
        slow.execute(f"from wh.query('{forever}')").fetchall()
    for client in (slow, quick):
        patience = time.monotonic() + 300
        while True:
            try:
                client.execute("detach database if exists wh")
                client.execute(attach)
                break
            except duckdb.Error:
                # A process needs its time to start where others take the machine's.
                assert time.monotonic() < patience
                time.sleep(0.1)
        assert client.execute('select count(*) from wh."core.late"').fetchone() == (7,)
        client.close()
