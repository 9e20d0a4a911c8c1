import io

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.libsvm import LibSvm
from connectors.reader import together
from dq.errors import ConfigError

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["+1", "-1", "2.5", "1,3"]),
        st.dictionaries(st.integers(1, 6), st.sampled_from(["0.5", "-2", "1e-3", ".5"]), max_size=4),
    ),
    max_size=8,
)


@settings(max_examples=80)
@given(ROWS)
def test_what_was_written_comes_back(rows: list[tuple[str, dict[int, str]]]) -> None:
    """For any sparse rows: wide, every feature is there and what was left out is 0; sparse, the text stays."""
    lines = [" ".join([label, *(f"{i}:{v}" for i, v in sorted(row.items()))]) for label, row in rows]
    body = "".join(f"{line} # note\n" for line in lines).encode()
    wide = LibSvm(width=6).read(body, "x")
    assert wide.rejects.is_empty()
    assert wide.rows.select(pl.exclude("_row", "qid")).rows() == [
        (label, *(row.get(i, "0") for i in range(1, 7))) for label, row in rows
    ]
    sparse = LibSvm().read(body, "x").rows
    assert sparse["features"].to_list() == [line.partition(" ")[2] for line in lines]


@settings(max_examples=80)
@given(st.lists(st.text("+-1 :.qid#ex\t", max_size=12), max_size=6), st.sampled_from([None, 2]))
def test_every_line_is_a_row_or_a_reject(lines: list[str], width: int | None) -> None:
    """For any text: no line is lost, none counted twice."""
    decoded = LibSvm(width).read("\n".join(lines).encode(), "x")
    numbers = decoded.rows["_row"].to_list() + decoded.rejects["_row"].to_list()
    assert len(set(numbers)) == len(numbers) == decoded.records
    assert decoded.records == sum(bool(line.partition("#")[0].strip()) for line in lines)


def test_every_rule_names_its_line() -> None:
    """What is wrong, where, and the line as it stands; the others come, ranking's qid too."""
    body = b"1 qid:7 1:2 3:4\n1 2:1 1:1\nx 1:1\n1 1:1 1:2\n0 0:1\n1 9:1\n1 1:one\n\n# all comment\n\xff 1:1\n-1\n"
    read = LibSvm(width=3).read(body, "f.svm")
    assert read.rows.rows() == [("1", "7", "2", "0", "4", 1), ("-1", None, "0", "0", "0", 11)]
    assert read.rejects.select("_row", "rule").rows() == [
        (2, "libsvm:order"),
        (3, "libsvm:syntax"),
        (4, "libsvm:order"),
        (5, "libsvm:order"),
        (6, "libsvm:width"),
        (7, "libsvm:syntax"),
        (10, "libsvm:syntax"),
    ]
    assert read.rejects.row(0) == (
        2, 16, "1 2:1 1:1", "libsvm:order", None, "f.svm, line 2: indices that do not rise from 1",
    )  # fmt: skip


def test_no_features_are_no_format() -> None:
    """A width below one is the declaration's fault."""
    with pytest.raises(ConfigError):
        LibSvm(width=0)


@pytest.mark.parametrize("width", [None, 3])
@pytest.mark.parametrize("size", [1, 10, 25])
def test_lines_in_parts_are_the_whole(width: int | None, size: int) -> None:
    """Numbers and places go on from part to part, whatever is in which."""
    body = b"+1 1:0.5 3:2\n\n-1 2:1 1:4\n# note\n2 3:1\n1 2:x\n0 1:1 2:2 # c\n1 9:1\n"
    whole = LibSvm(width).read(body, "f")
    parts = list(LibSvm(width).file_parts(io.BytesIO(body), "f", size))
    assert len(parts) > 2
    assert together(parts).rows.equals(whole.rows)
    assert together(parts).rejects.equals(whole.rejects)
    assert together(parts).records == whole.records == 6
