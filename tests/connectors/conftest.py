"""What the tests of the connectors share: a site that does as it is told, and surroundings to fetch in."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dq.landing import LandingStore
from dq.source import Source, Surroundings
from tests.connectors.told_site import ToldSite, serving

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def site() -> Iterator[ToldSite]:
    with serving() as told:
        yield told


@pytest.fixture
def store(tmp_path: Path) -> LandingStore:
    return LandingStore(tmp_path / "landing")


@pytest.fixture
def around(store: LandingStore, tmp_path: Path) -> Callable[..., Surroundings]:
    """Surroundings of a source: the files' folder is `tmp_path/files`, the environment the test's."""
    files = tmp_path / "files"
    files.mkdir()

    def make(
        source: Source, environment: Mapping[str, str] | None = None, files: Path = files
    ) -> Surroundings:
        land = store.land_for(source.name, source.licence, lambda: NOW)
        return Surroundings(land, files, lambda: NOW, environment or {})

    return make
