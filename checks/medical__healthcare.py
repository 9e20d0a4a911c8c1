"""Contract of the heart patients of the internal copy with the inverted label."""

from __future__ import annotations

from checks.heart import Heart


class HeartHealthcare(Heart):
    """Heart patients of the internal copy with the inverted label, one row per patient; it has no patient numbers."""

    class Config:
        """The table it is for."""

        name = "core.medical__healthcare"
