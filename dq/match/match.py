"""One entity id for rows that speak of the same thing though no key says so, and the pairs to look at.

Rows of one source that say the same in all columns are one node; pairs of nodes that share a block are compared field
by field; a model learned from them gives each pair a probability; pairs that are sure enough are tied, and what is
tied directly or over others is one entity. Nothing depends on the order of sources or rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from dq.errors import ContractError, SchemaError
from dq.match.fields import Block, Field, Floats
from dq.match.model import Grades, Model, graded, learn, probability
from dq.merge.natural_key import own_ids
from dq.stable_hash import stable_hash
from dq.ties import tied

BY_CHANCE = 100_000
"""Pairs drawn at random to see how alike rows of two entities are."""
MOST_IN_BLOCK = 2_000
"""Rows that may share a block: two million pairs. A greater block says nothing of its rows."""

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
    pairs, skipped = _candidates(nodes, matching)
    similarities = _similarities(nodes, pairs, matching)
    grades = np.stack(
        [graded(s, f.levels) for s, f in zip(similarities, matching.fields, strict=True)], axis=1
    )
    chance_pairs = _by_chance(nodes, matching)
    drawn = _similarities(nodes, chance_pairs, matching)
    by_chance = np.stack([graded(s, f.levels) for s, f in zip(drawn, matching.fields, strict=True)], axis=1)
    sizes, everything = [len(f.levels) + 1 for f in matching.fields], _all_pairs(nodes["_source"], matching)
    equal = [_equal(nodes, field, matching) for field in matching.fields]
    model = learn(grades, by_chance, equal, sizes, everything)
    rarer = _rarer(nodes, pairs, grades, matching, model)
    told = [
        _told(nodes, pairs, field, similarities[at], _weight(model, at, grades, rarer)).alias(f"_f{at}")
        for at, field in enumerate(matching.fields)
    ]
    chance = pl.Series("probability", probability(grades, model, rarer).round(9))
    decided = _decided(pairs.with_columns(chance, *told), nodes, matching)
    one = decided.filter(pl.col("decision").is_in(["match", "declared the same"]))
    clusters = tied(one.select(a="entity_a", b="entity_b"))
    ids = dict(clusters.select("id", "cluster").iter_rows())
    return Matched(
        frames={
            name: frame.with_columns(pl.col("_own").replace(ids).alias(entity)).drop("_own")
            for name, frame in named.items()
        },
        matches=decided.select(*MATCHES).cast(pl.Schema(MATCHES)).sort("entity_a", "entity_b"),
        skipped=skipped,
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


def _candidates(nodes: pl.DataFrame, matching: Matching) -> tuple[pl.DataFrame, dict[str, int]]:
    parts, skipped = [pl.DataFrame(schema={"a": pl.UInt32, "b": pl.UInt32})], {}
    for block in matching.blocks:
        keys = block.keys(nodes).with_columns(_size=pl.len().over("_key"))
        skipped[", ".join(block.columns)] = keys.filter(pl.col("_size") > MOST_IN_BLOCK)["_node"].n_unique()
        some = keys.filter(pl.col("_size").is_between(2, MOST_IN_BLOCK)).select("_node", "_key")
        both = some.join(some, on="_key", suffix="_b").filter(pl.col("_node") < pl.col("_node_b"))
        parts.append(both.select(a="_node", b="_node_b").unique())
    declared = nodes.select("_own", "_node")
    told = pl.DataFrame([*matching.same, *matching.different], schema=["x", "y"], orient="row")
    named = (
        told.cast(pl.String)
        .join(declared, left_on="x", right_on="_own")
        .join(declared, left_on="y", right_on="_own")
    )
    parts.append(
        named.select(a=pl.min_horizontal("_node", "_node_right"), b=pl.max_horizontal("_node", "_node_right"))
    )
    pairs = pl.concat(parts).unique().sort("a", "b")
    if matching.within:
        return pairs, skipped
    source = nodes["_source"]
    return pairs.filter(source.gather(pairs["a"]) != source.gather(pairs["b"])), skipped


def _by_chance(nodes: pl.DataFrame, matching: Matching) -> pl.DataFrame:
    """Draw pairs: every node with those a few places on, which is chance enough where nodes stand by a hash."""
    order = nodes.select("_node", "_source").with_columns(_hash=stable_hash(nodes["_own"], salt="by chance"))
    order = order.sort("_hash", "_node")
    steps = range(1, max(2, min(nodes.height, 1 + BY_CHANCE // max(1, nodes.height))))
    parts = [pl.DataFrame(schema={"a": pl.UInt32, "b": pl.UInt32})]
    for step in steps:
        some = order.select(
            a="_node",
            b=pl.col("_node").shift(-step),
            other=pl.col("_source") != pl.col("_source").shift(-step),
        )
        some = some.filter(pl.col("b").is_not_null() & (pl.col("other") | matching.within))
        parts.append(some.select(a=pl.min_horizontal("a", "b"), b=pl.max_horizontal("a", "b")))
    return pl.concat(parts)


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


def _similarities(nodes: pl.DataFrame, pairs: pl.DataFrame, matching: Matching) -> list[Floats]:
    """Give by field the similarity of each pair, NaN where one side is null."""
    found = []
    for field in matching.fields:
        key = nodes.select(field.key().alias("k"))["k"]
        sides = pl.DataFrame({"a": key.gather(pairs["a"]), "b": key.gather(pairs["b"])})
        known = sides.with_row_index("at").drop_nulls()
        # Values repeat: each different pair of values is compared once.
        kinds = known.select("a", "b").unique(maintain_order=True)
        measured = kinds.with_columns(pl.Series("s", field.similarity(kinds["a"], kinds["b"])))
        similar = np.full(pairs.height, np.nan)
        told = known.join(measured, on=["a", "b"], how="left", maintain_order="left")
        similar[known["at"].to_numpy()] = told["s"].to_numpy()
        found.append(similar)
    return found


def _rarer(
    nodes: pl.DataFrame, pairs: pl.DataFrame, grades: Grades, matching: Matching, model: Model
) -> Floats:
    """Give what agreement on a rare value says more, and on a common one less, than on the usual one.

    The usual one is that of the pairs that agree; never does agreement say less than being nearly the same.
    """
    more = np.zeros(grades.shape)
    for at, field in enumerate(matching.fields):
        key = nodes.select(field.key().alias("k"))
        # How many others than the two have it, and half a row more: nobody knows that a value is never met again.
        shares = key.select(share=(pl.len().over("k") - 1.5) / pl.col("k").count())["share"]
        equal = np.flatnonzero(grades[:, at] == 0)
        if not equal.size:
            continue
        share = np.log(np.maximum(shares.gather(pairs["a"]).to_numpy()[equal], 1e-9))
        weights = np.log(model.m[at] / model.u[at])
        nearly = weights[1] - weights[0] if weights.size > 2 else -np.inf
        more[equal, at] = np.maximum(share.mean() - share, nearly)
    return more


def _weight(model: Model, at: int, grades: Grades, rarer: Floats) -> Floats:
    weights = np.append(np.log(model.m[at] / model.u[at]), 0.0)
    return np.asarray((weights[grades[:, at]] + rarer[:, at]) / np.log(2), dtype=np.float64)


def _told(
    nodes: pl.DataFrame, pairs: pl.DataFrame, field: Field, similarity: Floats, weight: Floats
) -> pl.Series:
    said = nodes[field.column].cast(pl.String)
    return pl.DataFrame(
        {
            "column_name": pl.repeat(field.column, pairs.height, eager=True, dtype=pl.String),
            "a": said.gather(pairs["a"]),
            "b": said.gather(pairs["b"]),
            "similarity": pl.Series(similarity, nan_to_null=True).round(4),
            "weight": pl.Series(weight).round(2),
        }
    ).to_struct()


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
