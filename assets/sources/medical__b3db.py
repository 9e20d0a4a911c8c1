"""Molecules and whether they cross the blood-brain barrier: a zip with one tab-separated file."""

from __future__ import annotations

import polars as pl

from checks.medical__b3db import Molecule
from connectors.archive import Archive
from connectors.delimited import Delimited
from dq.clean import parse, recode, tidy_text
from dq.feed import Feed


def clean(raw: pl.LazyFrame) -> pl.LazyFrame:
    """Name the columns, free the compound numbers of their tails (`3889.0|`), spell the label out."""
    named = raw.select(
        pl.col("NO.").alias("molecule"),
        pl.col("compound_name").alias("name"),
        pl.col("SMILES").alias("smiles"),
        pl.col("Inchi").alias("inchi"),
        pl.col("CID").str.replace(r"\.0\|?$", "").alias("pubchem_cid"),
        pl.col("logBB").alias("log_bb"),
        pl.col("BBB+/BBB-").alias("crosses_barrier"),
        pl.col("^_.*$"),
    )
    worded = recode(tidy_text(named, "name"), "crosses_barrier", {"BBB+": "true", "BBB-": "false"})
    types = {
        "molecule": pl.Int64,
        "pubchem_cid": pl.Int64,
        "log_bb": pl.Float64,
        "crosses_barrier": pl.Boolean,
    }
    return parse(worded, types)


FEED = Feed(
    source=Archive(
        "medical__b3db",
        url="${DQ_SAMPLE_SITE}/archives/medical/b3db.zip",
        sha256="78a01ee9db00c8af3c5a344eb656c8a4312d30e7f2ffcdea05431c9c12bf7f3a",
        members="*.tsv",
        reader=Delimited(delimiter="\t"),
        licence="CC0-1.0 (B3DB 1.1.1)",
    ),
    contract=Molecule,
    clean=clean,
    description="Molecules and whether they cross the blood-brain barrier",
)
