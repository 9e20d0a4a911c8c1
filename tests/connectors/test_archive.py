import gzip
import hashlib
import json
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.archive import Archive
from connectors.delimited import Delimited
from connectors.part import Part
from connectors.transport import Limits
from dq.errors import ConfigError, FetchError
from dq.landing import LandingStore
from dq.raw import decode_all, decode_to
from dq.source import Source, Surroundings
from tests.connectors.test_unpack import zipped
from tests.connectors.told_site import ToldSite

Around = Callable[..., Surroundings]
FILES = {"d/one.csv": b"a,b\n1,2\n", "d/two.csv": b"a,c\n3,4\nbad\n", "d/readme": b"hello"}


def archive(body: bytes | None, **more: Any) -> Archive:
    sha256 = None if body is None else hashlib.sha256(body).hexdigest()
    declared = {"members": "*.csv", "sha256": sha256, "limits": Limits(deadline=20, attempts=1), **more}
    return Archive("demo__set", "${DQ_SAMPLE_SITE}/set.zip", reader=Delimited(), **declared)


def test_each_member_is_a_landing_of_its_own(site: ToldSite, around: Around, store: LandingStore) -> None:
    """Rows name their member, `_row` is the line in it; a bad line names archive, member and line."""
    body = zipped(FILES)
    site.gives_tagged("/set.zip", body, '"1"')
    source = archive(body)
    assert isinstance(source, Source)
    fetched = source.fetch({}, around(source, site.environment))
    urls = [landing.origin.url for landing in fetched.current]
    assert urls == [f"{site.url}/set.zip!/d/one.csv", f"{site.url}/set.zip!/d/two.csv"]
    batch = decode_all(source, fetched.current, store)
    assert batch.rows.select("a", "b", "c", "member", "_row").rows() == [
        ("1", "2", None, "d/one.csv", 2),
        ("3", None, "4", "d/two.csv", 2),
    ]
    assert batch.rejects["_reasons"][0][0]["value"] == f"{urls[1]}, line 3: 1 fields instead of 2"


def test_an_unchanged_archive_is_not_sent_again(site: ToldSite, around: Around) -> None:
    """One request, 304, the same landings; with other members declared, it is asked for in full."""
    body = zipped(FILES)
    site.gives_tagged("/set.zip", body, '"1"')
    source = archive(body)
    first = source.fetch({}, around(source, site.environment))
    cursor = json.loads(json.dumps(first.cursor))
    again = source.fetch(cursor, around(source, site.environment))
    assert (again.current, again.counts["not_modified"]) == (first.current, 1)
    other = archive(body, members=("*one.csv",))
    fewer = other.fetch(cursor, around(other, site.environment))
    assert fewer.current == first.current[:1]
    assert (fewer.counts["not_modified"], fewer.counts["landings_new"]) == (0, 0)


