"""The rule `trusted`: decisions by what was learned of the sources, and the learned itself as a table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from dq.merge.agreement import statements
from dq.merge.cells import differ
from dq.merge.column_votes import Statements
from dq.merge.disputes import disputes
from dq.merge.part import Part
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

    `decisions`: `_entity` (its number among all parts'), `_winner, _rule, _confidence` of the disputed entities
    that several sources speak of; `trust`: rows of `TRUST`.
    """

    decisions: pl.DataFrame
    trust: pl.DataFrame


def believe(
    stacked: Stack,
    parts: Iterable[Part],
    rules: Mapping[str, Trusted],
    without: Mapping[str, Collection[str]],
) -> dict[str, Belief]:
    """Decide the columns of `rules` by the learned accuracy of the sources, learning from all of them together.

    Those in `without` of a column have no vote in it. An entity that one source alone speaks of, or in which
    sources contradict themselves, teaches nothing and gets no decision here. What several sources speak of is in
    memory, all of it: they are known by their work as a whole.
    """
    if not rules:
        return {}
    said = _said(parts, rules)
    shared = pl.concat([one.select("_entity") for one in said.values()])
    numbers = shared.unique().sort("_entity").with_row_index("_number")
    said = {column: one.join(numbers, on="_entity", maintain_order="left") for column, one in said.items()}
    statements = [_statements(stacked, said[column], rules[column], without[column]) for column in rules]
    beliefs = {}
    for column, heard, learned in zip(rules, statements, learn(statements), strict=True):
        voiced = said[column].filter(pl.col("_disputed") & ~pl.col("_of").is_in(heard.barred))
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


def _said(parts: Iterable[Part], columns: Collection[str]) -> dict[str, pl.DataFrame]:
    """Give by column one row per statement, of entities that several sources speak of: `_entity`, `value`, `_of` (place
    of the source), `_disputed`, `_item`, `_code`, equal where values are.
    """
    shared: dict[str, list[pl.DataFrame]] = {column: [] for column in columns}
    for part in parts:
        everything = np.arange(part.rows.height)
        for column in columns:
            told = statements(part, everything, column)
            alone = told["_entity"].is_unique()
            disputed = np.zeros(part.entities, dtype=np.bool_)
            disputed[disputes(part, column, part.rows.schema[column]).disputed] = True
            shared[column].append(
                told.with_columns(_disputed=pl.Series(disputed[told["_entity"].to_numpy()]))
                .filter(~alone)
                .with_columns(pl.col("_entity").cast(pl.Int64) + part.first)
            )
    return {column: _coded(pl.concat(said)) for column, said in shared.items()}


def _coded(said: pl.DataFrame) -> pl.DataFrame:
    rows = said.lazy().select("_entity", "value", "_disputed", _of="_rank").sort("_entity", "value", "_of")
    first = (pl.col("_entity") != pl.col("_entity").shift(1)).fill_null(value=True)
    step = differ(pl.col("value").shift(1), pl.col("value"), said.schema["value"]).fill_null(value=False)
    return (
        rows.with_columns(_first=first, _steps=(step & ~first).cast(pl.Int64).cum_sum())
        .with_columns(
            _item=pl.col("_first").cast(pl.Int64).cum_sum() - 1,
            _code=pl.col("_steps") - pl.when("_first").then("_steps").forward_fill(),
        )
        .drop("_first", "_steps")
        .collect()
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
