"""Making a release: one judged table in, one immutable folder out, all at once or not at all."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
from filelock import FileLock

from dq.errors import ConfigError
from dq.release.buffers import texts
from dq.release.card_page import write_card
from dq.release.content_hash import BLOCK_ROWS, block_rows, content_hash
from dq.release.gate import Check, Gate, judge
from dq.release.layout import Compression, write_split
from dq.release.manifest import Column, Manifest, SourceUse, TableFlow
from dq.release.publishable import publishable, refuse_nulls, refuse_nulls_in_lists
from dq.release.release import Release, list_releases
from dq.release.splitmix import derive, hash_texts

ORDER = "dq-published-1"
"""Rows of a split stand in the order of the keyed hash of their key's text; ties in the key's order."""

PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
DTYPES = {"float": "float32", "double": "float64", "date32[day]": "date"}


def build_release(
    frame: pl.LazyFrame | pl.DataFrame,
    *,
    dataset: str,
    root: Path,
    key: str,
    features: Sequence[str],
    label: str | None,
    sources: Sequence[SourceUse],
    gate: Gate,
    code_version: str,
    now: datetime,
    split: str = "split",
    contract_versions: Mapping[str, str] | None = None,
    scores: Mapping[str, float] | None = None,
    notes: Sequence[str] = (),
    flow: Sequence[TableFlow] = (),
    conflicts: Mapping[str, int] | None = None,
    compression: Compression = "none",
    block_limit: int = BLOCK_ROWS,
    force: bool = False,
) -> Release:
    """Publish `frame` as the dataset's next version; a kill at any moment leaves the versions as they were.

    Publishes every column but the framework's (those with an underscore in front), rows in the order of a
    keyed hash of `key`, one set of files per value of `split`. `key` names each row: a key that occurs twice,
    or in two splits, fails the gate. A release whose gate failed is written too, marked, and refused by the
    loader. Where the newest version has the same content, terms of use and reasons of its gate, nothing is
    written and that version is given, with `created` False, unless `force`. Holds the table in memory twice
    while it sorts.

    Raises:
        ConfigError: where the dataset's or a split's name cannot be a folder's or file's name.
        SchemaError: where a named column is missing, or has a type that cannot be published, or where `key`
            or `split` is null.

    """
    if not PLAIN_NAME.fullmatch(dataset):
        raise ConfigError(f"{dataset!r} cannot be a dataset's name", hint="use letters, digits, _ and -")
    table = publishable(frame, [key, *features, *([label] if label else []), split])
    refuse_nulls(table, [key, split], dataset)
    refuse_nulls_in_lists(table, dataset)
    keys = table[key].cast(pl.String)
    data, offsets = texts(keys.to_arrow(compat_level=pl.CompatLevel.oldest()))
    table = table.with_columns(_order=pl.Series(hash_texts(data, offsets, derive(ORDER))), _key=keys)
    rest = [name for name in table.columns if name not in {key, "_order", "_key"}]
    repeated = table.select(pl.struct("_key").is_duplicated().sum()).item()
    table = table.sort("_order", "_key", *(rest if repeated else []), nulls_last=True)
    found = _key_checks(table, key, split)

    tables = {name: _arrow(part.drop("_order", "_key")) for name, part in _split(table, split)}
    columns = _columns(
        tables, table.drop("_order", "_key"), [key, *features, *([label] if label else [])], split
    )
    size = block_rows(list(tables.values()), block_limit)
    about = {
        "columns": [[column.name, column.dtype, column.nullable] for column in columns],
        "key": key,
        "features": list(features),
        "label": label,
        "order": ORDER,
        "block_rows": size,
    }
    judged = judge(gate, scores or {}, found)
    named = content_hash(tables, about)

    folder = root / dataset
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        for leftover in folder.glob(".building-*"):
            shutil.rmtree(leftover)
        newest = next(reversed(list_releases(root, dataset)), None)
        if (
            newest is not None
            and not force
            and newest.content_hash == named
            and newest.manifest.gate.reasons == judged.reasons
            and _terms(newest.manifest.sources) == _terms(sources)
        ):
            return newest
        version = newest.version + 1 if newest else 1
        building = folder / f".building-v{version}"
        building.mkdir()
        files = [
            file
            for name, part in tables.items()
            for file in write_split(
                part, name, building, columns=columns, block_rows=size, compression=compression
            )
        ]
        manifest = Manifest(
            dataset=dataset,
            version=version,
            created_at=now.isoformat(),
            content_hash=named,
            key=key,
            features=tuple(features),
            label=label,
            columns=columns,
            order=ORDER,
            block_rows=size,
            splits={name: part.num_rows for name, part in tables.items()},
            files=tuple(files),
            sources=tuple(sources),
            contract_versions=dict(contract_versions or {}),
            scores=dict(scores or {}),
            gate=judged,
            code_version=code_version,
            notes=tuple(notes),
            flow=tuple(flow),
            conflicts=dict(conflicts or {}),
        )
        manifest.write(building)
        write_card(manifest, building)
        building.rename(folder / f"v{version}")
    return Release(folder / f"v{version}", manifest, created=True)


def _terms(sources: Sequence[SourceUse]) -> dict[str, tuple[str, str | None]]:
    return {source.name: (source.licence, source.consent) for source in sources}


def _key_checks(table: pl.DataFrame, key: str, split: str) -> list[Check]:
    """Judge what a release may never have: no rows, a key twice, a key in two splits."""
    groups = table.group_by("_key").agg(pl.len().alias("rows"), pl.col(split).n_unique().alias("splits"))
    twice = groups.filter(pl.col("rows") > pl.col("splits")).height
    leaking = groups.filter(pl.col("splits") > 1).sort("_key")
    named = ", ".join(leaking["_key"].head(3))
    keys = groups.height
    return [
        Check(
            "rows", table.height > 0, "there are no rows" if table.height == 0 else f"{table.height:,} rows"
        ),
        Check(
            "unique key", twice == 0, f"{twice:,} of {keys:,} values of {key} occur more than once in a split"
        ),
        Check(
            "no leakage",
            leaking.height == 0,
            f"{leaking.height:,} of {keys:,} values of {key} are in more than one split"
            + f": {named}" * bool(named),
        ),
    ]


def _split(table: pl.DataFrame, split: str) -> list[tuple[str, pl.DataFrame]]:
    names = sorted(table[split].cast(pl.String).unique().to_list())
    odd = [name for name in names if not PLAIN_NAME.fullmatch(name)]
    if odd:
        raise ConfigError(f"{odd[0]!r} cannot be a split's name", hint="use letters, digits, _ and -")
    return [(name, table.filter(pl.col(split).cast(pl.String) == name)) for name in names]


def _arrow(part: pl.DataFrame) -> pa.Table:
    table = part.to_arrow(compat_level=pl.CompatLevel.oldest())
    return table.cast(
        pa.schema([pa.field(field.name, _plain(field.type)) for field in table.schema])
    ).combine_chunks()


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_large_string(kind):
        return pa.string()
    if pa.types.is_large_binary(kind):
        return pa.binary()
    if pa.types.is_large_list(kind):
        return pa.list_(_plain(kind.value_type))
    return kind


def _columns(
    tables: Mapping[str, pa.Table], frame: pl.DataFrame, first: Sequence[str], split: str
) -> tuple[Column, ...]:
    """Give the published columns: key, features, label, the others by name, the split."""
    lead = list(dict.fromkeys(name for name in first if name != split))
    names = [*lead, *sorted(set(frame.columns) - {*lead, split}), split]
    schema = next(iter(tables.values())).schema if tables else _arrow(frame).schema
    return tuple(
        Column(
            name,
            DTYPES.get(str(schema.field(name).type), str(schema.field(name).type)),
            nullable=bool(frame[name].null_count() > 0),
        )
        for name in names
    )
