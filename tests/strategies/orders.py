"""Deliveries of orders as files: good lines, wrong values, repeats and lines that are no CSV."""

from hypothesis import strategies as st

GOOD = st.builds("{},{},{}".format, st.integers(1, 20), st.integers(0, 9), st.sampled_from(["open", "paid"]))
WRONG = st.sampled_from(["0,1,open", "7,-1,open", "8,1,lost", ",1,open", "x,1,paid", "9,much,open", "9,,"])
BROKEN = st.sampled_from(["1,2", "1,2,3,4", '1,"2,open', "order,amount,status", "\0,1,open"])
lines = st.lists(st.one_of(GOOD, GOOD, GOOD, WRONG, BROKEN), max_size=12)
deliveries = st.lists(lines, min_size=1, max_size=3)
"""A few files, each a few lines after its header."""
