"""One deployment in which everything has been run once, for many cheap looks at what came of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.deployment import Deployment, Ended


@pytest.fixture(scope="session")
def whole_and_end(
    sample_root: Path, sample_site: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Deployment, Ended]:
    deployment = Deployment(tmp_path_factory.mktemp("whole"), sample_root / "files", sample_site)
    ended = deployment.run()
    assert ended.code == 0, ended.out + ended.err
    return deployment, ended


@pytest.fixture(scope="session")
def whole(whole_and_end: tuple[Deployment, Ended]) -> Deployment:
    """All three domains, run once. Look, but change nothing."""
    return whole_and_end[0]


@pytest.fixture(scope="session")
def whole_end(whole_and_end: tuple[Deployment, Ended]) -> Ended:
    """How that run ended, and what it said."""
    return whole_and_end[1]


@pytest.fixture(scope="session")
def other_site(sample_root: Path) -> Iterator[str]:
    """The same site on another port."""
    from samples.site import serving

    with serving(sample_root) as url:
        yield url