def test_an_archive_that_is_not_the_declared_one_lands_nothing(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """The checksum stands before everything; the error shows both."""
    site.gives("/set.zip", zipped({**FILES, "d/one.csv": b"a,b\n6,6\n"}))
    source = archive(zipped(FILES))
    with pytest.raises(FetchError, match="not the one declared") as caught:
        source.fetch({}, around(source, site.environment))
    assert str(source.sha256) in str(caught.value)
    assert not list(store.root.rglob("*"))


def test_a_new_edition_lands_only_the_members_that_changed(site: ToldSite, around: Around) -> None:
    """Without a declared checksum an archive may change; unchanged members keep their landings."""
    site.gives("/set.zip", zipped(FILES))
    source = archive(None)
    first = source.fetch({}, around(source, site.environment))
    site.gives("/set.zip", zipped({**FILES, "d/two.csv": b"a,c\n5,6\n"}))
    second = source.fetch(first.cursor, around(source, site.environment))
    assert second.current[0] == first.current[0]
    assert second.current[1].landing_id != first.current[1].landing_id
    assert second.counts["landings_new"] == 1


def test_the_sample_archives_come_in_whole(sample_site: str, around: Around, store: LandingStore) -> None:
    """23,703 rated texts of four collections, 7,807 molecules, and 270 patients with line ends of old."""
    texts = Delimited("\t", header=("id", "mean", "text"), quote=None)
    expected = {
        "social/hutto_ICWSM_2014.tar.gz": ("*_GroundTruth.txt", texts, 23_703),
        "medical/b3db.zip": ("*.tsv", Delimited("\t"), 7_807),
        "medical/heart_statlog.zip": ("*.csv", Delimited(), 270),
    }
    for path, (glob, reader, rows) in expected.items():
        source = Archive("demo__set", f"${{DQ_SAMPLE_SITE}}/archives/{path}", glob, reader)
        fetched = source.fetch({}, around(source, {"DQ_SAMPLE_SITE": sample_site}))
        batch = decode_all(source, fetched.current, store)
        assert (batch.rows.height, batch.rejects.height) == (rows, 0)


def test_a_large_archive_is_never_held_as_a_whole(
    site: ToldSite, around: Around, store: LandingStore, tmp_path: Path
) -> None:
    """Downloaded, unpacked, landed and read: of 40 MB a part is in memory; nothing is left in between."""
    lines = b"".join(b"%d,%060d\n" % (n, n * 7919) for n in range(30_000)) * 20
    body = zipped({"d/one.csv": b"a,b\n" + lines})
    site.gives("/set.zip", body, etag='"1"')
    source = archive(body)
    surroundings = replace(around(source, site.environment), partial=tmp_path / "partial")
    tracemalloc.start()
    try:
        fetched = source.fetch({}, surroundings)
        found = decode_to(source, fetched.current, store, folder=tmp_path / "scratch")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < len(lines) / 2
    assert (found.accepted, found.records) == (600_000, 600_000)
    assert found.rows.select("member").lazy().unique().collect().item() == "d/one.csv"
    assert not list((tmp_path / "partial").iterdir())


def test_what_a_kill_left_of_an_unpacking_is_removed(site: ToldSite, around: Around, tmp_path: Path) -> None:
    """The next fetch begins with an empty room, and leaves none."""
    body = zipped(FILES)
    site.gives("/set.zip", body)
    source = archive(body)
    partial = tmp_path / "partial"
    room = Part(partial, source.name, f"{site.url}/set.zip").room()
    (room / "0").write_bytes(b"half of a member")
    fetched = source.fetch({}, replace(around(source, site.environment), partial=partial))
    assert len(fetched.current) == 2
    assert not list(partial.iterdir())


def test_an_archive_may_be_compressed_once_more_on_the_wire(
    site: ToldSite, around: Around, store: LandingStore, tmp_path: Path
) -> None:
    """By a server that was asked not to: the file is what was packed; one that is too large is refused, not kept."""
    body = zipped({"d/one.csv": b"a,b\n1,2\n" + bytes(200_000)})
    site.gives("/set.zip", gzip.compress(body), **{"content-encoding": "gzip", "etag": '"1"'})
    source = archive(body)
    surroundings = replace(around(source, site.environment), partial=tmp_path / "partial")
    [landing] = source.fetch({}, surroundings).current
    assert landing.origin.size_bytes == 200_008
    small = archive(body, limits=Limits(deadline=20, attempts=1, decoded_bytes=len(body) - 1))
    with pytest.raises(FetchError, match="grows beyond"):
        small.fetch({}, surroundings)
    assert not list((tmp_path / "partial").iterdir())


def test_an_archive_in_the_files_folder_is_read_where_it_lies(
    tmp_path: Path, around: Around, store: LandingStore
) -> None:
    """Held to its checksum, landed member by member with its licence, and not again before it has changed."""
    place = tmp_path / "files" / "sets" / "a.zip"
    place.parent.mkdir()
    place.write_bytes(zipped(FILES))
    sha256 = hashlib.sha256(place.read_bytes()).hexdigest()
    source = Archive("demo__set", "file:sets/a.zip", "*.csv", Delimited(), sha256=sha256, licence="CC BY 4.0")
    first = source.fetch({}, around(source))
    assert [landing.origin.url for landing in first.current] == [
        "file:sets/a.zip!/d/one.csv",
        "file:sets/a.zip!/d/two.csv",
    ]
    assert {landing.origin.licence for landing in first.current} == {"CC BY 4.0"}
    batch = decode_all(source, first.current, store)
    assert (batch.rows.height, batch.records) == (2, 3)
    cursor = json.loads(json.dumps(first.cursor))
    again = source.fetch(cursor, around(source))
    assert (again.current, again.counts["not_modified"], again.counts["landings_new"]) == (
        first.current,
        1,
        0,
    )
    place.write_bytes(zipped({**FILES, "d/one.csv": b"a,b\n9,9\n"}))
    with pytest.raises(FetchError, match="not the one declared"):
        source.fetch(cursor, around(source))
    changed = replace(source, sha256=None)
    third = changed.fetch(cursor, around(source))
    assert (third.counts["landings_new"], third.current[1]) == (1, first.current[1])
    place.unlink()
    with pytest.raises(FetchError, match="cannot be read") as caught:
        changed.fetch(cursor, around(source))
    assert "DQ_FILES" in str(caught.value.hint)


@pytest.mark.parametrize("url", ["file:/etc/a.zip", "file:../a.zip"])
def test_a_local_archive_stays_in_the_files_folder(url: str) -> None:
    """At once when it is declared."""
    with pytest.raises(ConfigError, match="not in the files' folder"):
        Archive("demo__set", url, "*", Delimited())
