"""One row an entity from all sources that know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
import polars.selectors as cs

from dq.merge.believe import TRUST, Belief, believe
from dq.merge.cells import contested_cells, differ, doubted
from dq.merge.conflicts import CONFLICTS, conflicts_of
from dq.merge.decide import decide
from dq.merge.findings import Compare, compare
from dq.merge.stack import Stack, stack
from dq.merge.survivorship import Latest, Rule, Survivorship, Trusted


@dataclass(frozen=True)
class Merged:
    """What merging gives.

    `frame`: one row an entity, sorted by it: the entity, every column, `_members` (list of source,
    landing_id, row) and `_source_count`. `conflicts`: one row a value of each disputed cell. `agreement`: per
    column and pair of sources. `findings`: systematic disagreement. `trust`: what was learned of the sources,
    for columns merged by `trusted`. `rows_in` = `entities` + `superseded`.
    """

    frame: pl.DataFrame
    conflicts: pl.DataFrame
    agreement: pl.DataFrame
    findings: pl.DataFrame
    trust: pl.DataFrame
    rows_in: int
    entities: int
    superseded: int


def merge(
    sources: Mapping[str, pl.LazyFrame | pl.DataFrame], *, entity: str, survivorship: Survivorship, table: str
) -> Merged:
    """Merge `sources` into one row an entity, with every conflict, whatever the order of sources and rows.

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
    stacked = stack(sources, entity, survivorship, table)
    compared = compare(stacked, survivorship)
    summary = _summary(stacked)
    beliefs = _beliefs(stacked, compared, survivorship)
    frame, conflicts = summary.drop(cs.starts_with("_disputed:")), []
    for place, column in enumerate(stacked.columns):
        set_aside, rule = compared.set_aside.get(column, {}), survivorship.rule_of(column)
        disputed = summary.filter(f"_disputed:{place}").select(_entity=entity)
        also = (rule.by,) if isinstance(rule, Latest) else ()
        cells = contested_cells(stacked, column, disputed, survivorship, set_aside, also=also)
        if rule == "union":
            told, winners = _together(cells, column, stacked, doubted(survivorship, set_aside))
        else:
            told, winners = _decided(cells, rule, stacked, beliefs.get(column))
        conflicts.append(conflicts_of(told, column, set_aside, survivorship.copies))
        frame = _with_winners(frame, stacked.entity, column, winners)
    rows_in = stacked.rows.height
    return Merged(
        frame=frame,
        conflicts=pl.concat([pl.DataFrame(schema=CONFLICTS), *conflicts]).sort(
            "column_name", "entity", "source", "landing_id", "row"
        ),
        agreement=compared.agreement,
        findings=compared.findings,
        trust=pl.concat([pl.DataFrame(schema=TRUST), *(belief.trust for belief in beliefs.values())]).sort(
            "column_name", "source"
        ),
        rows_in=rows_in,
        entities=frame.height,
        superseded=rows_in - frame.height,
    )


def _summary(stacked: Stack) -> pl.DataFrame:
    """Give one row an entity, its members, of each column the least value, and whether values differ."""
    # Where all values of a cell are the same, the least is the value; disputed cells are put right later.
    schema = stacked.rows.schema
    member = pl.struct(source="_source", landing_id="_landing_id", row="_row")
    values = (
        stacked.rows.lazy()
        .group_by(stacked.entity)
        .agg(
            *(pl.col(column).min() for column in stacked.columns),
            *(
                differ(pl.col(column).min(), pl.col(column).max(), schema[column]).alias(f"_disputed:{place}")
                for place, column in enumerate(stacked.columns)
            ),
            _source_count=pl.col("_rank").n_unique().cast(pl.Int64),
        )
        .sort(stacked.entity)
        .collect(engine="streaming")
    )
    # Lists are not made by the streaming engine: there their order would be one of chance.
    members = stacked.rows.group_by(stacked.entity).agg(_members=member).sort(stacked.entity)
    columns = (*stacked.columns, *(name for name in values.columns if name.startswith("_disputed:")))
    return values.with_columns(members["_members"]).select(
        stacked.entity, *columns, "_members", "_source_count"
    )


def _beliefs(stacked: Stack, compared: Compare, survivorship: Survivorship) -> dict[str, Belief]:
    """Give what is believed of each column whose rule is `trusted`."""
    named = {column: survivorship.rule_of(column) for column in stacked.columns}
    rules = {
        column: rule if isinstance(rule, Trusted) else Trusted()
        for column, rule in named.items()
        if rule == "trusted" or isinstance(rule, Trusted)
    }
    without = {
        column: {*doubted(survivorship, compared.set_aside.get(column, {})), *survivorship.copies}
        for column in rules
    }
    return believe(stacked, compared.told, rules, without) if rules else {}


def _decided(
    cells: pl.DataFrame, rule: Rule, stacked: Stack, belief: Belief | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give the disputed cells with `won`, `_rule` and `_confidence`, and the winners: `_entity`,
    `_winner`.
    """
    if belief is None:
        decisions = decide(cells, rule, stacked.sources)
    else:
        # What taught nothing (a source that contradicts itself, a copy alone) falls back on a plain majority.
        learned = belief.decisions.join(cells, on="_entity", how="semi")
        rest = decide(cells.join(learned, on="_entity", how="anti"), "majority", stacked.sources)
        decisions = pl.concat([learned.select(rest.columns), rest])
    told = cells.join(decisions, on="_entity").with_columns(
        won=(pl.col("_value") == pl.col("_winner")).fill_null(value=False)
    )
    return told, decisions.select("_entity", "_winner")


def _together(
    cells: pl.DataFrame, column: str, stacked: Stack, without: list[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give for the rule `union` what `_decided` gives for the others."""
    told = cells.with_columns(
        won="_counts",
        _rule=pl.format("union of {} values", pl.col("_value").n_unique().over("_entity")),
        _confidence=pl.lit(None, dtype=pl.Float64),
    )
    return told, _united(stacked, column, without)


def _united(stacked: Stack, column: str, without: list[str]) -> pl.DataFrame:
    return (
        stacked.rows.filter(pl.col(column).is_not_null() & ~pl.col("_source").is_in(without))
        .group_by(_entity=stacked.entity)
        .agg(_winner=pl.col(column).unique().sort())
    )


def _with_winners(frame: pl.DataFrame, entity: str, column: str, winners: pl.DataFrame) -> pl.DataFrame:
    if winners.schema["_winner"] == pl.List:
        united = winners.rename({"_entity": entity, "_winner": column})
        return (
            frame.drop(column)
            .join(united, on=entity, how="left", maintain_order="left")
            .select(frame.columns)
        )
    decided = winners.with_columns(_decided=pl.lit(value=True)).rename({"_entity": entity})
    winner = pl.when(pl.col("_decided")).then(pl.col("_winner")).otherwise(pl.col(column))
    return (
        frame.join(decided, on=entity, how="left", maintain_order="left")
        .with_columns(winner.alias(column))
        .drop("_decided", "_winner")
    )
