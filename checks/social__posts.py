"""Contract of the crawled posts."""

from __future__ import annotations

import pandera.polars as pa


class Post(pa.DataFrameModel):
    """Posts read from the site's pages, one row per post."""

    text_id: str = pa.Field(
        unique=True, str_matches=r"^tweets-\d+$", description="which text, as all sources name it"
    )
    text: str = pa.Field(
        str_length={"min_value": 1, "max_value": 5_000}, description="the post, markup removed"
    )

    class Config:
        """The table it is for."""

        name = "core.social__posts"
