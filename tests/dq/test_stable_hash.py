import hashlib

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.stable_hash import stable_hash

MASK = 2**64 - 1


def plainly(text: str, salt: str) -> int:
    """The documented formula, in whole numbers."""

    def mix(word: int) -> int:
        word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & MASK
        return word ^ (word >> 31)

    key = hashlib.blake2b(salt.encode(), digest_size=16).digest()
    key0, key1 = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
    data = text.encode()
    padded = data + bytes(8 - len(data) % 8)
    total = len(data) * 0x9E3779B97F4A7C15 + key1
    for i in range(len(padded) // 8):
        word = int.from_bytes(padded[8 * i : 8 * i + 8], "little")
        total += mix(word ^ mix((i * 0x9E3779B97F4A7C15 + key0) & MASK))
    return mix(total & MASK)


@settings(max_examples=50)
@given(texts=st.lists(st.one_of(st.none(), st.text(max_size=40)), max_size=10), salt=st.text(max_size=5))
def test_it_is_the_documented_formula(texts, salt):
    """Anyone can compute the hash from its description alone, in any language."""
    told = stable_hash(pl.Series(texts, dtype=pl.String), salt).to_list()
    assert told == [None if text is None else plainly(text, salt) for text in texts]


def test_it_never_changes():
    """Splits published today must be the same splits in ten years."""
    assert stable_hash(pl.Series(["patient-1", "", "病人"]), "demo").to_list() == [
        13674856656810335173,
        15204685028276937059,
        plainly("病人", "demo"),
    ]


def test_chunks_do_not_show(monkeypatch):
    """A column hashed in many small chunks gives what it gives in one."""
    texts = pl.Series([str(i) * (i % 7) for i in range(100)])
    whole = stable_hash(texts)
    monkeypatch.setattr("dq.stable_hash.CHUNK_BYTES", 64)
    assert stable_hash(texts).equals(whole)


def test_it_spreads_near_equal_ids_evenly():
    """100,000 running numbers give 100,000 hashes, and every bit is set in half of them (within 2 %)."""
    hashes = stable_hash(pl.Series([str(i) for i in range(100_000)]), "demo")
    assert hashes.n_unique() == 100_000
    for bit in range(64):
        share = ((hashes // 2**bit) % 2).cast(pl.Int64).mean()
        assert 0.49 < share < 0.51
