"""Contract of the heart patients of the internal copy with the inverted label."""

from __future__ import annotations

from typing import ClassVar

from checks.heart import Heart


class HeartHealthcare(Heart):
    """Heart patients of the internal copy with the inverted label, one row a patient; the source has no patient number."""

    TABLE: ClassVar[str] = "core.medical__healthcare"
