"""Where the sample data lies."""

from collections.abc import Mapping
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]


def sample_root(environ: Mapping[str, str]) -> Path:
    """Give the samples folder in the data folder: DQ_HOME where it is set, else data/ in the checkout.

    >>> sample_root({"DQ_HOME": "/srv/dq"}).as_posix()
    '/srv/dq/samples'
    """
    home = environ.get("DQ_HOME")
    return (Path(home) if home else CHECKOUT / "data") / "samples"
