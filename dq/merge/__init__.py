"""Merging: one row per entity from all sources that know it, and per cell who won, over whom, and why."""

from dq.merge.merge import Merged, merge, merge_streaming
from dq.merge.natural_key import Linked, link
from dq.merge.survivorship import Latest, Offset, Precedence, Scale, Survivorship, Trusted

__all__ = [
    "Latest",
    "Linked",
    "Merged",
    "Offset",
    "Precedence",
    "Scale",
    "Survivorship",
    "Trusted",
    "link",
    "merge",
    "merge_streaming",
]
