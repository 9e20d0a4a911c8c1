from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dq.landing import LandingStore
from dq.origin import Landing
from dq.unfinished import NAME, STALE, Unfinished

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OF = {"declared": {"follow": "a"}, "cursor": {}}


@pytest.fixture
def store(tmp_path: Path) -> LandingStore:
    return LandingStore(tmp_path)


@pytest.fixture
def land(store: LandingStore) -> Callable[[str], Landing]:
    to = store.land_for("demo__x", "CC0", lambda: NOW)
    return lambda text: to(text.encode(), url=f"https://example.org/{text}", status=200, headers={})


def begun(
    store: LandingStore, after: timedelta = timedelta(0), of: Mapping[str, object] = OF
) -> list[tuple[str, bool]]:
    left = Unfinished(store, "demo__x", lambda: NOW + after).resume(of)
    return [(f"{one.landing.origin.url[20:]} {one.about['note']}", one.sure) for one in left]


def note_two(store: LandingStore, land: Callable[[str], Landing]) -> Unfinished:
    journal = Unfinished(store, "demo__x", lambda: NOW)
    journal.resume(OF)
    journal.note(land("a"), {"note": 1})
    journal.note(land("b"), {"note": 2})
    return journal


def test_what_was_noted_is_resumed_until_it_is_published(
    store: LandingStore, land: Callable[[str], Landing]
) -> None:
    """The next fetch gets every landing with its note, once however often it is resumed; after discard, none."""
    journal = note_two(store, land)
    assert begun(store) == begun(store) == [("a 1", True), ("b 2", True)]
    journal.discard()
    assert begun(store) == []
    assert journal.resume(OF) == ()


@pytest.mark.parametrize("of", [{**OF, "cursor": {"page": 1}}, {**OF, "declared": {}}])
def test_another_fetch_is_not_resumed(
    store: LandingStore, land: Callable[[str], Landing], of: Mapping[str, object]
) -> None:
    """A changed declaration or cursor begins anew."""
    note_two(store, land)
    assert begun(store, of=of) == []
    assert begun(store) == []


def test_what_is_old_or_doubtful_is_to_be_asked_for(
    store: LandingStore, land: Callable[[str], Landing]
) -> None:
    """Old and doubted landings come back as not sure; a landing that was noted since is sure."""
    journal = note_two(store, land)
    assert begun(store, STALE) == [("a 1", True), ("b 2", True)]
    assert begun(store, STALE + timedelta(seconds=1)) == [("a 1", False), ("b 2", False)]
    journal.doubt()
    assert begun(store) == [("a 1", False), ("b 2", False)]
    again = Unfinished(store, "demo__x", lambda: NOW)
    again.resume(OF)
    again.note(land("b"), {"note": 3})
    assert begun(store) == [("a 1", False), ("b 3", True)]


def test_a_torn_tail_costs_the_torn_line_only(store: LandingStore, land: Callable[[str], Landing]) -> None:
    """Cut at any byte, the journal gives the lines that are whole, and notes after that are not lost."""
    note_two(store, land)
    path = store.root / "demo__x" / NAME
    whole = path.read_bytes()
    for end in range(0, len(whole), 9):
        path.write_bytes(whole[:end])
        left = begun(store)
        assert left == [("a 1", True), ("b 2", True)][: len(left)]
        assert len(left) >= whole[:end].count(b"\n") - 1
        journal = Unfinished(store, "demo__x", lambda: NOW)
        journal.resume(OF)
        journal.note(land("c"), {"note": 3})
        assert begun(store)[-1] == ("c 3", True)


def test_a_landing_whose_bytes_are_gone_is_not_resumed(
    store: LandingStore, land: Callable[[str], Landing]
) -> None:
    """After a power cut the journal may have outlived the bytes: what cannot be read back is asked for again."""
    note_two(store, land)
    (segment,) = (store.root / "demo__x").glob("*.warc.gz")
    segment.write_bytes(segment.read_bytes()[:-20])
    assert begun(store) == [("a 1", True)]
    segment.unlink()
    assert begun(store) == []
