"""Landing → raw: every landed body as rows of text, every record that cannot be read as a reject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import polars as pl

from dq.errors import DecodeError, LedgerError
from dq.landing import LandingStore
from dq.origin import Landing
from dq.source import REJECT_SCHEMA, Decoded, Source
from dq.verdict import REASON, REASONS

REJECTS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "_landing_id": pl.String,
    "_row": pl.Int64,
    "byte_offset": pl.Int64,
    "text": pl.String,
    "_reasons": REASONS,
}
"""The columns of `quarantine.raw__<source>`: one row a record that could not be read, with all reasons."""

STAMPS = frozenset({"_landing_id", "_row"})
"""The framework's columns of every raw table; no source may have columns of these names."""

UNREADABLE = "decode"
"""The rule that a body breaks as a whole; its reject has `_row` 0."""

_NONE: Mapping[str, Decoded] = MappingProxyType({})


@dataclass(frozen=True)
class RawBatch:
    """The rows of some landings together: `rows.height` + `rejects.height` = `records`."""

    rows: pl.DataFrame
    rejects: pl.DataFrame
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
    rows: list[pl.DataFrame] = []
    ids: list[str] = []
    rejects: list[pl.DataFrame] = []
    records = 0
    failures: list[DecodeError] = []
    store.sync()
    for landing in landings:
        try:
            decoded = ready.get(landing.landing_id) or source.decode(landing, store.read(landing))
        except DecodeError as error:
            failures.append(error)
            rejects.append(_unreadable(landing, error))
            records += 1
            continue
        _assert_balanced(landing, decoded)
        rows.append(decoded.rows)
        ids.append(landing.landing_id)
        if decoded.rejects.height:
            stamp = pl.lit(landing.landing_id).alias("_landing_id")
            rejects.append(_as_quarantine(decoded.rejects).with_columns(stamp))
        records += decoded.records
    if failures and len(failures) == len(landings):
        raise DecodeError(
            f"{source.name}: {failures[0].what}",
            where=failures[0].where or landings[0].origin.url,
            failed=len(failures),
            of=len(landings),
            hint=failures[0].hint,
        )
    return RawBatch(_union(rows, ids), _stack(rejects), records)


def _union(frames: Sequence[pl.DataFrame], ids: Sequence[str]) -> pl.DataFrame:
    """Stack frames whose columns may differ, each stamped with its landing; the stamps come last.

    Pages are many and small, so the stamps are made for all of them at once.
    """
    if not frames:
        return pl.DataFrame(schema={"_landing_id": pl.String, "_row": pl.Int64})
    heights = pl.Series([frame.height for frame in frames], dtype=pl.UInt32)
    frames = one_spelling(frames)
    stamps = (
        pl.Series("_landing_id", ids).repeat_by(heights).list.explode(keep_nulls=False, empty_as_null=False)
    )
    return pl.concat(frames, how="diagonal").select(pl.exclude("_row"), stamps, "_row")


def one_spelling(frames: Sequence[pl.DataFrame], known: Sequence[str] = ()) -> list[pl.DataFrame]:
    """Give columns whose names differ only in case the name that was `known`, or else came, first.

    SQL sees no difference between them, so one table cannot hold both. Where one frame has two of them, the second
    gets a number.

    >>> frames = [pl.DataFrame({"amount": ["1"]}), pl.DataFrame({"Amount": ["2"], "AMOUNT": ["3"]})]
    >>> [frame.columns for frame in one_spelling(frames)]
    [['amount'], ['amount', 'AMOUNT_2']]
    """
    spelled = {name.lower(): name for name in known}
    found = []
    for frame in frames:
        names: dict[str, str] = {}
        taken: set[str] = set()
        for name in frame.columns:
            number, wanted = 1, name
            while wanted.lower() in taken:
                number += 1
                wanted = f"{name}_{number}"
            taken.add(wanted.lower())
            names[name] = spelled.setdefault(wanted.lower(), wanted)
        found.append(frame if list(names) == list(names.values()) else frame.rename(names))
    return found


def _stack(frames: list[pl.DataFrame]) -> pl.DataFrame:
    empty = pl.DataFrame(schema=REJECTS_SCHEMA)
    return pl.concat([empty, *(frame.select(*REJECTS_SCHEMA) for frame in frames)])


def _as_quarantine(rejects: pl.DataFrame) -> pl.DataFrame:
    """Give one row a record, with all reasons; `value` says in words what was found."""
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
    return _as_quarantine(reject).with_columns(pl.lit(landing.landing_id).alias("_landing_id"))


def _each_once(numbers: pl.Series) -> bool:
    """Say whether no number comes twice; most often they ascend, which is quickly seen."""
    return bool((np.diff(numbers.to_numpy()) > 0).all()) or numbers.n_unique() == numbers.len()


def _assert_balanced(landing: Landing, decoded: Decoded) -> None:
    """Hold a reader to its promise: every record is a row or a reject, once."""
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
    if named.null_count() or not _each_once(named):
        raise LedgerError(
            "_row does not name each record once",
            where=landing.origin.url,
            hint="the source's decode must number every record differently, rejects included",
        )
