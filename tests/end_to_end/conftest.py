"""Deployments in which everything has been run, for many cheap looks at what came of it.

What the chosen tests will need is started at once, side by side: a run keeps one core busy, and one that
waits for a site none.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.end_to_end.deployment import Deployment, Ended
from tests.end_to_end.killing import run_and_kill
from tests.end_to_end.troubling import Trouble, get_into_trouble

AT_ONCE = 3
ELSEWHERE = {
    "TZ": "Asia/Kathmandu",
    "LC_ALL": "C",
    "PYTHONHASHSEED": "4",
    "POLARS_MAX_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
"""Another country, language, order of sets and number of threads: none of them may leak into a release."""


@pytest.fixture(scope="session")
def other_site(sample_root: Path) -> Iterator[str]:
    """The same site on another port."""
    from samples.site import serving

    with serving(sample_root) as url:
        yield url


@pytest.fixture(scope="session")
def started(
    request: pytest.FixtureRequest,
    sample_root: Path,
    sample_site: str,
    other_site: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Future[tuple[Deployment, object]]]]:
    """The deployments that the tests of this session ask for, in the making."""
    files = sample_root / "files"
    works: dict[str, tuple[str, Callable[[Deployment], object]]] = {
        "whole": (sample_site, lambda deployment: deployment.run()),
        "killed": (sample_site, run_and_kill),
        "elsewhere": (other_site, lambda deployment: deployment.run("finance")),
        "trouble": (sample_site, lambda deployment: get_into_trouble(deployment, sample_root)),
    }
    wanted = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}

    def make(name: str) -> tuple[Deployment, object]:
        site, work = works[name]
        deployment = Deployment(folders[name], files, site, more=ELSEWHERE if name == "elsewhere" else {})
        return deployment, work(deployment)

    folders = {name: tmp_path_factory.mktemp(name) for name in works}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(make, name) for name in works if name in wanted}


@pytest.fixture(scope="session")
def whole_end(started: dict[str, Future[tuple[Deployment, Ended]]]) -> Ended:
    """How the run of everything ended, and what it said."""
    return started["whole"].result()[1]


@pytest.fixture(scope="session")
def whole(started: dict[str, Future[tuple[Deployment, Ended]]]) -> Deployment:
    """All three domains, run once. Look, but change nothing."""
    return succeeded(started["whole"])


@pytest.fixture(scope="session")
def elsewhere(started: dict[str, Future[tuple[Deployment, Ended]]]) -> Deployment:
    """Finance alone, in another folder, from the site on another port, in another country's settings."""
    return succeeded(started["elsewhere"])


@pytest.fixture(scope="session")
def killed(started: dict[str, Future[tuple[Deployment, int]]]) -> tuple[Deployment, int]:
    """Finance, killed again and again and then left alone; and how many kills hit it running."""
    return started["killed"].result()


@pytest.fixture(scope="session")
def trouble(started: dict[str, Future[tuple[Deployment, Trouble]]]) -> Trouble:
    """Finance in a world that goes wrong, in three acts."""
    return started["trouble"].result()[1]


def succeeded(future: Future[tuple[Deployment, Ended]]) -> Deployment:
    deployment, ended = future.result()
    assert ended.code == 0, ended.out + ended.err
    return deployment
