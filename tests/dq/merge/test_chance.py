from math import comb

from hypothesis import given, settings
from hypothesis import strategies as st

from dq.merge.chance import ALARM, beyond_chance


@settings(max_examples=200)
@given(of=st.integers(1, 80), share=st.floats(0, 1), chance=st.floats(0.01, 0.99), log_tries=st.floats(0, 10))
def test_what_is_called_beyond_chance_is_rarer_than_promised(of, share, chance, log_tries):
    """The exact chance of as many hits or more, times the tries, is below the promise."""
    hits = round(share * of)
    if beyond_chance(hits, of, chance, log_tries):
        tail = sum(comb(of, k) * chance**k * (1 - chance) ** (of - k) for k in range(hits, of + 1))
        assert tail * 2.718281828**log_tries <= ALARM * (1 + 1e-9)


@settings(max_examples=50)
@given(of=st.integers(1, 1000), chance=st.floats(0, 1))
def test_no_more_than_chance_gives_is_never_beyond_it(of, chance):
    """Neither what is expected nor less, however much was looked at."""
    assert not beyond_chance(int(chance * of), of, chance, 0.0)
