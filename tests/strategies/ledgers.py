"""Ledger entries: the parts of one that balances, and by how much one may be off."""

from hypothesis import strategies as st

PARTS = ("accepted", "quarantined", "deduplicated", "superseded")
COUNTS = st.integers(min_value=0, max_value=10**12)
parts = st.fixed_dictionaries(dict.fromkeys(PARTS, COUNTS))
"""What became of rows, in four counts."""
off = st.integers(min_value=-(10**12), max_value=10**12).filter(bool)
"""A difference that is not zero."""
