"""The rule `trusted`: decisions by what was learned of the sources, and the learned itself as a table."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from dq.merge.cells import differ
from dq.merge.stack import Stack
from dq.merge.survivorship import Trusted
from dq.merge.trust import Trust, learn

TRUST: dict[str, type[pl.DataType]] = {
    "column_name": pl.String,
    "source": pl.String,
    "accuracy": pl.Float64,
    "items": pl.Int64,
    "repeats": pl.String,
    "dependence": pl.Float64,
}


@dataclass(frozen=True)
class Belief:
    """What was decided and what was learned.

    `decisions`: `_entity, _winner, _rule, _confidence` of the entities that several sources speak of;
    `trust`: rows of `TRUST`.
    """

    decisions: pl.DataFrame
    trust: pl.DataFrame


def believe(
    stacked: Stack, column: str, told: Mapping[str, pl.DataFrame], rule: Trusted, without: Collection[str]
) -> Belief:
    """Decide `column` by the learned accuracy of its sources; those in `without` have no vote.

    An entity that one source alone speaks of, or in which sources contradict themselves, teaches nothing and
    gets no decision here.
    """
    sources = [source for source in stacked.sources if column in stacked.of[source]]
    said = _said(stacked, column, told, sources)
    codes = np.full((said["_item"].n_unique(), len(sources)), -1, dtype=np.int64)
    codes[said["_item"].to_numpy(), said["_of"].to_numpy()] = said["_code"].to_numpy()
    barred = {place for place, source in enumerate(sources) if source in without}
    anchors = [
        sources.index(source) for source in rule.anchors if source in sources and source not in without
    ]
    learned = learn(codes, anchors, barred)
    voiced = said.filter(~pl.col("_of").is_in(barred))
    return Belief(_decisions(voiced, learned, anchors, sources), _trust(column, sources, codes, learned))


def _said(stacked: Stack, column: str, told: Mapping[str, pl.DataFrame], sources: list[str]) -> pl.DataFrame:
    """Give one row a statement: `_entity, value, _of` (place of the source), `_item`, `_code`, equal where
    values are.
    """
    parts = [
        told[source]
        .select(_entity=stacked.entity, value=column, _of=pl.lit(place, dtype=pl.Int64))
        .drop_nulls()
        for place, source in enumerate(sources)
    ]
    shared = pl.concat(parts).filter(pl.len().over("_entity") > 1).sort("_entity", "value", "_of")
    before = pl.col("value").shift(1).over("_entity")
    return shared.with_columns(
        _item=pl.col("_entity").rank("dense").cast(pl.Int64) - 1,
        _code=differ(before, pl.col("value"), stacked.rows.schema[column])
        .fill_null(value=False)
        .cast(pl.Int64)
        .cum_sum()
        .over("_entity"),
    )


def _decisions(said: pl.DataFrame, learned: Trust, anchors: list[int], sources: list[str]) -> pl.DataFrame:
    items = np.arange(len(learned.winner))
    # The chance of the winner if one of the values is right: votes are log odds, so they weigh as powers of
    # e.
    weight = np.exp(learned.votes - learned.votes.max(axis=1, initial=0.0, keepdims=True))
    chance = weight[items, np.maximum(learned.winner, 0)] / weight.sum(axis=1)
    known = pl.DataFrame({"_item": items, "_code": learned.winner, "_confidence": chance})
    by = pl.format(
        "{} ({} % right)",
        pl.col("_of").replace_strict(dict(enumerate(sources)), return_dtype=pl.String),
        pl.col("_of").replace_strict(
            {place: round(100 * share) for place, share in enumerate(learned.accuracy.tolist())},
            return_dtype=pl.Int64,
        ),
    )
    anchored = pl.col("_anchor").any()
    return (
        said.with_columns(_anchor=pl.col("_of").is_in(anchors))
        .sort("_item", ~pl.col("_anchor"), "_of")
        .join(known, on=["_item", "_code"], maintain_order="left")
        .group_by("_item", maintain_order=True)
        .agg(
            pl.col("_entity").first(),
            _winner=pl.col("value").min(),
            _rule=pl.format(
                "trusted: {}",
                pl.when(anchored).then(pl.lit("declared, ")).otherwise(pl.lit("")) + by.str.join(", "),
            ),
            _confidence=pl.when(anchored).then(1.0).otherwise(pl.col("_confidence").first()),
        )
        .drop("_item")
    )


def _trust(column: str, sources: list[str], codes: np.ndarray, learned: Trust) -> pl.DataFrame:
    nearest = learned.dependence.argmax(axis=1)
    surely = learned.dependence.max(axis=1, initial=0.0)
    return pl.DataFrame(
        {
            "column_name": [column] * len(sources),
            "source": sources,
            "accuracy": learned.accuracy,
            "items": (codes >= 0).sum(axis=0),
            "repeats": [sources[n] if p > 0.5 else None for n, p in zip(nearest, surely, strict=True)],
            "dependence": surely,
        },
        schema=TRUST,
    )
