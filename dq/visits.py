"""Why each address was or was not fetched: the rows of `quality.visits`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

VISITS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "run_id": pl.String,
    "source": pl.String,
    "url": pl.String,
    "outcome": pl.String,
    "why": pl.String,
    "status": pl.Int64,
    "depth": pl.Int64,
    "found_on": pl.String,
    "at": pl.Datetime("us", "UTC"),
}
"""The columns of `quality.visits`: one row per address that a source's last published run knew of."""


@dataclass(frozen=True)
class Visit:
    """What became of an address.

    `outcome` is landed, unchanged, resumed, refused or gone. `why` is how it was come by (start, sitemap, link), what
    refused it (robots.txt, another host, a rule, max_depth, the same page by another address), or HTTP 404. `found_on`
    is the page or sitemap that named it, null for a start.
    """

    url: str
    outcome: str
    why: str
    depth: int
    status: int | None = None
    found_on: str | None = None


def visits_frame(visits: Sequence[Visit], source: str, run_id: str, at: datetime) -> pl.DataFrame:
    """Give the rows of `quality.visits`, in the order of the walk.

    >>> visits_frame([Visit("http://h/", "landed", "start", 0, 200)], "demo__x", "r", datetime(2026, 1, 1))["why"][0]
    'start'
    """
    rows = [
        (run_id, source, one.url, one.outcome, one.why, one.status, one.depth, one.found_on, at)
        for one in visits
    ]
    return pl.DataFrame(rows, schema=VISITS_SCHEMA, orient="row")
