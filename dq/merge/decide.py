"""Who wins a disputed cell: one decision per entity, in words as well as in value."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from dq.errors import SchemaError
from dq.lists_by_row import lists_by_row
from dq.merge.survivorship import Latest, Precedence, Rule

DECISION = ("_entity", "_winner", "_rule", "_confidence")


def decide(cells: pl.DataFrame, rule: Rule, sources: Sequence[str]) -> pl.DataFrame:
    """Give `_entity, _winner, _rule, _confidence` for each entity of `cells` (from `contested_cells`).

    The confidence of a majority is its share of the votes; other rules are certain of nothing: null.

    `sources` are all sources in precedence order, which breaks ties. Only cells that count take part; an
    entity of which none counts gets a null. The order of `cells` makes no difference.

    Raises:
        SchemaError: where the rule does not fit the column's type.

    """
    counted = cells.filter("_counts")
    if isinstance(rule, Precedence):
        named = [*rule.sources, *(source for source in sources if source not in rule.sources)]
        places = {source: place for place, source in enumerate(named)}
        counted = counted.with_columns(_rank=pl.col("_source").replace_strict(places, return_dtype=pl.Int32))
        decided = _by_precedence(counted)
    elif isinstance(rule, Latest):
        decided = _by_time(counted, rule.by)
    elif rule == "precedence":
        decided = _by_precedence(counted)
    elif rule == "longest":
        decided = _by_length(counted)
    elif rule in ("min", "max"):
        pick = pl.col("_value").min() if rule == "min" else pl.col("_value").max()
        decided = counted.group_by("_entity").agg(_winner=pick, _rule=pl.lit(f"{rule} of the values"))
    elif rule == "mean":
        decided = _by_mean(counted)
    else:
        decided = _by_majority(counted, sources)
    if "_confidence" not in decided.columns:
        decided = decided.with_columns(_confidence=pl.lit(None, dtype=pl.Float64))
    withheld = (
        cells.join(counted, on="_entity", how="anti")
        .select("_entity", pl.lit(None, dtype=decided.schema["_winner"]).alias("_winner"))
        .unique("_entity")
        .with_columns(
            _rule=pl.lit("withheld: no source with a vote has a value"),
            _confidence=pl.lit(None, dtype=pl.Float64),
        )
    )
    return pl.concat([decided.select(DECISION), withheld.select(DECISION)])


def _by_precedence(cells: pl.DataFrame) -> pl.DataFrame:
    said = cells.group_by("_entity", "_rank", "_source", "_value").agg(rows=pl.len().cast(pl.Int64))
    best = said.sort("_entity", "_rank", -pl.col("rows"), "_value").unique(
        "_entity", keep="first", maintain_order=True
    )
    return best.select(
        "_entity",
        _winner="_value",
        _rule=pl.format("precedence: {} is the first that has a value", "_source"),
    )


def _by_time(cells: pl.DataFrame, by: str) -> pl.DataFrame:
    time = "value" if by not in cells.columns else by
    best = cells.sort(
        "_entity", time, "_rank", "_value", descending=[False, True, False, False], nulls_last=True
    )
    return best.unique("_entity", keep="first", maintain_order=True).select(
        "_entity",
        _winner="_value",
        _rule=pl.format(
            "latest: {} has {} {}", "_source", pl.lit(by), pl.col(time).cast(pl.String).fill_null("no time")
        ),
    )


def _by_length(cells: pl.DataFrame) -> pl.DataFrame:
    if cells.schema["value"] != pl.String:
        raise SchemaError(f"longest fits text only, the column is {cells.schema['value']}")
    best = cells.with_columns(_length=pl.col("value").str.len_chars()).sort(
        "_entity", "_length", "_rank", "_value", descending=[False, True, False, False]
    )
    return best.unique("_entity", keep="first", maintain_order=True).select(
        "_entity", _winner="_value", _rule=pl.format("longest: {} characters from {}", "_length", "_source")
    )


def _by_mean(cells: pl.DataFrame) -> pl.DataFrame:
    if not cells.schema["value"].is_numeric():
        raise SchemaError(f"mean fits numbers only, the column is {cells.schema['value']}")
    # Sorted before summing: floats added in another order may give another last digit.
    own = cells.group_by("_entity", "_source").agg(mean=pl.col("value").cast(pl.Float64).sort().mean())
    return own.group_by("_entity").agg(
        _winner=pl.col("mean").sort().mean(), _rule=pl.format("mean of {} sources", pl.len())
    )


def _by_majority(cells: pl.DataFrame, sources: Sequence[str]) -> pl.DataFrame:
    # Neighbours are compared in sorted rows: windows and lists a group cost fifty times as much.
    entity, rank, rows = pl.col("_entity"), pl.col("_rank"), pl.col("rows")
    said = cells.group_by("_entity", "_rank", "_value").agg(rows=pl.len().cast(pl.Int64))
    # One vote per source: for what most of its own rows say; a source that contradicts itself evenly has none.
    follows = (entity == entity.shift(1)) & (rank == rank.shift(1))
    ties = (entity == entity.shift(-1)) & (rank == rank.shift(-1)) & (rows == rows.shift(-1))
    said = said.sort("_entity", "_rank", -rows).with_columns(
        vote=~follows.fill_null(value=False) & ~ties.fill_null(value=False)
    )
    values = (
        said.group_by("_entity", "_value")
        .agg(votes=pl.col("vote").sum().cast(pl.Int64), best=rank.min())
        .sort("_entity", -pl.col("votes"), "best", "_value")
    )
    totals = values.group_by("_entity").agg(total=pl.col("votes").sum())
    second = pl.when(entity == entity.shift(-1)).then(pl.col("votes").shift(-1)).otherwise(0)
    decided = (
        values.with_columns(second=second)
        .filter((entity != entity.shift(1)).fill_null(value=True))
        .join(totals, on="_entity", maintain_order="left")
        .with_row_index("place")
    )
    decided = decided.with_columns(
        backers=_backers(said.filter("vote"), decided, sources),
        first=pl.col("best").replace_strict(dict(enumerate(sources)), return_dtype=pl.String),
    )
    clear = pl.format("majority: {} of {} votes ({})", "votes", "total", "backers")
    tied = pl.format("majority: tied at {} of {} votes, decided by precedence: {}", "votes", "total", "first")
    return decided.select(
        "_entity",
        _winner="_value",
        _rule=pl.when(pl.col("votes") > pl.col("second")).then(clear).otherwise(tied),
        _confidence=pl.when(pl.col("total") > 0).then(pl.col("votes") / pl.col("total")),
    )


def _backers(votes: pl.DataFrame, decided: pl.DataFrame, sources: Sequence[str]) -> pl.Series:
    """Name the sources that voted for each decided value, by name."""
    theirs = (
        votes.join(decided.select("_entity", "_value", "place"), on=["_entity", "_value"])
        .select(
            "place", name=pl.col("_rank").replace_strict(dict(enumerate(sources)), return_dtype=pl.String)
        )
        .sort("place", "name")
    )
    parts = [(theirs["place"].to_numpy(), theirs["name"])]
    return lists_by_row(decided.height, parts, pl.List(pl.String)).list.join(", ")
