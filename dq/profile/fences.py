"""Where the usual numbers of a column end: fences around the middle half, moved out to the next wide gap."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import polars as pl

from dq.profile.values import quantiles

WIDTHS = 3.0
"""So many times the middle half's width beyond it is far out, as Tukey has it."""
GAP = 0.5
"""And the numbers beyond begin behind a gap of so many widths."""
MINORITY = 0.1
HEAPED = 0.5
LONG_TAILED = 8.0
"""So many times the middle half's width lie between the 2nd and the 98th of a hundred; of a normal curve, three."""
SKEWED = 0.25
TAIL = 2.0
"""A tail goes on for so many times the width of its 20 in a hundred before the last five."""
FEWEST = 20
FEWEST_DISTINCTS = 5

Floats = npt.NDArray[np.float64]


def fences(numbers: pl.DataFrame) -> tuple[float, float]:
    """Give the lowest and the highest number that are usual, of `number` (ascending) with its `count`.

    Skewed numbers above zero are looked at by their logarithm. Where nothing stands apart these are the ends.

    >>> fences(pl.DataFrame({"number": [*map(float, range(50, 90)), 7000.0], "count": [5] * 41}))
    (50.0, 89.0)
    """
    if numbers.is_empty():
        return -math.inf, math.inf
    ends = (float(numbers["number"][0]), float(numbers["number"][-1]))
    if numbers["count"].sum() < FEWEST or numbers.height < FEWEST_DISTINCTS:
        return ends
    heap = int(numbers["count"].arg_max() or 0)
    if numbers["count"][heap] > HEAPED * int(numbers["count"].sum()) and numbers.height > FEWEST_DISTINCTS:
        # Most have nothing to tell: those who have are looked at by themselves, and nothing is usual.
        low, high = fences(numbers.filter(pl.int_range(pl.len()) != heap))
        return min(low, float(numbers["number"][heap])), max(high, float(numbers["number"][heap]))
    if _is_long_tailed(numbers):
        return _by_arcsinh(numbers)
    if not _by_logarithm(numbers):
        return _ends(numbers)
    above = numbers.filter(pl.col("number") > 0)
    low, high = _ends(above.with_columns(pl.col("number").log()))
    shown = above["number"].to_numpy()
    logs = np.log(shown)
    low, high = float(shown[logs >= low - 1e-12][0]), float(shown[logs <= high + 1e-12][-1])
    return (min(low, ends[0]) if ends[0] <= 0 else low), high


def _is_long_tailed(numbers: pl.DataFrame) -> bool:
    """Say whether numbers on both sides of zero have tails as profits and changes have."""
    low, q25, q75, high = quantiles(numbers, (0.02, 0.25, 0.75, 0.98))
    return bool(low < 0 < high and q75 > q25 and high - low > LONG_TAILED * (q75 - q25))


def _by_arcsinh(numbers: pl.DataFrame) -> tuple[float, float]:
    """Give the ends where numbers are squeezed by their logarithm on both sides of their middle."""
    q25, middle, q75 = quantiles(numbers, (0.25, 0.5, 0.75))
    shown = numbers["number"].to_numpy()
    squeezed = np.arcsinh((shown - middle) / (q75 - q25))
    low, high = _ends(numbers.with_columns(pl.Series("number", squeezed)))
    return float(shown[squeezed >= low - 1e-12][0]), float(shown[squeezed <= high + 1e-12][-1])


def _by_logarithm(numbers: pl.DataFrame) -> bool:
    low, middle, high = quantiles(numbers, (0.05, 0.5, 0.95))
    if numbers["number"][0] < 0 or middle <= 0 or high <= low:
        return False
    return (high - 2 * middle + low) / (high - low) > SKEWED


def _ends(numbers: pl.DataFrame) -> tuple[float, float]:
    q05, q25, q75, q95 = quantiles(numbers, (0.05, 0.25, 0.75, 0.95))
    width = (q75 - q25) or (q95 - q05) / 2
    cells, counts = numbers["number"].to_numpy(), numbers["count"].to_numpy()
    if width <= 0:
        return float(cells[0]), float(cells[-1])
    above = max(q75 + WIDTHS * width, q95 + TAIL * (q95 - q75))
    below = min(q25 - WIDTHS * width, q05 - TAIL * (q25 - q05))
    high = _last_before_gap(cells, counts, above, GAP * width)
    low = -_last_before_gap(-cells[::-1], counts[::-1], -below, GAP * width)
    return low, high


def _last_before_gap(cells: Floats, counts: npt.NDArray[np.int64], fence: float, gap: float) -> float:
    """Give the last of ascending numbers before the first wide gap that ends beyond the fence."""
    wide = (np.diff(cells) >= gap) & (cells[1:] > fence)
    if not wide.any():
        return float(cells[-1])
    first = int(np.argmax(wide))
    many = counts[first + 1 :].sum() > MINORITY * counts.sum()
    return float(cells[-1] if many else cells[first])
