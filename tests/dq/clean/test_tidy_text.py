import unicodedata

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.clean import tidy_text
from tests.dq.clean.texts import CELLS, frame, holds_cleaning_laws, trimmed


@settings(max_examples=50)
@given(cells=st.lists(st.one_of(CELLS, st.text()), max_size=8))
def test_tidy_text_is_in_one_form(cells):
    """What comes out is NFC, has no white space but single blanks inside, and is never empty."""
    told = holds_cleaning_laws(frame(cells), lambda f: tidy_text(f, "x"))
    for text in told["x"].drop_nulls().to_list():
        assert unicodedata.is_normalized("NFC", text)
        assert text == trimmed(text) != ""
        assert "  " not in text
        assert "\n" not in text


@pytest.mark.parametrize(
    ("cell", "tidy", "repairs"),
    [
        ("  ok\t", "ok", 0),
        ("\ufeff1_1", "1_1", 1),
        ("a\r\n b", "a b", 1),
        ("e\u0301", "é", 1),
        ("e\u200b\u0301", "é", 1),
        ("\u200b", None, 1),
        ("   ", None, 0),
        ("👩\u200d💻", "👩\u200d💻", 0),
        ("🏳\ufe0f\u200d🌈 👍🏽", "🏳\ufe0f\u200d🌈 👍🏽", 0),
        ("می\u200cخواهم", "می\u200cخواهم", 0),
        ("क्\u200dष", "क्\u200dष", 0),
        ("\u200eשלום\u200f \u061cعربي", "שלום عربي", 1),
        ("\u1100\u1161", "가", 1),
        ("f\u2061x\ufffb", "fx", 1),
        (" \u200c", None, 1),
        ("🏴\U000e0067\U000e0062\U000e007f", "🏴\U000e0067\U000e0062\U000e007f", 0),
        ("Ａ", "Ａ", 0),
        ("a\x00b", "ab", 1),
    ],
)
def test_what_changes_and_what_is_said_of_it(cell, tidy, repairs):
    """Invisible marks go and leave a repair; trimming leaves none; letters and joined emoji stay as they
    are."""
    told = tidy_text(frame([cell]), "x").collect()
    assert told["x"].to_list() == [tidy]
    assert told["_repairs"].list.len().to_list() == [repairs]


def test_the_bom_in_the_real_ratings_no_longer_hides_an_id(sample_root):
    """The published Amazon ratings begin with a BOM, so the id `1_1` missed every join."""
    path = sample_root / "files/social/ratings/amazonReviewSnippets_anonDataRatings.txt"
    first = path.read_bytes().decode("utf-8").split("\t")[0]
    assert first != "1_1"
    assert tidy_text(frame([first]), "x").collect()["x"].to_list() == ["1_1"]


def test_streams_from_disk(tmp_path):
    """The step is lazy: it can be sunk to a file without being collected."""
    frame(["a  b"]).sink_parquet(tmp_path / "in.parquet")
    tidy_text(pl.scan_parquet(tmp_path / "in.parquet"), "x").sink_parquet(tmp_path / "out.parquet")
    assert pl.read_parquet(tmp_path / "out.parquet")["x"].to_list() == ["a b"]
