"""Sketches of texts: short keys of which two texts share at least one, nearly surely, where their shingles
overlap.

A text's shingles are its runs of `n` characters. Each is hashed once; four rounds throw the hash into 32 bins
each, and a bin keeps its least (one-permutation hashing), empty bins borrowing from a fixed sequence of
others (densification). Of the 128 values, 20 bands of 6 are folded into one key each: two texts share a key
with the chance 1 − (1 − J⁶)²⁰, which is 0.998 at a Jaccard similarity of 0.8 and 0.27 at 0.5. All constants
are fixed, so that sketches that were stored stay comparable.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from dq.stable_hash import GOLDEN, Words, mix

ROUNDS, BINS = 4, 32
BANDS, WIDTH = 20, 6
EMPTY = np.uint32(0xFFFFFFFF)
TURNS = [np.uint64((turn + 1) * int(GOLDEN) % 2**64) for turn in range(ROUNDS)]
CHUNK_CHARS = 1 << 20


def sketch(text: pl.Series, n: int) -> Words:
    """Give the `BANDS` keys of each text, one row per text. No text may be null; the empty text is a text."""
    parts = [_keys(chunk, n) for chunk in _chunks(text)]
    return np.concatenate(parts) if parts else np.zeros((0, BANDS), dtype=np.uint64)


def shingles(text: pl.Series, n: int) -> pl.Series:
    """Give the hashes of each text's shingles, as lists; a text shorter than `n` has one. No text may be
    null.
    """
    parts = []
    for chunk in _chunks(text):
        hashes, counts = _hashes(chunk, n)
        rows = pl.DataFrame({"row": np.repeat(np.arange(len(chunk)), counts), "hash": hashes})
        parts.append(rows.group_by("row", maintain_order=True).agg("hash")["hash"])
    return pl.concat(parts) if parts else pl.Series(dtype=pl.List(pl.UInt64))


def _chunks(text: pl.Series) -> Iterator[pl.Series]:
    ends = text.str.len_chars().cast(pl.Int64).cum_sum().to_numpy()
    start = 0
    while start < len(text):
        done = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + CHUNK_CHARS)))
        yield text.slice(start, stop - start)
        start = stop


def _hashes(text: pl.Series, n: int) -> tuple[Words, npt.NDArray[np.int64]]:
    padded = text.str.pad_end(n, "\0")
    lengths = padded.str.len_chars().cast(pl.Int64).to_numpy()
    letters = np.frombuffer(str(padded.str.join("").item()).encode("utf-32-le"), dtype="<u4").astype(
        np.uint64
    )
    folded = np.zeros(len(letters) - n + 1, dtype=np.uint64)
    for place in range(n):
        folded = folded * GOLDEN + letters[place : len(letters) - n + 1 + place]
    counts = lengths - n + 1
    starts = np.cumsum(lengths) - lengths
    within = np.arange(int(counts.sum())) + np.repeat(starts - (np.cumsum(counts) - counts), counts)
    return mix(folded[within]), counts


def _keys(text: pl.Series, n: int) -> Words:
    hashes, counts = _hashes(text, n)
    row = np.repeat(np.arange(len(text), dtype=np.int64) * BINS, counts)
    signature = np.empty((len(text), BINS, ROUNDS), dtype=np.uint32)
    for turn in range(ROUNDS):
        mixed = mix(hashes + TURNS[turn])
        least = np.full(len(text) * BINS, EMPTY)
        np.minimum.at(least, row + (mixed >> np.uint64(59)).astype(np.int64), mixed.astype(np.uint32))
        signature[:, :, turn] = _filled(least.reshape(-1, BINS))
    flat = signature.reshape(len(text), BINS * ROUNDS).astype(np.uint64)
    keys = np.empty((len(text), BANDS), dtype=np.uint64)
    for band in range(BANDS):
        key = np.full(len(text), band + 1, dtype=np.uint64)
        for place in range(WIDTH):
            key = mix(key * GOLDEN + flat[:, band * WIDTH + place])
        keys[:, band] = key
    return keys


def _filled(least: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    filled = least.copy()
    row, place = np.nonzero(least == EMPTY)
    for probes in PROBES:
        if not len(row):
            break
        borrowed = least[row, probes[place]]
        filled[row, place] = borrowed
        still = borrowed == EMPTY
        row, place = row[still], place[still]
    return filled


def _probes() -> npt.NDArray[np.int64]:
    """Give, for each bin, the order in which it looks into the others: a fixed shuffle of each."""
    bins = np.arange(BINS, dtype=np.uint64)
    rank = mix((bins[:, None] * np.uint64(BINS) + bins[None, :] + np.uint64(1)) * GOLDEN)
    return np.asarray(np.argsort(rank, axis=1, kind="stable").T, dtype=np.int64)


PROBES = _probes()
