"""Entity matching: which rows speak of the same thing where no key is shared, how surely, and what to look at."""

from dq.match.fields import Block, Exact, Number, Text
from dq.match.match import MATCHES, Matched, Matching, match_entities

__all__ = ["MATCHES", "Block", "Exact", "Matched", "Matching", "Number", "Text", "match_entities"]
