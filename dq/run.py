"""All that a stage may touch in one run: the warehouse, the landing store, the clock, the environment."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from dq.landing import LandingStore
from dq.settings import Settings
from dq.warehouse import Warehouse


@dataclass(frozen=True)
class Run:
    """One run of the pipeline: its id, its clock, the code's version, and where it reads and writes."""

    run_id: str
    settings: Settings
    code_version: str
    now: Callable[[], datetime]
    progress: Callable[[str], None] = lambda _: None

    @property
    def warehouse(self) -> Warehouse:
        """The lake that this run publishes to."""
        return Warehouse(self.settings.warehouse)

    @property
    def store(self) -> LandingStore:
        """The bytes as fetched."""
        return LandingStore(self.settings.landing)

    def fingerprint(self, table: str, inputs: Mapping[str, str | None]) -> str:
        """Name what `table` would be made of: the code and the state of its inputs. Equal means: nothing to do."""
        made_of = json.dumps([table, self.code_version, dict(sorted(inputs.items()))], separators=(",", ":"))
        return hashlib.sha256(made_of.encode()).hexdigest()
