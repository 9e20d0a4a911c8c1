import json
import os
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from connectors import files as module
from connectors.delimited import Delimited
from connectors.files import Files
from dq.errors import ConfigError, FetchError
from dq.landing import LandingStore
from dq.raw import decode_all, decode_to
from dq.source import Source, Surroundings
from tests.connectors.conftest import NOW

Around = Callable[..., Surroundings]
SOURCE = Files("demo__files", "in/*.csv", Delimited())


@pytest.fixture
def folder(tmp_path: Path, around: Around) -> Path:
    made = tmp_path / "files" / "in"
    made.mkdir()
    write(made / "a.csv", "x,y\n1,2\n")
    write(made / "b.csv", "x,z\n3,4\n")
    return made


def write(path: Path, text: str, age: float = 3600.0) -> None:
    """Write a file as if `age` seconds before the clock of the tests."""
    path.write_text(text)
    os.utime(path, (NOW.timestamp() - age,) * 2)


def test_all_files_of_a_glob_come_in(folder: Path, around: Around, store: LandingStore) -> None:
    """In the order of their names, each under the address of its path below the files' folder."""
    assert isinstance(SOURCE, Source)
    fetched = SOURCE.fetch({}, around(SOURCE))
    assert [landing.origin.url for landing in fetched.current] == ["file:in/a.csv", "file:in/b.csv"]
    rows = decode_all(SOURCE, fetched.current, store).rows
    assert rows.select("x", "y", "z", "_row").rows() == [("1", "2", None, 2), ("3", None, "4", 2)]


def test_unchanged_files_are_not_read_again(folder: Path, around: Around) -> None:
    """Size and time tell; a file that only was touched keeps its landing."""
    first = SOURCE.fetch({}, around(SOURCE))
    cursor = json.loads(json.dumps(first.cursor))
    again = SOURCE.fetch(cursor, around(SOURCE))
    assert (again.current, again.counts["not_modified"], again.counts["bytes"]) == (first.current, 2, 0)
    write(folder / "a.csv", "x,y\n1,2\n", age=1800)
    touched = SOURCE.fetch(cursor, around(SOURCE))
    assert (touched.current, touched.counts["not_modified"]) == (first.current, 1)
    assert touched.counts["landings_new"] == 0


def test_changed_new_and_removed_files_are_seen(folder: Path, around: Around, store: LandingStore) -> None:
    """A changed file is a new landing, a removed one leaves the source, a new one comes."""
    first = SOURCE.fetch({}, around(SOURCE))
    write(folder / "a.csv", "x,y\n9,9\n", age=1800)
    (folder / "b.csv").unlink()
    write(folder / "c.csv", "x\n7\n")
    second = SOURCE.fetch(first.cursor, around(SOURCE))
    assert decode_all(SOURCE, second.current, store).rows["x"].to_list() == ["9", "7"]
    assert second.counts["landings_new"] == 2
    assert set(second.cursor["landings"]) == {"file:in/a.csv", "file:in/c.csv"}


def test_a_change_within_a_tick_of_the_clock_is_seen(folder: Path, around: Around) -> None:
    """A file written just before it was read may change without a new size or time: it is read again."""
    write(folder / "a.csv", "x,y\n1,2\n", age=0.5)
    first = SOURCE.fetch({}, around(SOURCE))
    write(folder / "a.csv", "x,y\n8,8\n", age=0.5)
    second = SOURCE.fetch(first.cursor, around(SOURCE))
    assert second.current[0] != first.current[0]


def test_a_file_that_changes_while_it_is_read_is_skipped(
    folder: Path, around: Around, monkeypatch: pytest.MonkeyPatch, store: LandingStore
) -> None:
    """Half a file never lands: what landed of it before stays, the others come, and a word says so."""
    first = SOURCE.fetch({}, around(SOURCE))
    stamp = module._stamp

    def growing(path: Path) -> dict[str, int]:
        found = stamp(path)
        if path.name == "a.csv" and found["size"] < 12:
            with path.open("a") as file:
                file.write("5,6\n")
        return found

    write(folder / "a.csv", "x,y\n9,9\n", age=100)
    write(folder / "b.csv", "x,z\n7,8\n", age=100)
    words: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr(module, "_stamp", growing)
        second = SOURCE.fetch(first.cursor, replace(around(SOURCE), progress=words.append))
    assert decode_all(SOURCE, second.current, store).rows["x"].to_list() == ["1", "7"]
    assert (second.counts["skipped"], "a.csv is still being written, skipped" in words[0]) == (0, True)
    third = SOURCE.fetch(second.cursor, around(SOURCE))
    assert decode_all(SOURCE, third.current, store).rows["x"].to_list() == ["9", "5", "7"]


