"""What a table of evidence holds, in the words that `show tables` and a client's list of tables show.

A table of data says it by itself: its feed, merge or training set brings a description.
"""

from __future__ import annotations

from collections.abc import Mapping

_EVIDENCE: Mapping[str, str] = {
    "quality.repairs": "What cleaning changed: cells by table, column and kind, by run",
    "quality.duplicates": "Every row that repeats another, and the row that was kept",
    "quality.near_duplicates": "Every row whose text nearly repeats another's, the row that was kept, and how similar",
    "quality.near_texts": "Index of near repeats: every text by its hash, with its keys",
    "quality.near_pairs": "Index of near repeats: every pair of near texts",
    "quality.conflicts": "Every value of every cell on which sources disagree: who said it, who won, and why",
    "quality.agreement": "How often two sources say the same, by column",
    "quality.findings": "Systematic disagreements between sources, with evidence and a proposed fix",
    "quality.trust": "How right every source was found, in columns merged by trust",
    "quality.matches": "Pairs of rows taken for one entity, or to be reviewed, with their probability",
}


def comment_of(table: str) -> str:
    """Give what is known of a table by its name alone; empty for one of data.

    >>> comment_of("quarantine.core__finance__cdnow")
    'Rejected rows of core.finance__cdnow: each with every reason, and where it came from'
    >>> comment_of("quarantine.core__finance__refused")
    'Rejected rows of core.finance, which was not published: each with every reason, and where it came from'
    """
    schema, _, name = table.partition(".")
    if schema != "quarantine":
        return _EVIDENCE.get(table, "")
    layer, _, rest = name.removesuffix("__refused").partition("__")
    why = ", which was not published" if name.endswith("__refused") else ""
    return f"Rejected rows of {layer}.{rest}{why}: each with every reason, and where it came from"
