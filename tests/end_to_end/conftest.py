"""One deployment in which everything has been run once, for many cheap looks at what came of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.deployment import Deployment, Ended


@pytest.fixture(scope="session")
def whole_and_end(
    sample_root: Path, sample_site: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Deployment, Ended]:
    import os

    if os.environ.get("SPINE_REUSE"):
        from pathlib import Path

        return Deployment(Path("/tmp/w/spine-home"), sample_root / "files", "http://127.0.0.1:42995"), Ended(
            0, open("/tmp/w/spine-out").read() if os.path.exists("/tmp/w/spine-out") else "", ""
        )
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


@pytest.fixture(scope="session")
def elsewhere(
    sample_root: Path, other_site: str, tmp_path_factory: pytest.TempPathFactory
) -> Deployment:
    """Finance alone, in another folder, from the site on another port."""
    deployment = Deployment(tmp_path_factory.mktemp("elsewhere"), sample_root / "files", other_site)
    ended = deployment.run("finance")
    assert ended.code == 0, ended.out + ended.err
    return deployment
