"""A way in which two sources disagree that is no accident."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dq.merge.survivorship import Fix

Kind = Literal["inverted", "scaled", "off_by_one", "offset", "recoded", "shifted", "sorted", "swapped"]
Side = Literal["x", "y"]


@dataclass(frozen=True)
class Pattern:
    """What was seen, and `explained`, the share of what it should explain. `suspect` is the side that shows it by
    itself, where one does; `partly`: only some of the rows are concerned, and the others may be right.

    `false_words`: what the wrong side says is not true as it stands, so it loses its vote once a witness
    names it; another spelling of the truth is not false. `to_y` and `to_x` are the fixes that would bring one
    side to the other's words; `note` says in words what to do where no fix can be declared.
    """

    kind: Kind
    evidence: str
    explained: float
    suspect: Side | None = None
    false_words: bool = True
    partly: bool = False
    to_y: Fix | None = None
    to_x: Fix | None = None
    note: str = ""


def fits(hits: int, of: int, what: str) -> str:
    """Say how many fit, and how many do not.

    >>> fits(990, 1000, "entities"), fits(20, 20, "entities")
    ('990 of 1,000 entities, 10 do not fit', '20 of 20 entities')

    """
    rest = f", {of - hits:,} do not fit" if hits < of else ""
    return f"{hits:,} of {of:,} {what}{rest}"
