"""Repeats: rows that are equal by key or content, and texts that are nearly so; which stays never depends on order."""

from dq.dedupe.exact import ORIGIN, deduplicate
from dq.dedupe.near import deduplicate_near
from dq.dedupe.near_duplicates import NearDuplicates
from dq.dedupe.pairs import near_clusters, near_index, near_pairs

__all__ = [
    "ORIGIN",
    "NearDuplicates",
    "deduplicate",
    "deduplicate_near",
    "near_clusters",
    "near_index",
    "near_pairs",
]
