"""A hash of text that is the same on every machine, in every version, for ever.

Splits and entity ids are built on it, so it depends on no library's own hash. The text is taken as UTF-8,
padded with zero bytes to whole 8-byte little-endian words (at least one zero byte), and with all arithmetic
modulo 2^64:

    hash = mix(length × C + key1 + Σᵢ mix(wordᵢ XOR mix(i × C + key0)))

where C = 0x9E3779B97F4A7C15, `mix` is the finaliser of SplitMix64, and key0 and key1 are the two
little-endian words of the 16-byte BLAKE2b digest of the salt. It is keyed and well mixed, but no
cryptographic hash.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import polars as pl

Words = npt.NDArray[np.uint64]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
CHUNK_BYTES = 8 << 20


def stable_hash(text: pl.Series, salt: str = "") -> pl.Series:
    """Give the 64-bit hash of each text under `salt`; null stays null.

    >>> stable_hash(pl.Series(["patient-1", "", None]), salt="demo").to_list()
    [13674856656810335173, 15204685028276937059, None]
    """
    key0, key1 = np.frombuffer(hashlib.blake2b(salt.encode(), digest_size=16).digest(), dtype="<u8")
    rows = max(1, len(text))
    size = int(text.str.len_bytes().sum() or 0)
    step = max(1, rows * CHUNK_BYTES // max(CHUNK_BYTES, size))
    parts = [_hash_chunk(text.slice(at, step), key0, key1) for at in range(0, rows, step)]
    hashes = pl.Series(text.name, np.concatenate(parts), dtype=pl.UInt64)
    return hashes.set(text.is_null(), None)


def mix(words: Words) -> Words:
    """Give the finaliser of SplitMix64 of each word: a bijection in which every bit depends on every bit."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _hash_chunk(text: pl.Series, key0: np.uint64, key1: np.uint64) -> Words:
    lengths = text.fill_null("").str.len_bytes().to_numpy().astype(np.int64)
    if not len(lengths):
        return np.zeros(0, dtype=np.uint64)
    flat = np.frombuffer(str(text.fill_null("").str.join("").item()).encode(), dtype=np.uint8)
    counts = lengths // 8 + 1
    starts = np.cumsum(counts) - counts
    # Where each byte goes: its place in the joined text, moved by the padding before its own text.
    moved = np.repeat(starts * 8 - (np.cumsum(lengths) - lengths), lengths)
    padded = np.zeros(int(counts.sum()) * 8, dtype=np.uint8)
    padded[np.arange(len(flat)) + moved] = flat
    words = padded.view("<u8").astype(np.uint64)
    place = (np.arange(len(words)) - np.repeat(starts, counts)).astype(np.uint64)
    sums = np.add.reduceat(mix(words ^ mix(place * GOLDEN + key0)), starts)
    return mix(lengths.astype(np.uint64) * GOLDEN + key1 + sums)
