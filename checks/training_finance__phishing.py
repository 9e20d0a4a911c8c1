"""Contract of the phishing training set."""

from __future__ import annotations

import pandera.polars as pa

from checks.finance__phishing import Site


class TrainingPhishing(Site):
    """Web sites with label `is_phishing`; those with the same signs are in one split."""

    pattern: str = pa.Field(str_length={"min_value": 1}, description="the nine signs in one text")
    split: str = pa.Field(
        isin=("train", "validation", "test"), description="split, by a stable hash of the signs"
    )

    class Config:
        """As in the source, a pattern with both labels warns: the model has to live with it."""

        name = "training.finance__phishing"
        metadata = {  # noqa: RUF012
            "dq": {"rules": {"one_label_per_pattern": {"dimension": "consistency", "on_fail": "warn"}}}
        }