def test_half_written_files_are_told_by_their_names(folder: Path, around: Around) -> None:
    """Downloads in progress and lock files of office programs are passed over, with a word each."""
    for name in ("c.csv.part", "~$a.csv", ".~lock.a.csv"):
        write(folder / name, "x\n1\n")
    source = Files("demo__files", "in/*", Delimited())
    words: list[str] = []
    fetched = source.fetch({}, replace(around(source), progress=words.append))
    assert [landing.origin.url for landing in fetched.current] == ["file:in/a.csv", "file:in/b.csv"]
    assert (fetched.counts["skipped"], sum("half-written" in word for word in words)) == (3, 3)
    for path in (folder / "a.csv", folder / "b.csv"):
        path.unlink()
    with pytest.raises(FetchError, match=r"all files that match .* are half-written"):
        source.fetch({}, around(source))


def test_a_file_may_be_left_to_settle(folder: Path, around: Around) -> None:
    """With `settled`, what was written just now waits for the next run."""
    write(folder / "a.csv", "x\n1\n", age=10)
    patient = Files("demo__files", "in/*.csv", Delimited(), settled=timedelta(seconds=30))
    fetched = patient.fetch({}, around(patient))
    assert [landing.origin.url for landing in fetched.current] == ["file:in/b.csv"]


def test_no_file_is_an_error_with_a_hint(around: Around) -> None:
    """A folder that is not mounted is not an empty source."""
    with pytest.raises(FetchError, match=r"no file matches in/\*\.csv") as caught:
        SOURCE.fetch({}, around(SOURCE))
    assert "DQ_FILES" in str(caught.value)


@pytest.mark.parametrize("glob", ["/etc/*", "../*", "a/../../b"])
def test_a_glob_stays_in_the_folder(glob: str) -> None:
    """A declaration cannot read the machine."""
    with pytest.raises(ConfigError, match="leaves the files' folder"):
        Files("demo__files", glob, Delimited())


def test_a_large_file_is_never_held_as_a_whole(
    folder: Path, around: Around, store: LandingStore, tmp_path: Path
) -> None:
    """Of 40 MB, landed and read, at most some MB are in Python's memory at any time; every row comes, in files."""
    line = b"12345,some words,\xe5\xad\x97\n"
    (folder / "a.csv").write_bytes(b"n,words,sign\n" + line * 1_700_000)
    source = Files("demo__files", "in/a.csv", Delimited())
    tracemalloc.start()
    try:
        fetched = source.fetch({}, around(source))
        found = decode_to(source, fetched.current, store, folder=tmp_path / "scratch")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 25e6
    assert (found.accepted, found.records) == (1_700_000, 1_700_000)
    assert isinstance(found.rows, pl.LazyFrame)
    assert found.rows.select(pl.col("_row").max()).collect().item() == 1_700_001


def test_links_are_files_and_those_that_lead_nowhere_are_told(
    folder: Path, around: Around, store: LandingStore, tmp_path: Path
) -> None:
    """A link to a file elsewhere is read as that file; one that leads nowhere, and a pipe, are passed over, told."""
    write(tmp_path / "elsewhere.csv", "x\n9\n")
    (folder / "c.csv").symlink_to(tmp_path / "elsewhere.csv")
    (folder / "d.csv").symlink_to(tmp_path / "gone.csv")
    os.mkfifo(folder / "e.csv")
    words: list[str] = []
    fetched = SOURCE.fetch({}, replace(around(SOURCE), progress=words.append))
    assert [landing.origin.url[-5:] for landing in fetched.current] == ["a.csv", "b.csv", "c.csv"]
    assert fetched.counts["skipped"] == 2
    told = sorted(word for word in words if "leads nowhere" in word)
    assert ["'in/d.csv'" in told[0], "'in/e.csv'" in told[1]] == [True, True]
    assert decode_all(SOURCE, fetched.current, store).rows["x"].to_list()[-1] == "9"
