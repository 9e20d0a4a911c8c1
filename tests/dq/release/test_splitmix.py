"""The mix and what is made of it: fixed to the bit, and as random as it has to be."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.release.buffers import texts
from dq.release.splitmix import GOLDEN, hash_texts, mix, permutation

MASK = 2**64 - 1


def plain_mix(word: int) -> int:
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & MASK
    word = (word ^ word >> 27) * 0x94D049BB133111EB & MASK
    return word ^ word >> 31


def plain_hash(text: str, key: int) -> int:
    """Give the hash as its definition reads, in whole numbers."""
    body = text.encode()
    value = plain_mix((len(body) * GOLDEN + key) & MASK)
    for at in range(0, len(body), 8):
        value = plain_mix(((value + GOLDEN) & MASK) ^ int.from_bytes(body[at : at + 8], "little"))
    return value


@given(st.integers(0, MASK))
def test_the_mix_is_splitmix64(word: int) -> None:
    """As in the published algorithm."""
    assert int(mix(np.array([word], dtype=np.uint64))[0]) == plain_mix(word)


@given(st.lists(st.text(max_size=40), min_size=1, max_size=20), st.integers(0, MASK))
def test_texts_hash_as_defined(words: list[str], key: int) -> None:
    """All at once gives what one by one gives, at any length."""
    data, offsets = texts(pl.Series(words).to_arrow(compat_level=pl.CompatLevel.oldest()))
    assert hash_texts(data, offsets, key).tolist() == [plain_hash(word, key) for word in words]


@settings(max_examples=50)
@given(st.integers(0, 3000), st.integers(0, MASK))
def test_a_permutation_has_everything_once(count: int, key: int) -> None:
    """For any size and key."""
    assert sorted(permutation(count, key).tolist()) == list(range(count))


def test_every_place_is_equally_likely() -> None:
    """Over 20,000 keys each of 6 things stands in each place, and before each other, as often."""
    found = np.stack([permutation(6, key) for key in range(20_000)])
    counts = np.stack([np.bincount(found[:, place], minlength=6) for place in range(6)])
    assert abs(counts / (20_000 / 6) - 1).max() < 0.08
    places = np.argsort(found, 1)
    assert abs((places[:, :, None] < places[:, None, :]).mean(0)[~np.eye(6, dtype=bool)] - 0.5).max() < 0.02
