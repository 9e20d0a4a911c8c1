import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from connectors.api import JsonApi
from connectors.delimited import Delimited
from connectors.files import Files
from connectors.transport import Limits
from dq.errors import DecodeError
from dq.sample import START, Glance, Sample, take_sample
from dq.source import Source
from tests.connectors.told_site import ToldSite, serving

NOW: Callable[[], datetime] = lambda: datetime(2026, 11, 24, tzinfo=UTC)  # noqa: E731


def look(source: Source, files: Path, environment: dict[str, str], bodies: int) -> Sample:
    return take_sample(source, {}, files=files, now=NOW, environment=environment, bodies=bodies)


def serve(site: ToldSite, pages: int) -> JsonApi:
    for number in range(1, pages + 1):
        following = f'"/api?page={number + 1}"' if number < pages else "null"
        site.gives(f"/api?page={number}", f'{{"items": [{{"id": {number}}}], "next": {following}}}')
    return JsonApi(
        "demo__api", "${DQ_SAMPLE_SITE}/api?page=1", total=None, limits=Limits(deadline=20.0, attempts=1)
    )


def test_a_sample_stops_where_it_is_told_to(tmp_path: Path) -> None:
    """Of a hundred pages two are kept and three are asked for: one more tells that there is more."""
    with serving() as site:
        sample = look(serve(site, 100), tmp_path, site.environment, bodies=2)
        assert len(site.log) == 3
    assert [looked.landing.origin.url[-1] for looked in sample.bodies] == ["1", "2"]
    assert sample.fetched is None
    assert sample.failure is None


def test_a_source_that_ends_before_is_told_whole(tmp_path: Path) -> None:
    """With as many bodies as there are, nothing was cut short, and the fetch's own answer says so."""
    with serving() as site:
        sample = look(serve(site, 2), tmp_path, site.environment, bodies=2)
    assert sample.fetched is not None
    assert len(sample.fetched.current) == 2


def test_a_failure_comes_with_what_came_before_it(tmp_path: Path) -> None:
    """The second page is gone: the first is shown, and the error says which was not to be had."""
    with serving() as site:
        source = serve(site, 3)
        site.pages.pop("/api?page=2")
        sample = look(source, tmp_path, site.environment, bodies=9)
    assert len(sample.bodies) == 1
    assert sample.failure is not None
    assert "404" in sample.failure.what


def test_what_cannot_be_read_is_told_beside_what_can(tmp_path: Path) -> None:
    """Each body has its rows or the reason why there are none; nothing is left on the disk but the files."""
    (tmp_path / "a.csv").write_bytes(b"x,y\n1,2\n3\n")
    (tmp_path / "b.csv").write_bytes(b"")
    source = Files("demo__files", glob="*.csv", reader=Delimited())
    sample = look(source, tmp_path, {}, bodies=9)
    good, bad = (looked.found for looked in sample.bodies)
    assert isinstance(good, Glance)
    assert (good.rows.height, good.height, good.rejected, dict(good.refused)) == (
        1,
        1,
        1,
        {"csv:field_count": 1},
    )
    assert sample.bodies[0].start == b"x,y\n1,2\n3\n"
    assert isinstance(bad, DecodeError)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "b.csv"]


def test_a_large_file_is_looked_at_in_bounded_memory(tmp_path: Path) -> None:
    """Of 60 MB the first rows and bytes are kept, the other rows counted; what is held is far less than the file."""
    line = b"1," + b"x" * 97 + b"\n"
    (tmp_path / "a.csv").write_bytes(b"x,y\n" + line * 600_000 + b"bad\n")
    source = Files("demo__files", glob="*.csv", reader=Delimited())
    look(source, tmp_path, {}, bodies=0)  # what is imported and built once does not count
    tracemalloc.start()
    try:
        sample = take_sample(source, {}, files=tmp_path, now=NOW, environment={}, bodies=1, rows=3)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    [looked] = sample.bodies
    assert isinstance(looked.found, Glance)
    assert (looked.found.rows["_row"].to_list(), looked.found.height) == ([2, 3, 4], 600_000)
    assert (looked.found.rejected, len(looked.start)) == (1, START)
    assert peak < 24 << 20
