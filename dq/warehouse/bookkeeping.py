"""The tables that the warehouse keeps about itself: runs, ledger, rules, scores, profiles, drift, cursors, tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import duckdb
import polars as pl

from dq.drift.finding import DRIFT_SCHEMA
from dq.drift.profile import PROFILES_SCHEMA, row_of
from dq.publication import Publication
from dq.scores import scores
from dq.warehouse.names import META, literal, qualified, quote, split

_AT = pl.Datetime("us", "UTC")
_SQL: Mapping[pl.DataType | type[pl.DataType], str] = {
    pl.String: "varchar",
    pl.Int64: "bigint",
    pl.Float64: "double",
    pl.Boolean: "boolean",
    _AT: "timestamptz",
}

INLINED_ROWS = 1_000_000
SCHEMAS = ("raw", "core", "quarantine", "quality", "training")

TABLES: Mapping[str, tuple[str, Mapping[str, pl.DataType | type[pl.DataType]]]] = {
    "quality.runs": (
        "One row per run: when, which code, how it ended",
        {
            "run_id": pl.String,
            "started_at": _AT,
            "finished_at": _AT,
            "status": pl.String,
            "code_version": pl.String,
        },
    ),
    "quality.ledger": (
        "For every table and run: rows in = accepted + quarantined + deduplicated + superseded",
        {
            "run_id": pl.String,
            "table_name": pl.String,
            "rows_in": pl.Int64,
            "accepted": pl.Int64,
            "quarantined": pl.Int64,
            "deduplicated": pl.Int64,
            "superseded": pl.Int64,
            "at": _AT,
        },
    ),
    "quality.rules": (
        "How every rule of every contract did, by run",
        {
            "run_id": pl.String,
            "table_name": pl.String,
            "rule": pl.String,
            "dimension": pl.String,
            "on_fail": pl.String,
            "column_name": pl.String,
            "checked": pl.Int64,
            "failed": pl.Int64,
            "passed": pl.Boolean,
            "description": pl.String,
            "contract_version": pl.String,
            "at": _AT,
        },
    ),
    "quality.examples": (
        "The first few rows that broke each rule, by run; all the others are in quarantine",
        {
            "run_id": pl.String,
            "table_name": pl.String,
            "rule": pl.String,
            "value": pl.String,
            "landing_id": pl.String,
            "row": pl.Int64,
            "at": _AT,
        },
    ),
    "quality.scores": (
        "Completeness, accuracy and consistency of every table, by run",
        {
            "run_id": pl.String,
            "table_name": pl.String,
            "dimension": pl.String,
            "score": pl.Float64,
            "at": _AT,
        },
    ),
    "quality.profiles": (
        "Every column of every published table, measured, by run",
        {"run_id": pl.String, **PROFILES_SCHEMA, "at": _AT},
    ),
    "quality.drift": (
        "What was no longer as it had been when a table was published, by run",
        {"run_id": pl.String, **DRIFT_SCHEMA, "at": _AT},
    ),
    "quality.cursors": (
        "What every source remembers between runs, as JSON; committed with the rows it speaks of",
        {"source": pl.String, "cursor": pl.String, "run_id": pl.String, "at": _AT},
    ),
    "quality.tables": (
        "One row per table: its rows, and the fingerprint of what it was made from",
        {"table_name": pl.String, "fingerprint": pl.String, "rows": pl.Int64, "run_id": pl.String, "at": _AT},
    ),
}


def furnish(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the schemas and these tables where they are not there yet; safe to do again after a crash.

    Their rows live in the catalog itself: with a file for every few rows they would be slow within weeks.
    """
    # Asked of the catalog itself: DuckDB's own list of tables takes 25 times as long.
    found = connection.execute(
        f"select s.schema_name || '.' || t.table_name from {META}.ducklake_table t "
        f"join {META}.ducklake_schema s using (schema_id) "
        "where t.end_snapshot is null and s.end_snapshot is null"
    ).fetchall()
    missing = sorted(TABLES.keys() - {name for (name,) in found})
    if not missing:
        return
    connection.begin()
    for schema in SCHEMAS:
        connection.execute(f"create schema if not exists {quote(schema)}")
    for table in missing:
        comment, columns = TABLES[table]
        ddl = ", ".join(f"{quote(name)} {_SQL[dtype]}" for name, dtype in columns.items())
        connection.execute(f"create table {qualified(table)} ({ddl})")
        connection.execute(f"comment on table {qualified(table)} is {literal(comment)}")
    connection.commit()
    # DuckLake sets options of committed tables only.
    connection.begin()
    for schema, name in map(split, missing):
        connection.execute(
            f"call set_option('data_inlining_row_limit', {INLINED_ROWS}, schema => {literal(schema)}, "
            f"table_name => {literal(name)})"
        )
    connection.commit()


def append(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows to one of these tables, all in one statement."""
    if not rows:
        return
    frame = pl.DataFrame(rows, schema=dict(TABLES[table][1]), orient="row")
    connection.register("_rows", frame.to_arrow())
    connection.execute(f"insert into {qualified(table)} by name select * from _rows")
    connection.unregister("_rows")


def put(
    connection: duckdb.DuckDBPyConnection, table: str, key: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Replace the rows that have the keys of these."""
    if not rows:
        return
    connection.execute(
        f"delete from {qualified(table)} where {quote(key)} in (select unnest(?::varchar[]))",
        [[row[key] for row in rows]],
    )
    append(connection, table, rows)


def record(
    connection: duckdb.DuckDBPyConnection,
    publication: Publication,
    sizes: Mapping[str, int],
    now: datetime,
) -> None:
    """Write all that a publication says about itself; `sizes` are the rows of the tables that it touched."""
    stamp = {"run_id": publication.run_id, "at": now}
    entries = [asdict(entry) for entry in publication.ledger]
    append(connection, "quality.ledger", [{**e, "table_name": e.pop("table"), **stamp} for e in entries])
    append(
        connection,
        "quality.rules",
        [
            {
                "table_name": report.table,
                "rule": rule.rule,
                "dimension": rule.dimension,
                "on_fail": rule.on_fail,
                "column_name": rule.column,
                "checked": rule.checked,
                "failed": rule.failed,
                "passed": rule.passed,
                "description": rule.description,
                "contract_version": report.contract_version,
                **stamp,
            }
            for report in publication.reports
            for rule in report.rules
        ],
    )
    append(
        connection,
        "quality.examples",
        [
            {"table_name": report.table, "rule": rule.rule, **asdict(example), **stamp}
            for report in publication.reports
            for rule in report.rules
            for example in rule.examples
        ],
    )
    append(
        connection,
        "quality.scores",
        [
            {"table_name": score.table, "dimension": score.dimension, "score": score.score, **stamp}
            for report in publication.reports
            for score in scores(report)
        ],
    )
    append(connection, "quality.profiles", [row_of(one) | stamp for one in publication.profiles])
    append(connection, "quality.drift", [asdict(one) | stamp for one in publication.drift])
    put(
        connection,
        "quality.cursors",
        "source",
        [
            {
                "source": source,
                "cursor": json.dumps(dict(cursor), sort_keys=True, ensure_ascii=False),
                **stamp,
            }
            for source, cursor in publication.cursors.items()
        ],
    )
    put(
        connection,
        "quality.tables",
        "table_name",
        [
            {"table_name": table, "fingerprint": publication.fingerprints.get(table), "rows": rows, **stamp}
            for table, rows in sizes.items()
        ],
    )
