"""Labels that are likely wrong: a queue to review, the most doubtful first. Nothing is changed or deleted."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from dq.errors import ContractError, SchemaError
from dq.required_columns import require


def likely_label_errors(frame: pl.DataFrame, label: str, probabilities: Mapping[str, str]) -> pl.DataFrame:
    """Give `frame` with what confident learning says of each label, judged by a model that has not seen the
    row.

    `probabilities` names, for each class, the column with its probability, predicted **out of fold** (a model
    judges only rows that it was not trained on, or it repeats what it was told). A class is confidently
    predicted where its probability reaches the mean that it has among the rows labelled so; the label is a
    likely error where the most probable of these is another class. Columns added:

    - `label_quality`: probability of the given label minus the greatest other, from −1 to 1; sort by it to
      review;
    - `suggested_label`: the class that is confidently predicted instead, null where the label stands;
    - `is_likely_label_error`.

    Rows without a label, or with a null probability, get nulls and false. The rows stay in their order.

    >>> rows = pl.DataFrame({"y": ["a", "a", "b", "b", "a"], "pa": [0.9, 0.8, 0.2, 0.1, 0.1]})
    >>> told = likely_label_errors(rows.with_columns(pb=1 - pl.col("pa")), "y", {"a": "pa", "b": "pb"})
    >>> told["suggested_label"].to_list()
    [None, None, None, None, 'b']

    Raises:
        SchemaError: where a column is missing, or a label is none of the classes.
        ContractError: where there are fewer than two classes, or probabilities don't add up to 1.

    """
    require(frame, (label, *probabilities.values()), "doubting labels")
    if len(probabilities) < 2:
        raise ContractError("two classes at least are needed to doubt a label")
    given = frame[label].cast(pl.String)
    unknown = given.drop_nulls().filter(~given.drop_nulls().is_in(list(probabilities)))
    if len(unknown):
        raise SchemaError(
            f"labels without a probability: {', '.join(unknown.unique().sort().head(5))}",
            failed=len(unknown),
            of=frame.height,
        )
    total = pl.sum_horizontal(probabilities.values(), ignore_nulls=False)
    off = int(frame.select(((total - 1).abs() > 0.01).sum()).item())
    if off:
        raise ContractError("probabilities must add up to 1 in each row", failed=off, of=frame.height)
    said = pl.col(label).cast(pl.String)
    # Where no row has a class, nothing can be confidently of it.
    thresholds = {
        c: frame.select(pl.col(p).filter(said == c).mean()).item() for c, p in probabilities.items()
    }
    sure = {
        c: pl.when(pl.col(p) >= thresholds[c]).then(p)
        if thresholds[c] is not None
        else pl.lit(None, pl.Float64)
        for c, p in probabilities.items()
    }
    best = pl.max_horizontal(sure.values())
    instead = pl.coalesce(
        pl.when((sure[c] == best) & (said != c)).then(pl.lit(c)) for c in sorted(probabilities)
    )
    own = pl.coalesce(pl.when(said == c).then(p) for c, p in probabilities.items())
    other = pl.max_horizontal(pl.when(said != c).then(p) for c, p in probabilities.items())
    stands = pl.any_horizontal((said == c) & (sure[c] == best) for c in probabilities).fill_null(value=False)
    complete = total.is_not_null() & said.is_not_null()
    return frame.with_columns(
        label_quality=pl.when(complete).then(own - other),
        suggested_label=pl.when(complete & ~stands).then(instead),
    ).with_columns(is_likely_label_error=pl.col("suggested_label").is_not_null())


def conflicting_labels(frame: pl.DataFrame, same: str, label: str) -> pl.DataFrame:
    """Give the rows that are the same by the column `same` and carry different labels, sorted by both.

    Of rows that are the same, at most one label is right. `same` may be a normal text, a structure, a cluster
    of near repeats; null is the same as nothing, and null labels contradict none.

    >>> rows = pl.DataFrame({"text": ["good", "good", "bad"], "y": ["pos", "neg", "neg"]})
    >>> conflicting_labels(rows, "text", "y").rows()
    [('good', 'neg'), ('good', 'pos')]

    Raises:
        SchemaError: where a column is missing.

    """
    require(frame, (same, label), "conflicting labels")
    known = frame.drop_nulls([same, label])
    return known.filter(pl.col(label).n_unique().over(same) > 1).sort(same, label, maintain_order=True)
