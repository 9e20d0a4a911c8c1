"""Arrow arrays as numpy arrays, straight from their buffers: `to_numpy` would import pandas for it.

Little-endian machines only, as Arrow's own wheels are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Array = npt.NDArray[np.generic]


def validity(array: pa.Array) -> npt.NDArray[np.bool_]:
    """Give one truth value per row: False where it is null."""
    bitmap = array.buffers()[0]
    if array.null_count == 0 or bitmap is None:
        return np.ones(len(array), dtype=np.bool_)
    return _bits(bitmap, array.offset, len(array))


def numbers(array: pa.Array) -> Array:
    """Give the values of a boolean, numeric or temporal array; at nulls they are undefined.

    Dates and times keep their meaning: `datetime64[D]`, `datetime64[us]`.
    """
    values = array.buffers()[1]
    if len(array) == 0:
        return np.zeros(0, dtype=number_type(array.type))
    if pa.types.is_boolean(array.type):
        return _bits(values, array.offset, len(array))
    dtype = number_type(array.type)
    return np.frombuffer(values, dtype=dtype, count=len(array), offset=array.offset * dtype.itemsize)


def is_fixed(arrow: pa.DataType) -> bool:
    """Say whether values of this type are numbers, dates or times of whole bytes."""
    return bool(
        pa.types.is_integer(arrow)
        or pa.types.is_floating(arrow)
        or pa.types.is_date32(arrow)
        or pa.types.is_timestamp(arrow)
    )


def number_type(arrow: pa.DataType) -> np.dtype[np.generic]:
    """Give the numpy type with the same bytes as a numeric or temporal Arrow type."""
    if pa.types.is_date32(arrow):
        return np.dtype("int32")
    if pa.types.is_timestamp(arrow):
        return np.dtype(f"datetime64[{arrow.unit}]")
    dtype: np.dtype[np.generic] = np.dtype(arrow.to_pandas_dtype())
    return dtype


def texts(array: pa.Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Give the bytes of a string or binary array and n + 1 offsets into them from 0; nulls are empty."""
    if array.null_count:
        array = array.fill_null(
            b"" if pa.types.is_binary(array.type) or pa.types.is_large_binary(array.type) else ""
        )
    large = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    _, offsets, data = array.buffers()
    if len(array) == 0 or data is None:
        return np.zeros(0, dtype=np.uint8), np.zeros(len(array) + 1, dtype=np.int64)
    width = np.dtype(np.int64 if large else np.int32)
    edges = np.frombuffer(offsets, dtype=width, count=len(array) + 1, offset=array.offset * width.itemsize)
    edges = edges.astype(np.int64)
    return np.frombuffer(data, dtype=np.uint8)[edges[0] : edges[-1]], edges - edges[0]


def _bits(buffer: pa.Buffer, offset: int, count: int) -> npt.NDArray[np.bool_]:
    first, last = offset // 8, (offset + count + 7) // 8
    packed = np.frombuffer(buffer, dtype=np.uint8)[first:last]
    return np.unpackbits(packed, bitorder="little")[offset - first * 8 :][:count].view(np.bool_)
