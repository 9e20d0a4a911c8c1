"""A person accepts a source's new fields."""

from __future__ import annotations

from datetime import datetime

from dq.drift.finding import Finding
from dq.drift.history import history
from dq.errors import ConfigError
from dq.publication import Publication
from dq.warehouse import Warehouse

BY_HAND = "by hand"
"""Written in place of a run's id where a person made the entry."""


def accept(raw: str, warehouse: Warehouse, now: datetime) -> None:
    """Note that the fields of `raw` are to be taken as they are now; what was found of them stays in the history.

    Raises:
        ConfigError: where the table was never measured.

    """
    if not history(raw, warehouse, runs=1):
        raise ConfigError(f"{raw} was never measured", where=raw, hint="dq drift lists what drifted")
    finding = Finding(
        raw, None, "schema", "accepted", "info", "", None, None, words="the fields are taken as they are"
    )
    warehouse.publish(Publication(run_id=BY_HAND, changes=(), drift=(finding,)), now=now)
