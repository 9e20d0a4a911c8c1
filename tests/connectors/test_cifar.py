"""Batches in the exact layouts that CIFAR is published in, with made-up pixels."""

import contextlib
import io
import os
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.cifar import Cifar
from connectors.plain_pickle import read_pickle
from connectors.reader import together
from dq.errors import DecodeError

PIXELS = np.random.default_rng(7).integers(0, 256, (5, 3072), dtype=np.uint8)
LABELS = [3, 9, 0, 7, 3]
NAMES = [f"camion_s_{n:06}.png" for n in range(5)]


def binary(*heads: list[int]) -> bytes:
    return b"".join(bytes(labels) + row.tobytes() for *labels, row in zip(*heads, PIXELS, strict=True))


def short(text: str) -> bytes:
    return b"U" + bytes([len(text)]) + text.encode()


def python_2(batch: dict[str, Any]) -> bytes:
    """Pickle as the published files are: protocol 2 of Python 2, numpy's old names, text as bytes."""
    out = [b"\x80\x02}q\x01("]
    for key, value in batch.items():
        out.append(short(key))
        if isinstance(value, np.ndarray):
            raw = value.tobytes()
            out += [
                b"cnumpy.core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\nq\x03K\x00\x85U\x01b\x87Rq\x04(K\x01"
            ]
            out += [
                b"J" + struct.pack("<i", value.shape[0]) + b"M" + struct.pack("<H", value.shape[1]) + b"\x86"
            ]
            out += [
                b"cnumpy\ndtype\nq\x05U\x02u1K\x00K\x01\x87Rq\x06(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
            ]
            out += [b"\x89T" + struct.pack("<i", len(raw)) + raw + b"tb"]
        elif isinstance(value, list):
            out += [b"](", *(b"K" + bytes([v]) if isinstance(v, int) else short(v) for v in value), b"e"]
        else:
            out.append(short(value))
    return b"".join([*out, b"u."])


BATCH = {"batch_label": "training batch 1 of 5", "labels": LABELS, "data": PIXELS, "filenames": NAMES}


def test_both_layouts_give_the_same_images() -> None:
    """Binary and Python layout of CIFAR-10: the same pixels, labels and hashes; the latter has file names."""
    one = Cifar().read(binary(LABELS), "data_batch_1.bin")
    two = Cifar().read(python_2(BATCH), "data_batch_1")
    assert one.rows.drop("filename").equals(two.rows.drop("filename"))
    assert one.rows["label"].to_list() == [str(label) for label in LABELS]
    assert two.rows["filename"].to_list() == NAMES
    picture = np.frombuffer(one.rows["image"][2], "u1").reshape(3, 32, 32)
    assert (picture == PIXELS[2].reshape(3, 32, 32)).all()
    assert one.records == two.records == 5


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_batch_that_was_pickled_anew_is_read(protocol: int) -> None:
    """Copies that today's Python and numpy wrote, whatever the protocol."""
    again = {key.encode() if protocol > 2 else key: value for key, value in BATCH.items()}
    decoded = Cifar().read(pickle.dumps(again, protocol), "x")
    assert decoded.rows.equals(Cifar().read(python_2(BATCH), "x").rows)


def test_cifar_100_has_two_labels() -> None:
    """Coarse and fine, in both layouts."""
    fine, coarse = [99, 0, 50, 12, 7], [19, 0, 3, 4, 5]
    one = Cifar(100).read(binary(coarse, fine), "train.bin").rows
    two = (
        Cifar(100)
        .read(python_2({"fine_labels": fine, "coarse_labels": coarse, "data": PIXELS}), "train")
        .rows
    )
    assert one.equals(two)
    assert one.select("coarse_label", "label").row(0) == ("19", "99")


def test_a_cut_image_and_an_impossible_label_are_refused() -> None:
    """With number and byte offset; the others come."""
    body = binary([3, 77, 0, 7, 3])[:-100]
    decoded = Cifar().read(body, "f.bin")
    assert decoded.rows["_row"].to_list() == [1, 3, 4]
    assert decoded.rejects.select("_row", "byte_offset", "rule").rows() == [
        (2, 3073, "cifar:label"),
        (5, 4 * 3073, "cifar:cut"),
    ]
    assert decoded.records == 5


