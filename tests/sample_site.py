"""Fixtures with the real sample data: its folder, and a running site on a free port of loopback.

The data lies in the checkout's own data/ folder, the one that `make run` fills, so that nothing is
downloaded twice. Imports are made inside the fixtures: a test run that asks for neither pays for neither.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def sample_root() -> Path:
    """data/samples, downloaded and built when it is not there yet; treat it as read-only."""
    from samples.build import build
    from samples.download import download

    root = CHECKOUT / "data" / "samples"
    download(root)
    build(root)
    return root


@pytest.fixture(scope="session")
def sample_site(sample_root: Path) -> Iterator[str]:
    """The base URL, such as http://127.0.0.1:40123, of a site that serves `sample_root` for this session."""
    from samples.site import serving

    with serving(sample_root) as url:
        yield url
