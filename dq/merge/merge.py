"""One row per entity from all sources that know it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import polars as pl

from dq.errors import PromiseError
from dq.merge.agreement import Agreement
from dq.merge.believe import TRUST, believe
from dq.merge.cells import doubted
from dq.merge.conflicts import CONFLICTS
from dq.merge.disputes import disputes
from dq.merge.findings import compare
from dq.merge.part import Part
from dq.merge.parts import parts_of, whole
from dq.merge.settle import Learned, Settled, settle
from dq.merge.stack import Stack, stack
from dq.merge.survivorship import Survivorship, Trusted

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


@dataclass(frozen=True)
class Merged(Generic[Frame]):
    """What merging gives.

    `frame`: one row per entity, sorted by it: the entity, every column, `_members` (list of source,
    landing_id, row) and `_source_count`. `conflicts`: one row per value of each disputed cell, by column, entity,
    source, landing and row. `agreement`: per column and pair of sources. `findings`: systematic disagreement.
    `trust`: what was learned of the sources, for columns merged by `trusted`. `rows_in` = `entities` + `superseded`.
    """

    frame: Frame
    conflicts: Frame
    agreement: pl.DataFrame
    findings: pl.DataFrame
    trust: pl.DataFrame
    rows_in: int
    entities: int
    superseded: int


def merge(
    sources: Mapping[str, pl.LazyFrame | pl.DataFrame], *, entity: str, survivorship: Survivorship, table: str
) -> Merged[pl.DataFrame]:
    """Merge `sources` into one row per entity, with every conflict, whatever the order of sources and rows.

    Each source has the column `entity` (never null), `_landing_id` and `_row`, and may lack any other column;
    it may have several rows of one entity. Null never beats a value. Where all values of a cell are the same
    (numbers within 1e-9, all else exactly), that is the value; else the column's rule of survivorship
    decides. A source found to be systematically wrong in a column has no vote in it; where nobody else knows
    the value, it is null, and the withheld value is in the conflicts.

    >>> a = pl.DataFrame({"id": ["1", "2"], "age": [41, 7], "_landing_id": ["aa"] * 2, "_row": [1, 2]})
    >>> b = pl.DataFrame({"id": ["2"], "age": [8], "town": ["Ulm"], "_landing_id": ["bb"], "_row": [1]})
    >>> rules = Survivorship(precedence=("a", "b"))
    >>> m = merge({"b": b, "a": a}, entity="id", survivorship=rules, table="core.people")
    >>> m.frame.select("id", "age", "town").rows(), m.superseded
    ([('1', 41, None), ('2', 7, 'Ulm')], 1)
    >>> m.conflicts.select("source", "value", "won").rows()
    [('a', '7', True), ('b', '8', False)]

    Raises:
        SchemaError: where a source lacks a needed column, types cannot meet, or a rule does not fit a column.
        DataError: where rows have no entity.
        ContractError: where `survivorship` names what is not there.

    """
    read = dict(zip(sources, pl.collect_all([frame.lazy() for frame in sources.values()]), strict=True))
    stacked = stack(read, entity, survivorship, table)
    kept: dict[int, Settled] = {}
    found = _settled(stacked, [whole(stacked)], survivorship, kept.__setitem__)
    (settled,) = kept.values()
    conflicts = pl.concat([pl.DataFrame(schema=CONFLICTS), *dict(sorted(settled.conflicts.items())).values()])
    return _merged(stacked, found, settled.frame, conflicts, settled.frame.height)


def merge_streaming(
    sources: Mapping[str, pl.LazyFrame | pl.DataFrame],
    *,
    entity: str,
    survivorship: Survivorship,
    table: str,
    scratch: Path,
    parts: int | None = None,
) -> Merged[pl.LazyFrame]:
    """Merge as `merge` does, part by part, by way of files: what comes out lies under the folder `scratch`.

    The sources are cut into `parts` by ranges of the entity, into as many as fit in memory one after the other where it
    is not said; the result is the same. Sources are read more than once, so a scan is best. In memory as a whole are
    only, narrow: what sources say in columns merged by `trusted`, and one column of two sources at a time
    where these disagree often. `scratch` is empty, or not there yet.

    Raises:
        PromiseError: where a source gave other rows when it was read again.
        SchemaError, DataError, ContractError: as `merge`.

    """
    stacked = stack(sources, entity, survivorship, table)
    files = _Files(scratch, stacked.columns)
    cut = parts_of(stacked, scratch / "cut", parts)
    found = _settled(stacked, cut, survivorship, files.write, scratch / "told")
    return _merged(stacked, found, files.frame(), files.conflicts(), files.entities())


@dataclass(frozen=True)
class _Found:
    agreement: pl.DataFrame
    findings: pl.DataFrame
    trust: pl.DataFrame


def _settled(
    stacked: Stack,
    parts: Iterable[Part],
    survivorship: Survivorship,
    keep: Callable[[int, Settled], None],
    scratch: Path | None = None,
) -> _Found:
    """Settle every part and hand it to `keep` with its number; give what was found out over all of them."""
    agreement = Agreement(stacked)
    trusted = _trusted(stacked, survivorship)
    read = 0
    for number, part in enumerate(parts):
        read += part.rows.height
        disputed = {c: disputes(part, c, stacked.types[c]) for c in stacked.columns}
        agreement.add(part, disputed)
        if not trusted:  # mostly nothing systematic is found, and this is all there is to do
            keep(number, settle(part, stacked, disputed, survivorship, Learned()))
    if read != stacked.height:
        raise PromiseError(
            f"the sources had {stacked.height:,} rows when they were counted, and {read:,} when they were read",
            hint="give frames that are the same each time, as scans of files that nobody writes to",
        )
    compared = compare(stacked, parts, agreement.frame(), survivorship, scratch)
    without = {
        column: {*doubted(survivorship, compared.set_aside.get(column, {})), *survivorship.copies}
        for column in trusted
    }
    beliefs = believe(stacked, parts, trusted, without)
    if trusted or compared.set_aside:
        learned = Learned(compared.set_aside, beliefs)
        for number, part in enumerate(parts):
            disputed = {c: disputes(part, c, stacked.types[c]) for c in stacked.columns}
            keep(number, settle(part, stacked, disputed, survivorship, learned))
    trust = pl.concat([pl.DataFrame(schema=TRUST), *(belief.trust for belief in beliefs.values())])
    return _Found(agreement.frame(), compared.findings, trust.sort("column_name", "source"))


def _trusted(stacked: Stack, survivorship: Survivorship) -> dict[str, Trusted]:
    """Give the columns whose rule is `trusted`."""
    named = {column: survivorship.rule_of(column) for column in stacked.columns}
    return {
        column: rule if isinstance(rule, Trusted) else Trusted()
        for column, rule in named.items()
        if rule == "trusted" or isinstance(rule, Trusted)
    }


def _merged(stacked: Stack, found: _Found, frame: Frame, conflicts: Frame, entities: int) -> Merged[Frame]:
    return Merged(
        frame,
        conflicts,
        found.agreement,
        found.findings,
        found.trust,
        rows_in=stacked.height,
        entities=entities,
        superseded=stacked.height - entities,
    )


class _Files:
    """Settled parts on disk: one file per part, and for its conflicts one file per column."""

    def __init__(self, folder: Path, columns: tuple[str, ...]) -> None:
        self._frames, self._conflicts = folder / "frame", folder / "conflicts"
        self._columns = sorted(columns)
        for made in (self._frames, self._conflicts):
            made.mkdir(parents=True)

    def write(self, number: int, settled: Settled) -> None:
        settled.frame.write_parquet(self._frames / f"{number:06}.parquet", compression="lz4")
        for place, column in enumerate(self._columns):
            path = self._conflicts / f"{place:06}-{number:06}.parquet"
            path.unlink(missing_ok=True)
            if settled.conflicts[column].height:
                settled.conflicts[column].write_parquet(path, compression="lz4")

    def frame(self) -> pl.LazyFrame:
        return pl.scan_parquet(sorted(self._frames.iterdir()))

    def conflicts(self) -> pl.LazyFrame:
        found = sorted(self._conflicts.iterdir())
        return pl.scan_parquet(found) if found else pl.LazyFrame(schema=CONFLICTS)

    def entities(self) -> int:
        return int(self.frame().select(pl.len()).collect().item())
