"""The one source of order: a 64-bit mix that is ours, so that no library's next version can change an epoch.

Everything here is defined to the bit on unsigned 64-bit integers, little-endian text and nothing else.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]

GOLDEN = 0x9E3779B97F4A7C15


def mix(words: Words) -> Words:
    """Give the splitmix64 finaliser of every word: a bijection; each input bit flips half the output.

    >>> hex(int(mix(np.array([0x9E3779B97F4A7C15], dtype=np.uint64))[0]))
    '0xe220a8397b1dcdaf'
    """
    mixed = words >> np.uint64(30)
    mixed ^= words
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def derive(*parts: str | int) -> int:
    """Give the 64-bit key that these parts name; other parts name an unrelated key.

    >>> derive("blocks", 1) == derive("blocks", 1), derive("blocks", 1) == derive("block", "s1")
    (True, False)
    """
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


def permutation(count: int, key: int) -> Rows:
    """Give 0 … count − 1 in the order of their keyed hashes: the same on every machine, for ever.

    The index rides in the low bits of its own hash, so one sort of plain integers gives the order and no tie
    is left to the sorting algorithm.

    >>> permutation(5, key=1).tolist()
    [4, 3, 0, 1, 2]
    """
    index = np.arange(count, dtype=np.uint64)
    low = np.uint64((1 << max(count - 1, 1).bit_length()) - 1)
    hashes = index + np.uint64(1)
    hashes *= np.uint64(GOLDEN)
    hashes += np.uint64(key)
    hashes = mix(hashes)
    hashes &= ~low
    hashes |= index
    hashes.sort()
    hashes &= low
    return hashes.view(np.int64)


def hash_texts(data: npt.NDArray[np.uint8], offsets: Rows, key: int) -> Words:
    """Give the keyed hash of every text; text i is the UTF-8 in `data[offsets[i]:offsets[i + 1]]`.

    Eight bytes at a time: h ← mix(h + golden ⊕ word), begun with the key and the length, so that a text and
    the same text with zero bytes behind it differ.
    """
    padded = np.concatenate([data, np.zeros(8, dtype=np.uint8)])
    words = np.lib.stride_tricks.sliding_window_view(padded, 8)
    starts, lengths = offsets[:-1], np.diff(offsets)
    hashes = mix(lengths.astype(np.uint64) * np.uint64(GOLDEN) + np.uint64(key))
    alive = np.flatnonzero(lengths > 0)
    at = 0
    while len(alive):
        taken = np.minimum(lengths[alive] - at, 8).astype(np.uint64)
        word = words[starts[alive] + at].copy().view("<u8")[:, 0].astype(np.uint64)
        word &= ~np.uint64(0) >> ((np.uint64(8) - taken) * np.uint64(8))
        hashes[alive] = mix((hashes[alive] + np.uint64(GOLDEN)) ^ word)
        at += 8
        alive = alive[lengths[alive] > at]
    return hashes
