import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.body import BodyError, read_bounded


def read(body: bytes, encoding: str, cap: int, size: int = 7) -> bytes:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    return asyncio.run(read_bounded(chunks(), encoding, wire_cap=1 << 20, decoded_cap=cap))


PACKERS = {
    "identity": bytes,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
}


@settings(max_examples=60)
@given(st.binary(max_size=300), st.sampled_from(sorted(PACKERS)), st.integers(1, 50))
def test_a_body_comes_back_whatever_the_chunks(body: bytes, encoding: str, size: int) -> None:
    """For any body, encoding and chunk size, and a cap of just its length, the body is what was packed."""
    assert read(PACKERS[encoding](body), encoding, cap=len(body), size=size) == body


@settings(max_examples=60)
@given(st.binary(min_size=1, max_size=300), st.sampled_from(sorted(PACKERS)), st.integers(1, 50))
def test_one_byte_over_the_cap_is_refused(body: bytes, encoding: str, size: int) -> None:
    """The cap is exact."""
    with pytest.raises(BodyError, match="bytes"):
        read(PACKERS[encoding](body), encoding, cap=len(body) - 1, size=size)


@settings(max_examples=40)
@given(st.binary(max_size=300), st.integers(1, 8))
def test_cut_gzip_is_never_taken_for_whole(body: bytes, lost: int) -> None:
    """A compressed body without its end is an error."""
    with pytest.raises(BodyError, match="cut off"):
        read(gzip.compress(body)[:-lost], "gzip", cap=1000)


def test_gzip_of_several_members_is_read_whole() -> None:
    """A body may be several gzip streams, one after the other."""
    assert read(gzip.compress(b"one ") + gzip.compress(b"two"), "gzip", cap=7) == b"one two"
