"""One entity id for rows that speak of the same thing though no key says so, and the pairs to look at.

Rows of one source that say the same in all columns are one node; pairs of nodes that share a block are compared, part
by part, field by field; a model learned from them gives each pair a probability; pairs that are sure enough are tied,
and what is tied directly or over others is one entity. Nothing depends on the order of sources or rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dq.errors import ContractError, SchemaError
from dq.match.candidates import Pairs, candidates
from dq.match.compared import Compared, Rarity
from dq.match.fields import Block, Field
from dq.match.model import Grades, Model, counted, learn, probability, weight
from dq.merge.natural_key import own_ids
from dq.stable_hash import stable_hash
from dq.ties import tied

BY_CHANCE = 100_000
"""Pairs drawn at random to see how alike rows of two entities are."""

MATCHES: dict[str, type[pl.DataType] | pl.DataType] = {
    "entity_a": pl.String,
    "entity_b": pl.String,
    "source_a": pl.String,
    "source_b": pl.String,
    "landing_a": pl.String,
    "row_a": pl.Int64,
    "landing_b": pl.String,
    "row_b": pl.Int64,
    "probability": pl.Float64,
    "decision": pl.String,
    "fields": pl.List(
        pl.Struct(
            {
                "column_name": pl.String,
                "a": pl.String,
                "b": pl.String,
                "similarity": pl.Float64,
                "weight": pl.Float64,
            }
        )
    ),
}


@dataclass(frozen=True)
class Matching:
    """How rows without a shared key are matched.

    `fields` are compared in the pairs that any of `blocks` brings together. A pair at or above `accept` is one entity,
    one from `review` up to there is a row of the review queue. `within`: whether two rows of one source may be the
    same entity; where not, a row is tied to its likeliest row of each other source alone, and only where that is
    mutual. `same` and `different` are what a human decided, pairs of ids of single rows (`entity_a`, `entity_b` of the
    queue): they are tied, or not, whatever the model says.

    >>> from dq.match import Number, Text
    >>> Matching(fields=(Text("name"), Number("born", within=10)), blocks=(Block("name", first=4),)).accept
    0.9
    """

    fields: tuple[Field, ...]
    blocks: tuple[Block, ...]
    accept: float = 0.9
    review: float = 0.5
    within: bool = False
    same: tuple[tuple[str, str], ...] = ()
    different: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.fields or not self.blocks:
            raise ContractError("matching needs at least one field and one block")
        if not 0 <= self.review <= self.accept <= 1:
            raise ContractError(f"0 <= review <= accept <= 1, not {self.review} and {self.accept}")


@dataclass(frozen=True)
class Matched:
    """`frames`: the sources with the entity's column; `matches`: every pair that is accepted or to be reviewed.

    `skipped`: of each block, how many rows shared a key with too many others to be compared by it.
    """

    frames: Mapping[str, pl.DataFrame]
    matches: pl.DataFrame
    skipped: Mapping[str, int]


def match_entities(
    sources: Mapping[str, pl.LazyFrame | pl.DataFrame], matching: Matching, *, entity: str
) -> Matched:
    """Give every row of `sources` an id in the column `entity`, the same for rows that speak of one entity.

    Each source has `_landing_id`, `_row` and the columns that `matching` names; a source that lacks one has null
    there. A null says nothing, for or against. The id is that of the entity's first row by content:
    `<source>:<16 hex digits>`, so it stays while that row does. Rows and their order stay as they are.

    >>> from dq.match import Text
    >>> a = pl.DataFrame({"name": ["Ada Lovelace", "Alan Turing"], "_landing_id": ["x"] * 2, "_row": [1, 2]})
    >>> b = pl.DataFrame({"name": ["Alan Turing"], "_landing_id": ["y"], "_row": [1]})
    >>> told = match_entities({"a": a, "b": b}, Matching((Text("name"),), (Block("name"),)), entity="id")
    >>> [frame["id"].n_unique() for frame in told.frames.values()]
    [2, 1]

    Raises:
        SchemaError: where no source has a column that `matching` names.

    """
    frames = {name: sources[name].lazy().collect() for name in sorted(sources)}
    named = {
        name: frame.with_columns(own_ids(frame, entity, name).alias("_own")) for name, frame in frames.items()
    }
    nodes = _nodes(named, matching)
    compared = [Compared(nodes, field) for field in matching.fields]
    found = candidates(nodes, matching.blocks, _declared(nodes, matching), within=matching.within)
    # Of a pair that is worth comparing, no more is kept in memory than its grades, one byte a field.
    graded_parts = [(pairs, _grades(compared, pairs)) for pairs in found.parts()]
    sizes = [len(f.levels) + 1 for f in matching.fields]
    model = learn(
        counted([grades for _, grades in graded_parts], sizes),
        _grades(compared, _by_chance(nodes, matching)),
        equal=[_equal(nodes, field, matching) for field in matching.fields],
        sizes=sizes,
        all_pairs=_all_pairs(nodes["_source"], matching),
        most=_most_matches(nodes["_source"], matching),
    )
    rarity = Rarity(compared, graded_parts, model)
    # Pairs are judged part by part, and only those are kept that are accepted, to be reviewed, or declared.
    kept = [
        _judged(pairs, grades, rarity, model, declared=at == 0, review=matching.review)
        for at, (pairs, grades) in enumerate(graded_parts)
    ]
    decided = _decided(_explained(nodes, compared, pl.concat(kept)), nodes, matching)
    one = decided.filter(pl.col("decision").is_in(["match", "declared the same"]))
    clusters = tied(one.select(a="entity_a", b="entity_b"))
    ids = dict(clusters.select("id", "cluster").iter_rows())
    return Matched(
        frames={
            name: frame.with_columns(pl.col("_own").replace(ids).alias(entity)).drop("_own")
            for name, frame in named.items()
        },
        matches=decided.select(*MATCHES).cast(pl.Schema(MATCHES)).sort("entity_a", "entity_b"),
        skipped=found.skipped,
    )


def _nodes(named: Mapping[str, pl.DataFrame], matching: Matching) -> pl.DataFrame:
    columns = dict.fromkeys(
        [field.column for field in matching.fields] + [c for block in matching.blocks for c in block.columns]
    )
    missing = [c for c in columns if not any(c in frame.columns for frame in named.values())]
    if missing:
        raise SchemaError(f"no source has a column {', '.join(missing)} to match by")
    parts = [
        frame.select(
            "_own",
            pl.lit(name).alias("_source"),
            pl.col("_landing_id").cast(pl.String),
            pl.col("_row").cast(pl.Int64),
            *(c for c in columns if c in frame.columns),
        )
        for name, frame in named.items()
    ]
    rows = pl.concat(parts, how="diagonal_relaxed").sort("_own", "_landing_id", "_row")
    return rows.unique("_own", keep="first", maintain_order=True).with_row_index("_node")


def _declared(nodes: pl.DataFrame, matching: Matching) -> Pairs:
    known = nodes.select("_own", "_node", "_source")
    told = pl.DataFrame([*matching.same, *matching.different], schema=["x", "y"], orient="row").cast(
        pl.String
    )
    named = told.join(known, left_on="x", right_on="_own").join(
        known, left_on="y", right_on="_own", suffix="_y"
    )
    if not matching.within:
        named = named.filter(pl.col("_source") != pl.col("_source_y"))
    both = named["_node"].to_numpy(), named["_node_y"].to_numpy()
    return Pairs(np.minimum(*both), np.maximum(*both))


def _grades(compared: Sequence[Compared], pairs: Pairs) -> Grades:
    return np.stack([one.grades(pairs) for one in compared], axis=1)


def _by_chance(nodes: pl.DataFrame, matching: Matching) -> Pairs:
    """Draw pairs: every node with those a few places on, which is chance enough where nodes stand by a hash."""
    order = nodes.select("_node", "_source").with_columns(_hash=stable_hash(nodes["_own"], salt="by chance"))
    order = order.sort("_hash", "_node").head(BY_CHANCE)
    node, source = order["_node"].to_numpy(), order["_source"]
    one, two = [node[:0]], [node[:0]]
    for step in range(1, max(2, min(nodes.height, 1 + BY_CHANCE // max(1, nodes.height)))):
        other = np.ones(max(0, len(node) - step), dtype=np.bool_)
        if not matching.within:
            other = (source.head(len(other)) != source.tail(len(other))).to_numpy()
        one.append(node[: len(other)][other])
        two.append(node[step:][other])
    both = np.concatenate(one), np.concatenate(two)
    return Pairs(np.minimum(*both), np.maximum(*both))


def _most_matches(source: pl.Series, matching: Matching) -> float:
    """Count how many pairs can be of one entity at most: where rows of one source are different, one for each row of
    the smaller of two sources.
    """
    if matching.within:
        return np.inf
    sizes = source.value_counts()["count"].sort(descending=True).to_numpy()
    return float(sizes @ np.arange(len(sizes)))


def _all_pairs(source: pl.Series, matching: Matching) -> float:
    """Count the pairs of rows that could be one entity, given the source of each."""
    sizes = source.value_counts()["count"].cast(pl.Float64)
    total = float(sizes.sum()) ** 2
    return (total - float(sizes.sum())) / 2 if matching.within else (total - float((sizes**2).sum())) / 2


def _equal(nodes: pl.DataFrame, field: Field, matching: Matching) -> float:
    """Give the share of the pairs with two values that have the same one."""
    known = nodes.select("_source", k=field.key()).drop_nulls()
    by_source = known.group_by("k", "_source").agg(n=pl.len().cast(pl.Float64))
    values = by_source.group_by("k").agg(n=pl.col("n").sum(), squares=(pl.col("n") ** 2).sum())
    alone = pl.col("n") if matching.within else pl.col("squares")
    same = values.select(((pl.col("n") ** 2 - alone) / 2).sum()).item()
    return min(0.99, float(same) / max(1.0, _all_pairs(known["_source"], matching)))


def _judged(
    pairs: Pairs, grades: Grades, rarity: Rarity, model: Model, *, declared: bool, review: float
) -> pl.DataFrame:
    """Give `a`, `b`, `probability` and by field the grade and the weight of the pairs that are kept."""
    rarer = rarity.of(pairs, grades)
    chance = probability(grades, model, rarer).round(9)
    some = np.flatnonzero(declared | (chance >= review))
    weights = [
        pl.Series(f"_w{at}", weight(model, at, grades[some], rarer[some])) for at in range(grades.shape[1])
    ]
    return pl.DataFrame(
        [
            pl.Series("a", pairs.a[some]),
            pl.Series("b", pairs.b[some]),
            pl.Series("probability", chance[some]),
            *weights,
        ]
    )


def _explained(nodes: pl.DataFrame, compared: Sequence[Compared], kept: pl.DataFrame) -> pl.DataFrame:
    """Say of each kept pair by field what both sides say, how alike they are, and what it weighs."""
    pairs = Pairs(kept["a"].to_numpy(), kept["b"].to_numpy())
    told = []
    for at, one in enumerate(compared):
        said = nodes[one.field.column].cast(pl.String)
        fields = pl.DataFrame(
            {
                "column_name": pl.repeat(one.field.column, kept.height, eager=True, dtype=pl.String),
                "a": said.gather(pairs.a),
                "b": said.gather(pairs.b),
                "similarity": pl.Series(one.similarities(pairs), nan_to_null=True).round(4),
                "weight": kept[f"_w{at}"].round(2),
            }
        )
        told.append(fields.to_struct(f"_f{at}"))
    return kept.select("a", "b", "probability", *told)


def _decided(found: pl.DataFrame, nodes: pl.DataFrame, matching: Matching) -> pl.DataFrame:
    """Name both sides and decide; pairs that are neither accepted, nor to be reviewed, nor declared are left out."""
    own = nodes["_own"]
    sides = pl.DataFrame({"x": own.gather(found["a"]), "y": own.gather(found["b"])})
    pair = sides.select(
        pl.concat_str(pl.min_horizontal("x", "y"), pl.max_horizontal("x", "y"), separator="|")
    )
    same = ["|".join(sorted(two)) for two in matching.same]
    different = ["|".join(sorted(two)) for two in matching.different]
    decision = (
        pl.when(pl.col("_pair").is_in(different))
        .then(pl.lit("declared different"))
        .when(pl.col("_pair").is_in(same))
        .then(pl.lit("declared the same"))
        .when((pl.col("probability") >= matching.accept) & pl.col("_best"))
        .then(pl.lit("match"))
        .when(pl.col("probability") >= matching.review)
        .then(pl.lit("review"))
    )
    best = pl.lit(value=True) if matching.within else _best(found, nodes)
    decided = found.with_columns(pair.to_series().alias("_pair"), best.alias("_best")).with_columns(
        decision=decision
    )
    some = decided.filter(pl.col("decision").is_not_null())
    row = nodes.select("_node", entity="_own", source="_source", landing="_landing_id", row="_row")
    for side in ("a", "b"):
        names = {name: f"{name}_{side}" for name in row.columns if name != "_node"}
        some = some.join(row.rename({"_node": side} | names), on=side)
    return some.with_columns(fields=pl.concat_list([c for c in some.columns if c.startswith("_f")]))


def _best(found: pl.DataFrame, nodes: pl.DataFrame) -> pl.Series:
    """Say which pairs are the likeliest of both their rows in the other's source; of even ones, the first."""
    source = nodes["_source"]
    pairs = found.select(
        "a", "b", "probability", in_a=source.gather(found["a"]), in_b=source.gather(found["b"])
    )
    pairs = pairs.with_row_index("_at").sort("probability", "a", "b", descending=[True, False, False])
    first_of_a = pl.int_range(pl.len()).over("a", "in_b") == 0
    first_of_b = pl.int_range(pl.len()).over("b", "in_a") == 0
    return pairs.with_columns(best=first_of_a & first_of_b).sort("_at")["best"]
