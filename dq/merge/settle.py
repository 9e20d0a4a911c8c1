"""One part, settled: one row per entity, and every value of every cell that was in dispute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa

from dq.merge.believe import Belief
from dq.merge.cells import contested_cells, doubted
from dq.merge.conflicts import conflicts_of
from dq.merge.decide import decide
from dq.merge.disputes import Disputes
from dq.merge.part import Part
from dq.merge.stack import Stack
from dq.merge.survivorship import Latest, Rule, Survivorship


@dataclass(frozen=True)
class Learned:
    """What is known of the sources as a whole: by column those without a vote and why, and what is believed."""

    set_aside: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    beliefs: Mapping[str, Belief] = field(default_factory=dict)


@dataclass(frozen=True)
class Settled:
    """`frame`: one row per entity, in order; `conflicts`: by column the rows of `CONFLICTS`."""

    frame: pl.DataFrame
    conflicts: Mapping[str, pl.DataFrame]


def settle(
    part: Part,
    stacked: Stack,
    disputed: Mapping[str, Disputes],
    survivorship: Survivorship,
    learned: Learned,
) -> Settled:
    """Settle every cell of the part: what all say is kept, of the others the rules of survivorship decide."""
    entities = part.rows[stacked.entity].gather(part.starts)
    kept, conflicts = [entities], {}
    for column, found in disputed.items():
        set_aside, rule = learned.set_aside.get(column, {}), survivorship.rule_of(column)
        also = (rule.by,) if isinstance(rule, Latest) else ()
        cells = contested_cells(
            part,
            column,
            found.disputed,
            stacked.sources,
            survivorship=survivorship,
            set_aside=set_aside,
            also=also,
        )
        if rule == "union":
            told = _together(cells)
            united = _united(part, column, stacked.sources, doubted(survivorship, set_aside))
            kept.append(united)
        else:
            believed = _believed(learned.beliefs.get(column), part)
            told, winners = _decided(cells, rule, stacked.sources, believed)
            kept.append(_with_winners(found.values, winners))
        conflicts[column] = conflicts_of(told, column, entities, set_aside, survivorship.copies)
    frame = pl.DataFrame(kept).with_columns(_members(part, stacked.sources), _source_count(part))
    return Settled(frame, conflicts)


def _members(part: Part, sources: Sequence[str]) -> pl.Series:
    """Name the rows of each entity. They stand in order already, so a list is a place to start and one to end."""
    rows = pl.DataFrame(
        {
            "source": pl.Series(sources, dtype=pl.String).gather(part.rows["_rank"]),
            "landing_id": part.rows["_landing_id"],
            "row": part.rows["_row"],
        }
    ).to_struct()
    offsets = np.append(part.starts, part.rows.height)
    laid = pa.LargeListArray.from_arrays(offsets, rows.to_arrow(compat_level=pl.CompatLevel.newest()))
    return pl.Series("_members", laid, dtype=pl.List(rows.dtype))


def _source_count(part: Part) -> pl.Series:
    ranks = part.rows["_rank"].to_numpy()
    first = np.append(True, ranks[1:] != ranks[:-1])[: len(ranks)]
    first[part.starts] = True
    counts = np.add.reduceat(first.astype(np.int64), part.starts) if part.entities else part.starts
    return pl.Series("_source_count", counts, dtype=pl.Int64)


def _believed(belief: Belief | None, part: Part) -> pl.DataFrame | None:
    if belief is None:
        return None
    last = part.first + part.entities - 1
    mine = belief.decisions.filter(pl.col("_entity").is_between(part.first, last))
    return mine.with_columns((pl.col("_entity") - part.first).cast(pl.Int32))


def _decided(
    cells: pl.DataFrame, rule: Rule, sources: Sequence[str], believed: pl.DataFrame | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give the disputed cells with `won`, `_rule` and `_confidence`, and the winners: `_entity`,
    `_winner`.
    """
    if believed is None:
        decisions = decide(cells, rule, sources)
    else:
        # What taught nothing (a source that contradicts itself, a copy alone) falls back on a plain majority.
        learned = believed.join(cells, on="_entity", how="semi")
        rest = decide(cells.join(learned, on="_entity", how="anti"), "majority", sources)
        decisions = pl.concat([learned.select(rest.columns), rest])
    told = cells.join(decisions, on="_entity").with_columns(
        won=(pl.col("_value") == pl.col("_winner")).fill_null(value=False)
    )
    return told, decisions.select("_entity", "_winner")


def _together(cells: pl.DataFrame) -> pl.DataFrame:
    """Give for the rule `union` the cells as `_decided` gives them for the others."""
    return cells.with_columns(
        won="_counts",
        _rule=pl.format("union of {} values", pl.col("_value").n_unique().over("_entity")),
        _confidence=pl.lit(None, dtype=pl.Float64),
    )


def _united(part: Part, column: str, sources: Sequence[str], without: Sequence[str]) -> pl.Series:
    """Give by entity all values of those who have a vote, sorted; null where there is none."""
    voiced = [rank for rank, source in enumerate(sources) if source not in without]
    united = (
        part.rows.select("_rank", pl.col(column), _entity=pl.Series(part.number))
        .filter(pl.col(column).is_not_null() & pl.col("_rank").is_in(voiced))
        .group_by("_entity")
        .agg(pl.col(column).unique().sort())
    )
    everyone = pl.DataFrame({"_entity": np.arange(part.entities)})
    return everyone.join(united, on="_entity", how="left", maintain_order="left")[column]


def _with_winners(values: pl.Series, winners: pl.DataFrame) -> pl.Series:
    """Give `values` with those of the entities that were decided in their place."""
    both = pl.concat([values.to_frame("v"), winners.select(v="_winner")], how="vertical_relaxed")["v"]
    place = np.arange(len(values))
    place[winners["_entity"].to_numpy()] = len(values) + np.arange(winners.height)
    return both.gather(place).alias(values.name)
