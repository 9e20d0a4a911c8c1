"""Contract of the heart patients of the internal copy that repeats its rows."""

from __future__ import annotations

from checks.heart import Heart


class HeartCardiacArrest(Heart):
    """Heart patients of the internal copy that repeats its rows, one row per patient; it has no patient numbers."""

    class Config:
        """The table it is for."""

        name = "core.medical__cardiac_arrest"
