"""Immutable, versioned training sets: built from a judged table, read by anything that reads Parquet.

Building needs polars; opening needs the standard library alone, so names are imported when they are asked
for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dq.release.gate import Check, Gate, GateResult
from dq.release.manifest import Manifest, SourceUse, TableFlow
from dq.release.release import Release, list_releases, newest_passed, open_release

if TYPE_CHECKING:
    from dq.release.build import build_release

__all__ = [
    "Check",
    "Gate",
    "GateResult",
    "Manifest",
    "Release",
    "SourceUse",
    "TableFlow",
    "build_release",
    "list_releases",
    "newest_passed",
    "open_release",
]


def __getattr__(name: str) -> Any:
    """Import the build, and polars with it, only for those who build."""
    if name == "build_release":
        from dq.release.build import build_release  # noqa: PLC0415

        return build_release
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