class Evil:
    """A pickle that would run a command."""

    def __init__(self, call: Any, *arguments: Any) -> None:
        self.call, self.arguments = call, arguments

    def __reduce__(self) -> Any:
        return self.call, self.arguments


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_nothing_is_ever_executed(protocol: int, tmp_path: Path) -> None:
    """A pickle that runs a command when it is loaded is refused by name, and the command does not run."""
    proof = tmp_path / "proof"
    body = pickle.dumps({"labels": [1], "data": Evil(os.system, f"touch {proof}")}, protocol)
    with pytest.raises(DecodeError, match="more than plain data: it names posix system"):
        read_pickle(body, "x")
    assert not proof.exists()
    with pytest.raises(DecodeError, match="more than plain data"):
        read_pickle(pickle.dumps(Evil(eval, "1"), protocol), "x")


@pytest.mark.parametrize(
    "value",
    [
        np.array([object()], dtype=object),
        np.dtype("u1"),
        {1, 2},
        Path("/etc/passwd"),
        np.ndarray,
    ],
)
def test_what_is_not_plain_data_is_refused(value: Any) -> None:
    """Objects, sets, types, paths: an error that says so, nothing imported."""
    with pytest.raises(DecodeError, match="more than plain data"):
        read_pickle(pickle.dumps([value], 4), "x")


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        | st.tuples(inner, inner)
    ),
    max_leaves=8,
)


@settings(max_examples=80)
@given(PLAIN, st.integers(0, 5))
@example(b"", 0)
def test_plain_values_come_back(value: Any, protocol: int) -> None:
    """For any plain value and protocol, as Python itself would read it; protocols 0 to 2 write bytes as a call."""
    assert read_pickle(pickle.dumps(value, protocol), "x") == value


@settings(max_examples=150)
@given(st.binary(max_size=60), st.booleans())
def test_any_bytes_are_values_or_an_error(body: bytes, planted: bool) -> None:
    """No bytes bring the reader down."""
    whole = pickle.dumps(["a", {"b": (1, 2.5)}], 2)
    with contextlib.suppress(DecodeError):
        read_pickle(whole[:10] + body + whole[10:] if planted else body, "x")


def test_values_that_repeat_a_thousandfold_are_not_copied() -> None:
    """A list of itself twice, forty times over, would be a trillion values."""
    value: list[Any] = []
    for _ in range(40):
        value = [value, value]
    assert len(read_pickle(pickle.dumps(value, 2), "x")) == 2


def test_another_file_of_the_set_is_told() -> None:
    """`batches.meta` is no batch; neither is an empty file."""
    with pytest.raises(DecodeError, match="not a batch of CIFAR-10"):
        Cifar().read(pickle.dumps({"label_names": ["airplane"]}, 2), "x")
    with pytest.raises(DecodeError, match="empty"):
        Cifar().read(b"", "x")
    with pytest.raises(DecodeError, match="do not fit together"):
        Cifar().read(python_2({**BATCH, "labels": [1]}), "x")


@pytest.mark.parametrize("size", [1, 2, 100])
def test_images_in_parts_are_the_whole(size: int, tmp_path: Path) -> None:
    """Both layouts, a cut image and a label that is none included, at any size of a part."""
    binary = (
        b"".join(bytes([label]) + row.tobytes() for label, row in zip((7, 11, 9), PIXELS, strict=False))
        + b"\1\2"
    )
    for body in (binary, pickle.dumps(BATCH)):
        whole = Cifar(10).read(body, "f")
        parts = list(Cifar(10).file_parts(io.BytesIO(body), "f", size))
        assert together(parts).rows.equals(whole.rows)
        assert together(parts).rejects.equals(whole.rejects)
        assert sum(part.records for part in parts) == whole.records
    (tmp_path / "b.bin").write_bytes(binary)
    assert together(list(Cifar(10).read_parts(tmp_path / "b.bin", "f"))).rejects["rule"].to_list() == [
        "cifar:label",
        "cifar:cut",
    ]
