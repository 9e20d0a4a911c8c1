"""Many values for some rows, gathered into one list per row: by hand, since Polars' own ways cost 20 times as much."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

Places = NDArray[np.integer]
"""The row, from 0, that each value belongs to."""


def lists_by_row(height: int, parts: Sequence[tuple[Places, pl.Series]], dtype: pl.DataType) -> pl.Series:
    """Give a list a row of `height` rows: the values of all parts that belong to it, in the order of the parts.

    Each part is the places of its values, and the values; rows without a value have an empty list.

    >>> odd, all_ = np.array([1]), np.array([0, 1, 2])
    >>> parts = [(odd, pl.Series(["odd"])), (all_, pl.Series(["a", "b", "c"]))]
    >>> lists_by_row(4, parts, pl.List(pl.String)).to_list()
    [['a'], ['odd', 'b'], ['c'], []]
    """
    if not parts:
        return pl.Series([[]] * height, dtype=dtype)
    place = np.concatenate([where for where, _ in parts])
    offsets = np.zeros(height + 1, dtype=np.int64)
    np.cumsum(np.bincount(place, minlength=height), out=offsets[1:])
    ordered = pl.concat([values.rename("value") for _, values in parts])
    if len(place) > 1 and (place[1:] < place[:-1]).any():
        ordered = ordered.gather(np.argsort(place, kind="stable"))
    laid = pa.LargeListArray.from_arrays(offsets, ordered.to_arrow(compat_level=pl.CompatLevel.oldest()))
    return pl.Series(laid, dtype=dtype)
