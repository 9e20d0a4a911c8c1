"""The steps that rewrite text keep the laws of cleaning, and do what they say."""

import unicodedata

import ftfy
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.clean import chinese_script, half_width, match_vocabulary, mend_encoding, page_text
from dq.clean.half_width import ALPHANUMERIC, PUNCTUATION
from tests.dq.clean.texts import CELLS, frame, holds_cleaning_laws

MOJIBAKE = st.sampled_from(["schön", "“quoted”", "naïve café", "很好", "日本語", "plain"]).map(
    lambda text: text.encode("utf-8").decode("windows-1252", errors="replace")
)
CHINESE = st.text(alphabet="這個軟體頭髮發乾幹干后後面麵里裡只隻很好good 1", max_size=12)
WIDE = st.text(alphabet="".join([*ALPHANUMERIC, *PUNCTUATION, "很", "a", " "]), max_size=12)
MARKUP = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<b>", "x", "&lt;", "&amp;", "<", "<script>y</script>", "<br>", "\n", " "]
    )
).map("".join)


@settings(max_examples=30)
@given(cells=st.lists(st.one_of(CELLS, MOJIBAKE), max_size=6))
def test_mended_text_needs_no_mending(cells):
    """Afterwards ftfy finds no wrong encoding, and what it found right before is untouched."""
    told = holds_cleaning_laws(frame(cells), lambda f: mend_encoding(f, "x"))
    for before, after in zip(cells, told["x"].to_list(), strict=True):
        if after is not None:
            assert ftfy.fix_encoding(after) == after
            assert (after == before) == (ftfy.fix_encoding(before) == before)


@pytest.mark.parametrize(
    ("cell", "mended"),
    [("schÃ¶n", "schön"), ("â€œoui â€”", "“oui —"), ("å¾ˆå¥½", "很好"), ("很好", "很好"), ("Ã", "Ã")],
)
def test_wrong_encodings_are_undone(cell, mended):
    """UTF-8 that was read as Windows-1252, also of Chinese; what is right, or cannot be told, stays."""
    assert mend_encoding(frame([cell]), "x").collect()["x"].to_list() == [mended]


@settings(max_examples=30)
@given(cells=st.lists(st.one_of(CELLS, WIDE), max_size=6), punctuation=st.booleans())
def test_half_width_is_nfkc_of_these_signs_alone(cells, punctuation):
    """Each wide letter and digit is what NFKC makes of it; wide punctuation only where asked; all else stays."""
    told = holds_cleaning_laws(frame(cells), lambda f: half_width(f, "x", punctuation=punctuation))
    signs = {*ALPHANUMERIC, *(PUNCTUATION if punctuation else ())}
    for before, after in zip(cells, told["x"].to_list(), strict=True):
        if before is not None:
            assert after == "".join(unicodedata.normalize("NFKC", c) if c in signs else c for c in before)


@settings(max_examples=30)
@given(
    cells=st.lists(st.one_of(CELLS, CHINESE), max_size=6), to=st.sampled_from(["simplified", "traditional"])
)
def test_one_script_is_one_script(cells, to):
    """Converted once is converted; text without Chinese stays."""
    told = holds_cleaning_laws(frame(cells), lambda f: chinese_script(f, "x", to=to))
    for before, after in zip(cells, told["x"].to_list(), strict=True):
        if before is not None and before.isascii():
            assert after == before


@pytest.mark.parametrize(
    ("to", "text"), [("simplified", "头发发展，后面的面条"), ("traditional", "頭髮發展，後面的麪條")]
)
def test_a_character_follows_its_word(to, text):
    """Hair and growth are one character in the one script and two in the other."""
    assert chinese_script(frame(["頭髮發展，後面的麪條"]), "x", to=to).collect()["x"].to_list() == [text]


@settings(max_examples=30)
@given(cells=st.lists(st.one_of(CELLS, MARKUP), max_size=6))
def test_page_text_loses_no_row(cells):
    """Whatever the markup, broken or none: the same rows, and text without markup as it was."""
    told = page_text(frame(cells), "x").collect()
    assert told["_row"].to_list() == list(range(1, len(cells) + 1))
    for before, after in zip(cells, told["x"].to_list(), strict=True):
        if before is None or not any(sign in before for sign in "<&"):
            assert after == before


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<html><head><title>t</title></head><body><h1>A</h1> b<p>c</body></html>", "A\nb\nc"),
        ("<ul><li>one<li>two</ul>", "one\ntwo"),
        ("a<!-- hidden --><style>p{}</style> b &eacute;", "a b é"),
        ("<script>only()</script>", None),
        ("<p hidden>no</p><div style='color:red; DISPLAY: none'>no<p>no</p></div>yes", "yes"),
        ("<title>no</title><b><i>x</b></i><p>y<div>z", "x\ny\nz"),
        ("<script>if (a < b) {}</script><style>x</style>ok<!-- <p>no</p> -->", "ok"),
        ("<p>" * 500 + "deep", "deep"),
        ("<b>👩\u200d💻</b> می\u200cخواهم", "👩\u200d💻 می\u200cخواهم"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
    ],
)
def test_pages_show_what_a_reader_sees(html, shown):
    """A line a block, no scripts, styles or comments, entities as characters; a page that shows nothing is null."""
    told = page_text(frame([html]), "x").collect()
    assert told["x"].to_list() == [shown]
    assert told["_repairs"].list.len().to_list() == [int(shown != html)]


@settings(max_examples=30)
@given(
    st.lists(st.one_of(st.none(), st.sampled_from(["Basel", "basle", "Bern", "bren", "Genf", "x", " GENF "])))
)
def test_matched_words_are_of_the_list(cells):
    """Each cell becomes a word of the list or, with a problem, null; the words of the list stay."""
    step = lambda f: match_vocabulary(f, "x", ["Basel", "Bern", "Genf"])  # noqa: E731
    told = step(frame(cells)).collect()
    for before, after, problems in told.select(
        pl.Series(cells, dtype=pl.String), "x", pl.col("_problems").list.len()
    ).rows():
        assert after in {"Basel", "Bern", "Genf", None}
        assert (problems == 1) == (before is not None and after is None)
    again = step(told.lazy()).collect()
    assert again["x"].to_list() == told["x"].to_list()
    assert again["_repairs"].equals(told["_repairs"])


def test_between_two_words_nothing_is_guessed():
    """Two words equally near: neither is taken."""
    told = match_vocabulary(frame(["bola", "bala"]), "x", ["bala", "bela", "bolo"]).collect()
    assert told["x"].to_list() == [None, "bala"]
