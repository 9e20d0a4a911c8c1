"""Contract of the web sites that were or were not phishing."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

SIGNS = (
    "empty_server_form_handler",
    "popup_window",
    "https",
    "request_from_other_domain",
    "anchor_from_other_domain",
    "is_popular",
    "long_url",
    "age_of_domain",
    "ip_in_url",
)
HALVES = (0.0, 0.5, 1.0)


class Site(pa.DataFrameModel):
    """Web sites with nine signs of each, and whether it was phishing; one row per site, which has no name."""

    site: int = pa.Field(unique=True, ge=2, description="the site: its line in the file, as it has no name")
    empty_server_form_handler: float = pa.Field(
        isin=HALVES, description="form handler is empty (0), odd, or fine (1)"
    )
    popup_window: float = pa.Field(
        isin=HALVES, description="asks in a pop-up window: as graded by the publisher"
    )
    https: float = pa.Field(isin=HALVES, description="connection and certificate, as graded by the publisher")
    request_from_other_domain: float = pa.Field(isin=HALVES, description="loads from other domains, graded")
    anchor_from_other_domain: float = pa.Field(isin=HALVES, description="links to other domains, graded")
    is_popular: float = pa.Field(isin=HALVES, description="how much it is visited, graded")
    long_url: float = pa.Field(isin=HALVES, description="length of its address, graded")
    age_of_domain: float = pa.Field(isin=(0.0, 1.0), description="1 where the domain is old enough")
    ip_in_url: float = pa.Field(isin=(0.0, 1.0), description="1 where its address is a bare IP number")
    is_phishing: bool = pa.Field(description="it was phishing: the label")

    @pa.dataframe_check(name="one_label_per_pattern")
    def one_label_per_pattern(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        """Say whether all sites with the same nine signs carry the same label."""
        return data.lazyframe.select(pl.col("is_phishing").n_unique().over(SIGNS) == 1)

    class Config:
        """Nine signs do not tell every two sites apart, so a conflict warns."""

        name = "core.finance__phishing"
        metadata = {  # noqa: RUF012
            "dq": {"rules": {"one_label_per_pattern": {"dimension": "consistency", "on_fail": "warn"}}}
        }
