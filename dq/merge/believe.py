"""The rule `trusted`: decisions by what was learned of the sources, and the learned itself as a table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from dq.merge.cells import differ
from dq.merge.stack import Stack
from dq.merge.survivorship import Trusted
from dq.merge.trust import Statements, Trust, learn

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
    stacked: Stack,
    told: Mapping[str, pl.DataFrame],
    rules: Mapping[str, Trusted],
    without: Mapping[str, Collection[str]],
) -> dict[str, Belief]:
    """Decide the columns of `rules` by the learned accuracy of the sources, learning from all of them together.

    Those in `without` of a column have no vote in it. An entity that one source alone speaks of, or in which
    sources contradict themselves, teaches nothing and gets no decision here.
    """
    entities = stacked.rows.select(_entity=stacked.entity).unique().sort("_entity").with_row_index("_number")
    said = {column: _said(stacked, column, told).join(entities, on="_entity") for column in rules}
    statements = [_statements(stacked, said[column], rules[column], without[column]) for column in rules]
    beliefs = {}
    for column, heard, learned in zip(rules, statements, learn(statements), strict=True):
        voiced = said[column].filter(~pl.col("_of").is_in(heard.barred))
        decisions = _decisions(voiced, learned, heard.anchors, stacked.sources)
        beliefs[column] = Belief(decisions, _trust(stacked, column, heard.codes, learned))
    return beliefs


def _statements(stacked: Stack, said: pl.DataFrame, rule: Trusted, without: Collection[str]) -> Statements:
    items = said["_item"].n_unique()
    place, source, code = (said[name].to_numpy() for name in ("_item", "_of", "_code"))
    codes = np.full((items, len(stacked.sources)), -1, dtype=np.int64)
    codes[place, source] = code
    entity = np.zeros(items, dtype=np.int64)
    entity[place] = said["_number"].to_numpy()
    return Statements(
        codes,
        entity,
        values=_numbers(said, items, int(codes.max(initial=0)) + 1),
        anchors=[stacked.sources.index(s) for s in rule.anchors if s in stacked.sources and s not in without],
        barred={at for at, s in enumerate(stacked.sources) if s in without},
    )


def _numbers(said: pl.DataFrame, items: int, kinds: int) -> npt.NDArray[np.float64] | None:
    dtype = said.schema["value"]
    if not (dtype.is_numeric() or dtype.is_temporal()):
        return None
    meant = (
        said["value"].cast(pl.Float64) if dtype.is_numeric() else said["value"].to_physical().cast(pl.Float64)
    )
    values = np.full((items, kinds), np.nan)
    values[said["_item"].to_numpy(), said["_code"].to_numpy()] = meant.to_numpy()
    return values


def _said(stacked: Stack, column: str, told: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Give one row a statement: `_entity, value, _of` (place of the source), `_item`, `_code`, equal where
    values are.
    """
    parts = [
        told[source]
        .select(_entity=stacked.entity, value=column, _of=pl.lit(place, dtype=pl.Int64))
        .drop_nulls()
        for place, source in enumerate(stacked.sources)
        if column in stacked.of[source]
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


def _decisions(
    said: pl.DataFrame, learned: Trust, anchors: Sequence[int], sources: Sequence[str]
) -> pl.DataFrame:
    items = np.arange(len(learned.winner))
    # The chance of the winner if one of the values is right.
    chance = learned.chance[items, np.maximum(learned.winner, 0)]
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


def _trust(stacked: Stack, column: str, codes: npt.NDArray[np.int64], learned: Trust) -> pl.DataFrame:
    nearest = learned.dependence.argmax(axis=1)
    surely = learned.dependence.max(axis=1, initial=0.0)
    names = stacked.sources
    rows = pl.DataFrame(
        {
            "column_name": [column] * len(names),
            "source": names,
            "accuracy": learned.accuracy,
            "items": (codes >= 0).sum(axis=0),
            "repeats": [names[n] if p > 0.5 else None for n, p in zip(nearest, surely, strict=True)],
            "dependence": surely,
        },
        schema=TRUST,
    )
    return rows.filter(pl.Series([column in stacked.of[name] for name in names], dtype=pl.Boolean))
