"""Contract of the heart patients of the Statlog copy, from its archive."""

from __future__ import annotations

from typing import ClassVar

from checks.heart import Heart


class HeartStatlog(Heart):
    """Heart patients of the Statlog copy, from its archive, one row a patient; the source has no patient number."""

    TABLE: ClassVar[str] = "core.medical__statlog"
