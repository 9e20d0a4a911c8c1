"""Making a release: one judged table in, one immutable folder out, all at once or not at all."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
from filelock import FileLock

from dq.errors import ConfigError, PromiseError
from dq.release.card_page import write_card
from dq.release.content_hash import BLOCK_ROWS, SplitDigest, block_rows, content_hash
from dq.release.extent import Extent, measure
from dq.release.gate import Gate, judge
from dq.release.key_checks import KeyChecks
from dq.release.label_balance import LabelBalance
from dq.release.layout import Compression, SplitWriter
from dq.release.manifest import Column, Manifest, SourceUse, TableFlow
from dq.release.publishable import publishable
from dq.release.published_order import KEY, ORDER, PART_BYTES, in_published_order
from dq.release.release import Release, read_release, release_folders

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
    part_bytes: int = PART_BYTES,
    force: bool = False,
) -> Release:
    """Publish `frame` as the dataset's next version; a kill at any moment leaves the versions as they were.

    Publishes every column but the framework's (those with an underscore in front), rows in the order of a
    keyed hash of `key`, one set of files per value of `split`. `key` names each row: a key that occurs twice,
    or in two splits, fails the gate. A release whose gate failed is written too, marked, and refused by the
    loader. Where the newest version has the same content, terms of use and reasons of its gate, that
    version is given, with `created` False, unless `force`. A lazy frame is read twice, its label three times: it
    should be no more than a scan of files. Of a table of any size some parts of `part_bytes` are in memory.

    Raises:
        ConfigError: where the dataset's or a split's name cannot be a folder's or file's name.
        SchemaError: where a named column is missing, or has a type that cannot be published, or where `key`
            or `split` is null.
        PromiseError: where the frame gave other rows when it was read again.

    """
    if not PLAIN_NAME.fullmatch(dataset):
        raise ConfigError(f"{dataset!r} cannot be a dataset's name", hint="use letters, digits, _ and -")
    needed = [key, *features, *([label] if label else [])]
    table = publishable(frame.lazy(), [*needed, split])
    extent = measure(table, split)
    extent.refuse_nulls((key, split), dataset)
    _refuse_odd_names(extent.splits)
    columns = _columns(table, extent, needed, split)
    size = block_rows(extent.rows, extent.bytes, block_limit)
    about = {
        "columns": [[column.name, column.dtype, column.nullable] for column in columns],
        "key": key,
        "features": list(features),
        "label": label,
        "order": ORDER,
        "block_rows": size,
    }

    folder = root / dataset
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        for leftover in folder.glob(".building-*"):
            shutil.rmtree(leftover)
        newest = next(map(read_release, reversed(release_folders(root, dataset).values())), None)
        version = newest.version + 1 if newest else 1
        building, scratch = folder / f".building-v{version}", folder / f".building-v{version}-parts"
        building.mkdir()
        keys, digests = KeyChecks(key, split), {name: SplitDigest() for name in extent.splits}
        balance = LabelBalance(table, label, split)
        writers = {
            name: SplitWriter(name, building, columns=columns, block_rows=size, compression=compression)
            for name in extent.splits
        }
        for part in in_published_order(table, key, size=extent.bytes, scratch=scratch, part_bytes=part_bytes):
            keys.add(part)
            balance.add(part)
            for name, rows in _divided(part.drop(KEY), split):
                digests[name].add(rows)
                writers[name].add(rows)
        files = [file for writer in writers.values() for file in writer.close()]
        shutil.rmtree(scratch, ignore_errors=True)
        _assert_whole(extent, digests, dataset)
        judged = judge(gate, scores or {}, keys.checks)
        named = content_hash(digests, about)
        if (
            newest is not None
            and not force
            and newest.content_hash == named
            and newest.manifest.gate.reasons == judged.reasons
            and _terms(newest.manifest.sources) == _terms(sources)
        ):
            shutil.rmtree(building)
            return newest
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
            splits={name: digest.rows for name, digest in digests.items()},
            files=tuple(files),
            sources=tuple(sources),
            contract_versions=dict(contract_versions or {}),
            scores=dict(scores or {}),
            gate=judged,
            code_version=code_version,
            notes=tuple(notes),
            flow=tuple(flow),
            conflicts=dict(conflicts or {}),
            labels=balance.counts,
        )
        manifest.write(building)
        write_card(manifest, building)
        building.rename(folder / f"v{version}")
    return Release(folder / f"v{version}", manifest, created=True)


def _terms(sources: Sequence[SourceUse]) -> dict[str, tuple[str, str | None]]:
    return {source.name: (source.licence, source.consent) for source in sources}


def _refuse_odd_names(splits: Sequence[str]) -> None:
    odd = [name for name in splits if not PLAIN_NAME.fullmatch(name)]
    if odd:
        raise ConfigError(f"{odd[0]!r} cannot be a split's name", hint="use letters, digits, _ and -")


def _assert_whole(extent: Extent, digests: Mapping[str, SplitDigest], dataset: str) -> None:
    written = sum(digest.rows for digest in digests.values())
    if written != extent.rows:
        raise PromiseError(
            f"{written:,} of {extent.rows:,} rows were written",
            where=dataset,
            hint="the frame gave other rows when it was read again",
        )


def _divided(part: pl.DataFrame, split: str) -> Iterator[tuple[str, pa.Table]]:
    """Give the rows of each split, in their order."""
    for (name,), rows in part.group_by(pl.col(split).cast(pl.String), maintain_order=True):
        yield str(name), _arrow(rows)


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


def _columns(table: pl.LazyFrame, extent: Extent, first: Sequence[str], split: str) -> tuple[Column, ...]:
    """Give the published columns: key, features, label, the others by name, the split."""
    schema = _arrow(table.collect_schema().to_frame()).schema
    lead = list(dict.fromkeys(name for name in first if name != split))
    names = [*lead, *sorted(set(schema.names) - {*lead, split}), split]
    return tuple(
        Column(
            name,
            DTYPES.get(str(schema.field(name).type), str(schema.field(name).type)),
            nullable=extent.nulls[name] > 0,
        )
        for name in names
    )
