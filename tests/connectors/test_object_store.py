import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import obstore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import object_store as module
from connectors.delimited import Delimited
from connectors.files import Files
from connectors.object_store import _listed, _pattern
from dq.errors import ConfigError, FetchError
from dq.landing import LandingStore
from dq.raw import decode_all
from dq.source import Surroundings
from tests.s3_server import S3Server, serving

Around = Callable[..., Surroundings]
SOURCE = Files("demo__objects", "s3://lake/in/*.csv", Delimited())


@pytest.fixture
def s3() -> Iterator[S3Server]:
    with serving() as server:
        server.objects = {f"in/{n}.csv": f"x\n{n}\n".encode() for n in range(5)}
        server.objects |= {"in/deep/9.csv": b"x\n9\n", "in/notes.txt": b"", "inner/8.csv": b"x\n8\n"}
        server.objects["in/数据 1+2.csv"] = "x\n字\n".encode()
        yield server


def test_all_objects_of_a_glob_come_in(s3: S3Server, around: Around, store: LandingStore) -> None:
    """Page by page of the listing, signed, names with signs and Chinese included; folders and others are left."""
    fetched = SOURCE.fetch({}, around(SOURCE, s3.environment))
    assert [landing.origin.url for landing in fetched.current][-2:] == [
        "s3://lake/in/4.csv",
        "s3://lake/in/数据 1+2.csv",
    ]
    assert decode_all(SOURCE, fetched.current, store).rows["x"].to_list() == [*"01234", "字"]
    assert all(landing.origin.etag for landing in fetched.current)
    deep = Files("demo__objects", "s3://lake/in/**/*.csv", Delimited())
    assert len(deep.fetch({}, around(deep, s3.environment)).current) == 7


def test_unchanged_objects_are_not_asked_for(s3: S3Server, around: Around, store: LandingStore) -> None:
    """The listing's ETags tell; what changed is fetched, what is gone is superseded, what is new comes."""
    first = SOURCE.fetch({}, around(SOURCE, s3.environment))
    cursor = json.loads(json.dumps(first.cursor))
    s3.log.clear()
    again = SOURCE.fetch(cursor, around(SOURCE, s3.environment))
    assert (again.current, again.counts["not_modified"], again.counts["bytes"]) == (first.current, 6, 0)
    assert all("list-type=2" in path for path in s3.log)
    s3.objects["in/1.csv"] = b"x\n11\n"
    s3.objects["in/7.csv"] = b"x\n7\n"
    del s3.objects["in/4.csv"]
    changed = SOURCE.fetch(cursor, around(SOURCE, s3.environment))
    assert decode_all(SOURCE, changed.current, store).rows["x"].to_list() == ["0", "11", "2", "3", "7", "字"]
    assert changed.counts["landings_new"] == 2


def test_public_buckets_need_no_keys(s3: S3Server, around: Around) -> None:
    """Without keys nothing is signed, and no machine is asked for some."""
    s3.public = True
    environment = {"AWS_ENDPOINT_URL": s3.environment["AWS_ENDPOINT_URL"]}
    assert len(SOURCE.fetch({}, around(SOURCE, environment)).current) == 6


def test_wrong_keys_are_told_without_showing_them(s3: S3Server, around: Around) -> None:
    """The store refuses the signature; the error says what to check."""
    wrong = {**s3.environment, "AWS_SECRET_ACCESS_KEY": "not-the-secret"}
    with pytest.raises(FetchError, match="SignatureDoesNotMatch") as caught:
        SOURCE.fetch({}, around(SOURCE, wrong))
    assert "not-the-secret" not in str(caught.value)
    assert "AWS_ENDPOINT_URL" in str(caught.value)


def test_objects_that_are_not_there_are_told(s3: S3Server, around: Around) -> None:
    """A glob without matches, a bucket that does not exist."""
    nothing = Files("demo__objects", "s3://lake/out/*.csv", Delimited())
    with pytest.raises(FetchError, match="no object matches s3://lake/out"):
        nothing.fetch({}, around(nothing, s3.environment))
    elsewhere = Files("demo__objects", "s3://other/*.csv", Delimited())
    with pytest.raises(FetchError, match="the object store"):
        elsewhere.fetch({}, around(elsewhere, s3.environment))


def test_half_written_objects_are_skipped(s3: S3Server, around: Around) -> None:
    """As files are, with a word."""
    s3.objects["in/x.csv.part"] = b"x\n"
    source = Files("demo__objects", "s3://lake/in/*", Delimited())
    words: list[str] = []
    fetched = source.fetch({}, replace(around(source, s3.environment), progress=words.append))
    assert fetched.counts["skipped"] == 1
    assert any("x.csv.part is half-written" in word for word in words)


def test_an_object_that_is_replaced_meanwhile_is_not_mixed(
    s3: S3Server, around: Around, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is landed is what was listed."""

    def replaced(*arguments: object) -> object:
        found = list(_listed(*arguments))  # type: ignore[arg-type]
        s3.objects["in/0.csv"] = b"x\n99999\n"
        return iter(found)

    monkeypatch.setattr("connectors.object_store._listed", replaced)
    with pytest.raises(FetchError, match="replaced while it was listed"):
        SOURCE.fetch({}, around(SOURCE, s3.environment))


def test_a_large_object_comes_range_by_range(
    s3: S3Server, around: Around, store: LandingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each request is for a bounded number of bytes, of the object that was listed; together they are the object."""
    body = b"x\n" + b"".join(b"%d\n" % n for n in range(1000))
    s3.objects = {"in/1.csv": body, "in/2.csv": b"x\n1\n", "in/3.csv": b""}
    monkeypatch.setattr(module, "_RANGE", 1000)
    s3.log.clear()
    fetched = SOURCE.fetch({}, around(SOURCE, s3.environment))
    assert [store.read(landing) for landing in fetched.current] == list(s3.objects.values())
    assert sum("in/1.csv" in path for path in s3.log) == -(-len(body) // 1000)


def test_an_object_that_is_replaced_between_two_ranges_is_not_mixed(
    s3: S3Server, around: Around, store: LandingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not half of one and half of the other: nothing of it lands."""
    s3.objects = {"in/1.csv": b"x\n" + b"1\n" * 1000}
    monkeypatch.setattr(module, "_RANGE", 1000)

    def replacing(*arguments: object, **more: object) -> object:
        found = get(*arguments, **more)  # type: ignore[arg-type]
        s3.objects = {"in/1.csv": b"x\n" + b"2\n" * 1000}
        return found

    get = obstore.get
    monkeypatch.setattr(obstore, "get", replacing)
    with pytest.raises(FetchError, match="replaced while it was listed"):
        SOURCE.fetch({}, around(SOURCE, s3.environment))
    assert not [path for path in store.root.rglob("*") if path.is_file()]


@pytest.mark.parametrize("glob", ["s3://lake", "s3://*/x.csv", "ftp://lake/x.csv", "s3:///x"])
def test_a_glob_without_a_bucket_is_told(glob: str, around: Around) -> None:
    """As the declaration's fault."""
    source = Files("demo__objects", glob, Delimited())
    with pytest.raises(ConfigError, match="names no objects of S3"):
        source.fetch({}, around(source))


@given(st.text("ab.+(/", max_size=8))
def test_signs_in_a_glob_are_themselves(path: str) -> None:
    """Only `*` and `?` are wild."""
    assert _pattern(path).fullmatch(path)
    assert _pattern("**/x*").fullmatch(f"{path}/xa".lstrip("/"))
    assert not _pattern("*.csv").fullmatch("a/b.csv")
