"""Cells that hold the neighbour's value, too: `Portland OR` as a town, beside no state."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import polars as pl

from dq.profile.column import Column

FOUND = {"row": pl.UInt32, "column": pl.String, "kind": pl.String, "proposal": pl.String, "why": pl.String}
LAST = r"^(.*[^\s,;/])[\s,;/]+(\S+)$"
OFTEN = 2
MOST_VALUES = 2_000
MINORITY = 0.1


def swallowed(rows: pl.DataFrame, columns: Sequence[Column]) -> pl.DataFrame:
    """Give both cells of the rows in which one ends with a word of the other's, and the other has none.

    `rows` has `row`, the row's number. The word must return in the other column, which is seldom null; the proposals
    are the two values apart.

    >>> from dq.profile.column import look
    >>> towns = pl.DataFrame({"town": ["Bath", "York", "Salem OR"], "state": ["ME", "OR", None]})
    >>> towns = pl.concat([towns.head(2)] * 20 + [towns.tail(1)])
    >>> swallowed(towns.with_row_index("row"), [look(c) for c in towns]).select("column", "proposal").rows()
    [('town', 'Salem'), ('state', 'OR')]
    """
    found = [pl.DataFrame(schema=FOUND)]
    words = [column for column in columns if column.is_text and column.reading.kind in {"text", "code"}]
    for whole, part in itertools.permutations(words, 2):
        if not part.nulls or part.nulls > MINORITY * part.rows or part.values.height > MOST_VALUES:
            continue
        usual = part.values.filter(pl.col("count") >= OFTEN)["value"].to_list()
        cell = pl.col(whole.name).cast(pl.String)
        apart = rows.select(
            "row", rest=cell.str.extract(LAST, 1), word=cell.str.extract(LAST, 2), other=pl.col(part.name)
        )
        told = apart.filter(pl.col("other").is_null() & pl.col("word").is_in(usual))
        known = apart.filter(pl.col("other").is_not_null())
        usage = int((known["word"].is_in(usual)).sum())
        # Where others end so as well, though they have a neighbour, it is a name.
        if told.is_empty() or usage > MINORITY * known.height:
            continue
        for name, kind, proposal in ((whole.name, "format", "rest"), (part.name, "missing", "word")):
            found.append(
                told.select(
                    "row",
                    column=pl.lit(name),
                    kind=pl.lit(kind),
                    proposal=proposal,
                    why=pl.format(
                        "{} ends with {}, and {} is null", pl.lit(whole.name), "word", pl.lit(part.name)
                    ),
                ).cast(FOUND)  # type: ignore[arg-type]
            )
    return pl.concat(found)
