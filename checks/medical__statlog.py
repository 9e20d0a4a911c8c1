"""Contract of the heart patients of the Statlog copy, from its archive."""

from __future__ import annotations

from checks.heart import Heart


class HeartStatlog(Heart):
    """Heart patients of the Statlog copy, from its archive, one row per patient; the source has no patient number."""

    class Config:
        """The table it is for."""

        name = "core.medical__statlog"
