"""Contract of the heart patients of the internal copy that repeats its rows."""

from __future__ import annotations

from typing import ClassVar

from checks.heart import Heart


class HeartCardiacArrest(Heart):
    """Heart patients of the internal copy that repeats its rows, one row a patient; the source has no patient number."""

    TABLE: ClassVar[str] = "core.medical__cardiac_arrest"
