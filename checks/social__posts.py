"""Contract of the crawled posts."""

from __future__ import annotations

from typing import ClassVar

import pandera.polars as pa


class Post(pa.DataFrameModel):
    """Posts read from the site's pages, one row a post."""

    TABLE: ClassVar[str] = "core.social__posts"

    text_id: str = pa.Field(unique=True, str_matches=r"^tweets-\d+$", description="which text, as all sources name it")
    text: str = pa.Field(str_length={"min_value": 1, "max_value": 5_000}, description="the post, markup removed")
