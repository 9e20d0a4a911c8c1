"""Rows with personal data go to quarantine, or on with it masked; nowhere but in raw and landing is it left."""

import os
import time
from functools import partial
from pathlib import Path

import pandera.polars as pa
import polars as pl
import pytest

from connectors.delimited import Delimited
from connectors.files import Files
from dq.clean import mask_pii, parse, refuse_pii, tidy_text
from dq.feed import Clean, Feed
from dq.run import Run
from dq.stage.collect import collect
from dq.stage.refine import refine
from tests.dq.stage.shop import a_run, rows_of

SECRETS = ("ann@example.org", "13812345678", "11010519491231002X", "4111 1111 1111 1111")
MORE = [f"{order},fine" for order in range(5, 9)]
LINES = [
    "1,all is  well",
    "2,write to ann@example.org",
    "3,13812345678 or 11010519491231002X",
    "-4,card 4111 1111 1111 1111",
]


class Note(pa.DataFrameModel):
    order: int = pa.Field(ge=1)
    note: str = pa.Field(nullable=True)

    class Config:
        name = "core.shop__notes"


def cleaned(raw: pl.LazyFrame, *, refuse: bool) -> pl.LazyFrame:
    named = tidy_text(raw.select("order", pl.col("text").alias("note"), pl.col("^_.*$")), "note")
    step = refuse_pii if refuse else mask_pii
    return parse(step(named, "note"), {"order": pl.Int64})


def refined(folder: Path, *, refuse: bool, clean: Clean | None = None) -> Run:
    path = folder / "files" / "a.csv"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(["order,text", *LINES, *MORE]), encoding="utf-8")
    os.utime(path, ns=(time.time_ns() - 10**12,) * 2)
    feed = Feed(
        Files("shop__notes", glob="*.csv", reader=Delimited(), licence="own"),
        Note,
        clean=clean or partial(cleaned, refuse=refuse),
    )
    run = a_run(folder)
    collect(feed, run)
    outcome = refine(feed, run)
    assert outcome.ledger is not None
    assert outcome.ledger.rows_in == outcome.ledger.accepted + outcome.ledger.quarantined == 8
    return run


@pytest.mark.parametrize("refuse", [True, False])
def test_personal_data_is_nowhere_but_in_raw(tmp_path: Path, refuse: bool) -> None:
    """Of every table of core, quarantine and quality, no cell holds it; raw has the text as it was read."""
    run = refined(tmp_path, refuse=refuse)
    tables = [
        name for (name,) in run.warehouse.ask("select schema_name || '.' || table_name from duckdb_tables()")
    ]
    tables = [name for name in tables if name.partition(".")[0] in ("core", "quarantine", "quality")]
    assert {"core.shop__notes", "quarantine.core__shop__notes", "quality.rules"} <= set(tables)
    for table in tables:
        rows = run.warehouse.read(table).collect()
        if table == "quality.profiles":  # the profile of a raw table shows what it holds
            rows = rows.filter(~pl.col("table_name").str.starts_with("raw."))
            assert rows.height
        told = str(rows.to_dicts())
        assert not any(secret in told for secret in SECRETS), table
    raw = str(rows_of(run, "raw.shop__notes", "text"))
    assert all(secret in raw for secret in SECRETS)


def test_refused_rows_name_the_rule_and_stand_masked(tmp_path: Path) -> None:
    """Each row with personal data is in quarantine, masked, with every kind that it has; the rest is in core."""
    run = refined(tmp_path, refuse=True)
    assert rows_of(run, "core.shop__notes", "order") == [(1,), (5,), (6,), (7,), (8,)]
    rows = run.warehouse.read("quarantine.core__shop__notes").collect().sort("_row").to_dicts()
    assert [(row["order"], row["text"], row["_row"]) for row in rows] == [
        ("2", "write to <email>", 3),
        ("3", "<phone> or <id_number>", 4),
        ("-4", "card <card>", 5),
    ]
    rules = [{reason["rule"].partition(":")[0] for reason in row["_reasons"]} for row in rows]
    assert rules == [{"pii_email"}, {"pii_phone", "pii_id_number"}, {"pii_card", "order"}]
    found = rows_of(run, "quality.rules", "rule", "failed")
    assert ("pii_email:note", 1) in found


def test_masked_rows_go_on_and_are_counted(tmp_path: Path) -> None:
    """Masked, rows are accepted; the one that is rejected for its order stands masked in the quarantine too."""
    run = refined(tmp_path, refuse=False)
    assert rows_of(run, "core.shop__notes", "order", "note")[:3] == [
        (1, "all is well"),
        (2, "write to <email>"),
        (3, "<phone> or <id_number>"),
    ]
    assert rows_of(run, "quarantine.core__shop__notes", "order", "text") == [("-4", "card <card>")]
    counts = dict(rows_of(run, "quality.repairs", "rule", "cells"))
    assert {rule: cells for rule, cells in counts.items() if rule.startswith("pii_")} == {
        "pii_card:note": 1,
        "pii_email:note": 1,
        "pii_id_number:note": 1,
        "pii_phone:note": 1,
    }


def test_a_kind_of_ones_own_is_withheld_in_the_quarantine(tmp_path: Path) -> None:
    """Of a row in which another's function found something no text is shown; of all others it is, as before."""

    def hiding(raw: pl.LazyFrame) -> pl.LazyFrame:
        named = raw.select("order", pl.col("text").alias("note"), pl.col("^_.*$"))
        return parse(
            refuse_pii(named, "note", more={"word": lambda texts: texts.str.replace_all("well", "<word>")}),
            {"order": pl.Int64},
        )

    run = refined(tmp_path, refuse=True, clean=hiding)
    rows = rows_of(run, "quarantine.core__shop__notes", "_row", "order", "text")
    assert rows[0] == (2, "<withheld>", "<withheld>")
    assert rows[1] == (3, "2", "write to <email>")
