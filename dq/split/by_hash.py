"""Splits that never move: an entity's split is a function of its id and the salt, not of the other rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from dq.clean.normal_text import normal_text
from dq.dedupe.pairs import near_clusters
from dq.errors import ContractError, SchemaError
from dq.required_columns import require
from dq.stable_hash import mix, stable_hash

SHARES: Mapping[str, float] = {"train": 0.8, "validation": 0.1, "test": 0.1}


def assign_split(
    frame: pl.DataFrame,
    entity: str,
    *,
    shares: Mapping[str, float] = SHARES,
    salt: str,
    cluster_by: str | None = None,
    tied: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Give `frame` with the column `split`, the same for every row of an entity, now and when more rows come.

    The split is where `dq.stable_hash` of the entity's text falls in the cumulated `shares`, so each holds
    about its share of the entities, not of the rows. With `cluster_by`, entities that share a text (white
    space, case and punctuation aside), directly or over others, go to the same split; a null or empty text
    ties nothing. `tied` names pairs of entities that must not part (`id_a`, `id_b`, such as
    `dq.near_pairs.near_pairs` gives). With either, a new row that ties two clusters may move one of them.

    >>> rows = pl.DataFrame({"id": ["1", "2", "3"], "text": ["Good day!", "good  day", "bad"]})
    >>> told = assign_split(rows, "id", salt="demo", cluster_by="text")
    >>> told["split"][0] == told["split"][1]
    True

    Raises:
        SchemaError: where a column is missing, or an entity is null.
        ContractError: where the shares are not positive or don't add up to 1.

    """
    check_shares(shares)
    group = groups(frame, entity, salt=salt, cluster_by=cluster_by, tied=tied)
    # Mixed once more: the least hash of a large cluster is small, and would land in the first split too
    # often.
    point = pl.Series("point", mix(group.to_numpy()) >> 11, dtype=pl.UInt64).cast(pl.Float64) / 2**53
    names, bound, split = list(shares), 0.0, pl.lit(list(shares)[-1])
    bounds = []
    for name in names[:-1]:
        bound += shares[name]
        bounds.append((name, bound))
    for name, upper in reversed(bounds):
        split = pl.when(pl.col("point") < upper).then(pl.lit(name)).otherwise(split)
    return frame.with_columns(point.to_frame().select(split.alias("split")).to_series())


def groups(
    frame: pl.DataFrame,
    entity: str,
    *,
    salt: str,
    cluster_by: str | None = None,
    tied: pl.DataFrame | None = None,
) -> pl.Series:
    """Give each row the number of its group: rows of one entity, and of entities that must not part, share it.

    Numbers are hashes, so that they say nothing of the order of the rows.

    Raises:
        SchemaError: where a column is missing, or an entity is null.

    """
    check_entities(frame, entity, [entity, *([cluster_by] if cluster_by else [])])
    group = stable_hash(frame[entity].cast(pl.String), salt)
    ties = [] if cluster_by is None else [frame.select(normal_text(cluster_by)).to_series()]
    if tied is not None:
        of = near_clusters(tied.cast({"id_a": pl.String, "id_b": pl.String}))
        ties.append(frame[entity].cast(pl.String).replace_strict(of["id"], of["cluster"], default=None))
    if ties:
        group = _clusters(group, ties)
    return group


def check_shares(shares: Mapping[str, float]) -> None:
    """Do nothing where the shares are positive and add up to 1.

    Raises:
        ContractError: where they are not.

    """
    total = sum(shares.values())
    if abs(total - 1) > 1e-9 or min(shares.values(), default=0) <= 0:
        raise ContractError(f"shares must be positive and add up to 1: {dict(shares)} gives {total}")


def check_entities(frame: pl.DataFrame, entity: str, columns: list[str]) -> None:
    """Do nothing where all `columns` are there and every row names its entity.

    Raises:
        SchemaError: where they are not, or a row names none.

    """
    require(frame, columns, "a split")
    nameless = frame[entity].null_count()
    if nameless:
        raise SchemaError(f"rows have no {entity} to be split by", failed=nameless, of=frame.height)


def _clusters(group: pl.Series, ties: Sequence[pl.Series]) -> pl.Series:
    """Give each row the least group of all rows tied to it by group or by any of `ties`, where not null."""
    rows = pl.DataFrame([group.alias("group"), *(tie.alias(f"tie:{at}") for at, tie in enumerate(ties))])
    rows = rows.with_columns(least="group")
    while True:
        tied = rows
        for at in range(len(ties)):
            by_tie = pl.col("least").min().over(f"tie:{at}")
            known = pl.col(f"tie:{at}").is_not_null()
            tied = tied.with_columns(least=pl.when(known).then(by_tie).otherwise("least"))
        tied = tied.with_columns(least=pl.col("least").min().over("group"))
        if tied["least"].equals(rows["least"]):
            return tied["least"]
        rows = tied
