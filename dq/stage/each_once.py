"""What a project's own function gives back, held against what it was given: every row, once.

`clean`, `prepare` and `shape` are code that dq has not seen. To count the rows would not do: a join that doubles one
row and a filter that drops another leave the count as it was.
"""

from __future__ import annotations

import polars as pl

from dq.contract.evidence import origin_of
from dq.errors import LedgerError

KEY = ("landing", "row")


def assert_each_once(before: pl.LazyFrame, after: pl.LazyFrame, *, step: str, where: str) -> int:
    """Make sure that `after` has the rows of `before`, each once, in any order; give how many there are.

    Rows are told apart by `_landing_id` and `_row`, those of a merged table by their first member. `step` names the
    function that stands between the two. Both frames are streamed, and held in memory only where they differ.

    >>> rows = pl.LazyFrame({"_landing_id": ["a", "a"], "_row": [1, 2]})
    >>> assert_each_once(rows, rows.reverse(), step="clean", where="core.shop")
    2

    Raises:
        LedgerError: where a row is missing, doubled or new, or where `after` does not say which rows it has.

    """
    columns = after.collect_schema().names()
    if not ({"_landing_id", "_row"} <= set(columns) or "_members" in columns):
        raise LedgerError(
            f"{step} gave rows that do not say where they come from",
            where=where,
            hint="keep _landing_id and _row, or the _members of a merged table",
        )
    given, got = _named(before), _named(after)
    told = _told(given)
    if told != _told(got):
        raise _difference(given, got, step, where)
    return told[0]


def left_out(before: pl.LazyFrame, after: pl.LazyFrame) -> int:
    """Count the rows of `before` that no row of `after` was made of, as its `_members` tell.

    >>> bought = pl.LazyFrame({"_landing_id": ["a", "a"], "_row": [1, 2]})
    >>> days = pl.LazyFrame({"_members": [[{"source": "shop", "landing_id": "a", "row": 2}], None]})
    >>> left_out(bought, days)
    1

    Raises:
        LedgerError: where `after` does not say what its rows were made of.

    """
    if "_members" not in after.collect_schema().names():
        raise LedgerError(
            "rows of another kind do not say which rows they were made of",
            hint="gather them in `_members`: a list of source, landing_id and row",
        )
    member = pl.col("_members").explode().struct
    used = after.select(landing=member.field("landing_id"), row=member.field("row").cast(pl.Int64))
    return int(
        _named(before).join(used, on=KEY, how="anti").select(pl.len()).collect(engine="streaming").item()
    )


def _named(frame: pl.LazyFrame) -> pl.LazyFrame:
    landing, row = origin_of(frame.collect_schema().names())
    return frame.select(landing=landing, row=row)


def _told(rows: pl.LazyFrame) -> tuple[int, ...]:
    """Give the number of rows, and sums of their hashes: equal sums mean the same rows, whatever their order."""
    # In halves, since the sum of whole hashes would overflow.
    mark = pl.struct(KEY).hash()
    sums = rows.select(rows=pl.len(), low=(mark % 2**32).sum(), high=(mark // 2**32).sum())
    return sums.collect(engine="streaming").row(0)


def _difference(given: pl.LazyFrame, got: pl.LazyFrame, step: str, where: str) -> LedgerError:
    """Count what is lost, doubled and new, and name the first such row."""
    before, after = (rows.group_by(KEY).agg(n=pl.len().cast(pl.Int64)) for rows in (given, got))
    both = before.join(after, on=KEY, how="full", coalesce=True, nulls_equal=True, suffix="_after")
    was, now = (pl.col(name).fill_null(0) for name in ("n", "n_after"))
    odd = both.select(*KEY, was=was, now=now).filter(pl.col("was") != pl.col("now")).sort(KEY).collect()
    more = pl.col("now") - pl.col("was")
    counts = odd.select(
        lost=(-more).clip(lower_bound=0).sum(),
        doubled=pl.when(pl.col("was") > 0).then(more.clip(lower_bound=0)).sum(),
        new=pl.when(pl.col("was") == 0).then(more).sum(),
    ).row(0, named=True)
    words = " and ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
    landing, row = odd.select(KEY).row(0)
    return LedgerError(
        f"{step} must give every row once; {words}, the first of them row {row} of landing {landing}",
        where=where,
        hint="nothing was published. Let the contract reject a row that is not wanted: it then lies in quarantine with "
        "its reason. A join doubles rows where its key is not unique on the other side",
    )
