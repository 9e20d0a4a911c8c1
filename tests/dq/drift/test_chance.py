import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, chi2, hypergeom

from dq.drift.chance import (
    IMPROBABLE,
    chance_of_fewer,
    chance_of_loss,
    chance_of_more,
    psi_by_chance,
)

sizes = st.integers(1, 3000)


@given(st.data(), sizes, sizes)
def test_the_chance_of_a_share_is_the_exact_tail_or_a_little_more(
    data: st.DataObject, of_before: int, of_now: int
) -> None:
    """Never below the hypergeometric tail, and below three times it where it is small enough to matter."""
    before, now = data.draw(st.integers(0, of_before)), data.draw(st.integers(0, of_now))
    exact = float(hypergeom.sf(now - 1, of_before + of_now, before + now, of_now))
    bound = chance_of_more(before, of_before, now, of_now)
    assert bound >= exact * (1 - 1e-6)
    if exact < IMPROBABLE and bound > 1e-250:
        assert bound <= 3 * exact


@given(st.data(), sizes, sizes)
def test_fewer_is_more_of_the_others(data: st.DataObject, of_before: int, of_now: int) -> None:
    """The chance that so few have it is the chance that so many do not."""
    before, now = data.draw(st.integers(0, of_before)), data.draw(st.integers(0, of_now))
    exact = float(hypergeom.cdf(now, of_before + of_now, before + now, of_now))
    assert chance_of_fewer(before, of_before, now, of_now) >= exact * (1 - 1e-6)


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_the_chance_of_loss_bounds_that_of_the_least_loss(before: int, now: int) -> None:
    """Were a third fewer rows given, so few or fewer would come at most so often."""
    exact = float(binom.cdf(now, before + now, 1 / 2.5))
    assert chance_of_loss(before, now, 1.5) >= exact * (1 - 1e-6)


@pytest.mark.parametrize("bins", range(2, 25))
def test_the_index_by_chance_is_the_chi_square_quantile(bins: int) -> None:
    """Wilson and Hilferty's is never below the exact quantile, and at most a sixth above."""
    exact = float(chi2.isf(IMPROBABLE, bins - 1)) * (1 / 500 + 1 / 2000)
    assert exact <= psi_by_chance(bins, 500, 2000) <= exact * 7 / 6
