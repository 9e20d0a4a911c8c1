"""Landing → raw: every landed body as rows of text, every record that cannot be read as a reject."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

import polars as pl

from dq.errors import DecodeError, LedgerError
from dq.landing import LandingStore
from dq.origin import Landing
from dq.source import REJECT_SCHEMA, Decoded, InParts, Source
from dq.spill import LIMIT, Spill
from dq.verdict import REASON, REASONS

REJECTS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "_landing_id": pl.String,
    "_row": pl.Int64,
    "byte_offset": pl.Int64,
    "text": pl.String,
    "_reasons": REASONS,
}
"""The columns of `quarantine.raw__<source>`: one row per record that could not be read, with all reasons."""

STAMPS = frozenset({"_landing_id", "_row"})
"""The framework's columns of every raw table."""

_RESERVED = frozenset({*STAMPS, "_problems", "_repairs"})

UNREADABLE = "decode"
"""The rule that a body breaks as a whole; its reject has `_row` 0."""

_NONE: Mapping[str, Decoded] = MappingProxyType({})


@dataclass(frozen=True)
class RawBatch:
    """The rows of some landings together: `rows.height` + `rejects.height` = `records`."""

    rows: pl.DataFrame
    rejects: pl.DataFrame
    records: int


@dataclass(frozen=True)
class RawTable:
    """The rows of some landings together, where they may lie in files: `accepted` rows + rejects = `records`."""

    rows: pl.DataFrame | pl.LazyFrame
    rejects: pl.DataFrame | pl.LazyFrame
    accepted: int
    records: int


def decode_all(
    source: Source, landings: Sequence[Landing], store: LandingStore, ready: Mapping[str, Decoded] = _NONE
) -> RawBatch:
    """Read all these landings as text, plus `_landing_id` and `_row`; `ready` holds some that have been read already.

    A column that a landing lacks is null for its rows. A landing that cannot be read at all becomes one
    reject, as long as another one can be read.

    Raises:
        DecodeError: where none of the landings can be read.
        LedgerError: where the source's reader lost or doubled records.
        IntegrityError: where landed bytes are not what they were.

    """
    rows = Spill(partial(_union, spelled={}))
    table = _decode(source, landings, store, ready, rows=rows, rejects=Spill(_stack))
    return RawBatch(table.rows.lazy().collect(), table.rejects.lazy().collect(), table.records)


def decode_to(
    source: Source,
    landings: Sequence[Landing],
    store: LandingStore,
    ready: Mapping[str, Decoded] = _NONE,
    *,
    folder: Path,
    limit: int = LIMIT,
) -> RawTable:
    """Read as `decode_all` does, in bounded memory: what is more than `limit` bytes lies in files below `folder`.

    A source that can read in parts does; of another one's landings, one is held at a time.
    """
    places = [folder / name for name in ("rows", "rejects")]
    for place in places:
        place.mkdir(parents=True)
    rows = Spill(partial(_union, spelled={}), places[0], limit)
    rejects = Spill(_stack, places[1], limit)
    table = _decode(source, landings, store, ready, rows=rows, rejects=rejects)
    return replace(table, rows=table.rows.select(pl.exclude(STAMPS), "_landing_id", "_row"))


def _decode(
    source: Source,
    landings: Sequence[Landing],
    store: LandingStore,
    ready: Mapping[str, Decoded],
    *,
    rows: Spill,
    rejects: Spill,
) -> RawTable:
    records = 0
    failures: list[DecodeError] = []
    store.sync()
    for landing in landings:
        rows.mark()
        rejects.mark()
        found, last = 0, None
        try:
            for part in _parts(source, landing, store, ready):
                last = _assert_balanced(landing, part, last)
                rows.add(part.rows, landing.landing_id)
                if part.rejects.height:
                    rejects.add(_as_quarantine(part.rejects), landing.landing_id)
                found += part.records
        except DecodeError as error:
            failures.append(error)
            rows.back()
            rejects.back()
            rejects.add(_unreadable(landing, error), landing.landing_id)
            found = 1
        records += found
    if failures and len(failures) == len(landings):
        raise DecodeError(
            f"{source.name}: {failures[0].what}",
            where=failures[0].where or landings[0].origin.url,
            failed=len(failures),
            of=len(landings),
            hint=failures[0].hint,
        )
    return RawTable(rows.table(), rejects.table(), rows.height, records)


def _parts(
    source: Source, landing: Landing, store: LandingStore, ready: Mapping[str, Decoded]
) -> Iterator[Decoded]:
    if landing.landing_id in ready:
        yield ready[landing.landing_id]
    else:
        yield from read_parts(source, landing, store)


def read_parts(source: Source, landing: Landing, store: LandingStore) -> Iterator[Decoded]:
    """Read one landing, in parts where it is a file and the source can.

    Raises:
        DecodeError: where it cannot be read at all, maybe after some parts.
        IntegrityError: where landed bytes are not what they were.

    """
    if landing.offset is None and isinstance(source, InParts):
        with store.file(landing) as file:
            yield from source.decode_parts(landing, file)
    else:
        yield source.decode(landing, store.read(landing))


