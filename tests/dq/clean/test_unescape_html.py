import html

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.clean import unescape_html
from tests.dq.clean.texts import CELLS, frame, holds_cleaning_laws

ENTITIES = st.lists(
    st.sampled_from(["&amp;", "&lt;", "&#39;", "&#x27;", "&", ";", "amp", "&eacute;", "&nope;", " "])
)


@settings(max_examples=50)
@given(cells=st.lists(st.one_of(CELLS, ENTITIES.map("".join)), max_size=8))
def test_nothing_escaped_is_left(cells):
    """Afterwards unescaping finds no terminated entity that it knows."""
    told = holds_cleaning_laws(frame(cells), lambda f: unescape_html(f, "x"))
    changed = [before != after for before, after in zip(cells, told["x"].to_list(), strict=True)]
    assert told["_repairs"].list.len().to_list() == [int(c) for c in changed]


@settings(max_examples=50)
@given(text=st.text(alphabet="<>\"'abc é", max_size=20))
def test_text_without_ampersands_comes_back(text):
    """Escaping by the standard library and unescaping here gives the text back."""
    assert unescape_html(frame([html.escape(text)]), "x").collect()["x"].to_list() == [text]


@pytest.mark.parametrize(
    ("cell", "plain"),
    [
        ("R&amp;D", "R&D"),
        ("&amp;amp;lt;", "<"),
        ("?a=1&copy=2", "?a=1&copy=2"),
        ("&nope;", "&nope;"),
        ("&#39;", "'"),
        ("&#x1F600;", "😀"),
    ],
)
def test_examples(cell, plain):
    """Escaped twice is unescaped twice; addresses and unknown names stay."""
    assert unescape_html(frame([cell]), "x").collect()["x"].to_list() == [plain]


def test_the_real_tweets_lose_their_entities(sample_root):
    """No terminated entity that HTML knows is left in the 4,200 real tweets, and each change is on record."""
    tweets = pl.scan_csv(
        sample_root / "site/tweets_GroundTruth.txt",
        separator="\t",
        has_header=False,
        quote_char=None,
        new_columns=["id", "score", "x"],
        infer_schema=False,
    )
    raw, told = tweets.collect(), unescape_html(tweets, "x").collect()
    assert raw.height == 4200
    changed = (raw["x"] != told["x"]).sum()
    assert told["_repairs"].list.len().sum() == changed
    assert told["x"].str.contains(r"&(amp|lt|gt|quot|#39);").sum() == 0


@pytest.mark.parametrize(
    ("cell", "plain"),
    [
        ("?a=1&notify;x", "?a=1&notify;x"),
        ("&not;it", "¬it"),
        ("&#x1F600;&#55357;&#0;", "😀\ufffd\ufffd"),
        ("&amp;amp;lt;b&amp;gt;", "<b>"),
        ("&#99999999;", "&#99999999;"),
    ],
)
def test_a_name_that_begins_like_an_entity_is_none(cell, plain):
    """Whole names alone count; numbers of no character become the replacement character, as in a browser."""
    assert unescape_html(frame([cell]), "x").collect()["x"].to_list() == [plain]
