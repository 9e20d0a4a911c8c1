"""What a contract says of each column, for people: the docs page, the orchestrator's column schema."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ColumnDoc:
    """One column in words. `constraints` are its rules beyond type, null and uniqueness."""

    name: str
    dtype: str
    nullable: bool
    unique: bool
    constraints: tuple[str, ...]
    description: str
