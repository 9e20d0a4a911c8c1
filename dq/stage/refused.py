"""A table that was refused: nothing of it is published but the evidence."""

from __future__ import annotations

import polars as pl

from dq.outcome import Outcome
from dq.publication import Change, Publication
from dq.quarantine import refused_table
from dq.run import Run
from dq.verdict import Report


def publish_refusal(report: Report, rejected: pl.DataFrame | pl.LazyFrame, run: Run) -> Outcome:
    """Publish the rule results and the rejected rows of a blocked table; the table itself stays as it was."""
    run.warehouse.publish(
        Publication(
            run_id=run.run_id,
            changes=(Change(refused_table(report.table), rejected),),
            reports=(report,),
        ),
        now=run.now(),
    )
    return Outcome(report.table, "blocked", report=report, why=report.blocked)