def _union(frames: Sequence[pl.DataFrame], ids: Sequence[str], spelled: dict[str, str]) -> pl.DataFrame:
    """Stack frames whose columns may differ, each stamped with its landing; the stamps come last.

    Pages are many and small, so the stamps are made for all of them at once. `spelled` grows with the columns.
    """
    if not frames:
        return pl.DataFrame(schema={"_landing_id": pl.String, "_row": pl.Int64})
    heights = pl.Series([frame.height for frame in frames], dtype=pl.UInt32)
    names = [spelling(frame.columns, spelled) for frame in frames]
    frames = [
        frame if list(new) == list(new.values()) else frame.rename(new)
        for frame, new in zip(frames, names, strict=True)
    ]
    stamps = (
        pl.Series("_landing_id", ids).repeat_by(heights).list.explode(keep_nulls=False, empty_as_null=False)
    )
    return pl.concat(frames, how="diagonal").select(pl.exclude("_row"), stamps, "_row")


def reserved(names: Iterable[str]) -> list[str]:
    """Give those of the names, in any case, that no source's column may have: stamps, and what cleaning notes of a row.

    >>> reserved(["id", "_id", "_ROW", "_problems"])
    ['_ROW', '_problems']
    """
    return sorted(name for name in names if name.lower() in _RESERVED)


def spelling(columns: Sequence[str], spelled: dict[str, str]) -> dict[str, str]:
    """Give columns whose names differ only in case one name: that of `spelled`, by lower case, or else the first.

    SQL sees no difference between them, so one table cannot hold both. Where there are two of them, the second gets a
    number. New names are added to `spelled`.

    >>> known = {}
    >>> [list(spelling(columns, known).values()) for columns in (["amount"], ["Amount", "AMOUNT"])]
    [['amount'], ['amount', 'AMOUNT_2']]
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for name in columns:
        number, wanted = 1, name
        while wanted.lower() in taken:
            number += 1
            wanted = f"{name}_{number}"
        taken.add(wanted.lower())
        names[name] = spelled.setdefault(wanted.lower(), wanted)
    return names


def _stack(frames: Sequence[pl.DataFrame], ids: Sequence[str]) -> pl.DataFrame:
    stamped = [
        frame.select(pl.lit(one).alias("_landing_id"), *list(REJECTS_SCHEMA)[1:])
        for frame, one in zip(frames, ids, strict=True)
    ]
    return pl.concat([pl.DataFrame(schema=REJECTS_SCHEMA), *stamped])


def _as_quarantine(rejects: pl.DataFrame) -> pl.DataFrame:
    """Give one row per record, with all reasons; `value` says in words what was found."""
    missing = pl.col("rule").str.starts_with("selector:")
    reason = pl.struct(
        pl.col("rule"),
        pl.when(missing).then(pl.lit("completeness")).otherwise(pl.lit("accuracy")).alias("dimension"),
        pl.col("column"),
        pl.col("message").alias("value"),
    ).cast(REASON)
    return rejects.group_by("_row", maintain_order=True).agg(
        pl.col("byte_offset").first(), pl.col("text").first(), reason.alias("_reasons")
    )


def _unreadable(landing: Landing, error: DecodeError) -> pl.DataFrame:
    reject = pl.DataFrame(
        {
            "_row": [0],
            "byte_offset": [0],
            "text": [None],
            "rule": [UNREADABLE],
            "column": [None],
            "message": [f"{landing.origin.url}: {error.what}"],
        },
        schema=REJECT_SCHEMA,
    )
    return _as_quarantine(reject)


def _each_once(numbers: pl.Series) -> bool:
    """Say whether no number comes twice; most often they ascend, which is quickly seen."""
    found = numbers.to_numpy()
    return bool((found[1:] > found[:-1]).all()) or numbers.n_unique() == numbers.len()


def _assert_balanced(landing: Landing, decoded: Decoded, last: int | None) -> int | None:
    """Hold a reader to its promise: every record is a row or a reject, once; give the last number so far."""
    kept, refused = decoded.rows["_row"], decoded.rejects["_row"]
    if refused.len():
        refused = refused.unique()
    if kept.len() + refused.len() != decoded.records:
        raise LedgerError(
            f"{decoded.records:,} records, but {kept.len():,} rows + {refused.len():,} rejects came out",
            where=landing.origin.url,
            hint="the source's decode lost or doubled records",
        )
    named = pl.concat([kept, refused]) if refused.len() else kept
    if not named.len():
        return last
    if (
        named.null_count() or not _each_once(named) or (last is not None and last >= int(named.min()))  # type: ignore[arg-type]
    ):
        raise LedgerError(
            "_row does not name each record once",
            where=landing.origin.url,
            hint="the source's decode must number every record differently, rejects included, and parts in turn",
        )
    return int(named.max())  # type: ignore[arg-type]
