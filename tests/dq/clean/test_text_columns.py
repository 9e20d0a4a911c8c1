"""What is measured of a text, and which lines texts have in common."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.clean import with_language, with_text_measures, without_boilerplate
from tests.dq.clean.texts import CELLS, frame


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The weather is fine today and we go for a walk", "en"),
        ("Das Wetter ist heute schön und wir gehen spazieren", "de"),
        ("今天天气很好，我们去散步", "zh"),
        ("好吃", "zh"),
        ("?! 12", None),
        (None, None),
    ],
)
def test_a_language_is_told(text, language):
    """Of three languages the right one; of what has no letters, and of null, none."""
    told = with_language(frame([text]), "x", among=["en", "de", "zh"]).collect()
    assert told["x_language"].to_list() == [language]
    assert (told["x_language_confidence"].item() is None) == (language is None)


@settings(max_examples=40)
@given(cells=st.lists(CELLS, max_size=8))
def test_measures_are_shares_and_counts(cells):
    """One row per row, null for null; shares between 0 and 1; never more different words than words."""
    told = with_text_measures(frame(cells), "x").collect()
    assert told["x"].to_list() == cells
    measures = [name for name in told.columns if name.startswith("x_")]
    for row in told.select("x", *measures).to_dicts():
        text = row.pop("x")
        assert all((value is None) == (text is None) for name, value in row.items() if "longest" not in name)
        assert all(
            0 <= value <= 1 for name, value in row.items() if name.endswith("share") and value is not None
        )
        assert text is None or row["x_chars"] == len(text)


def test_repeating_texts_show():
    """A text that says one thing over and over has few different words and many repeated lines."""
    row = with_text_measures(frame(["buy now\n" * 4]), "x").collect().row(0, named=True)
    assert (row["x_words"], row["x_distinct_word_share"], row["x_repeated_line_share"]) == (8, 0.25, 0.75)


PAGES = [f"Home\nstory number {n}\n  © 2026 us " for n in range(30)]


def test_common_lines_go_and_own_lines_stay():
    """Menu and footer go from every page with the text before on record; the stories stay."""
    told = without_boilerplate(frame([*PAGES, None, "own"]), "x").collect()
    assert told["x"].to_list() == [*(f"story number {n}" for n in range(30)), None, "own"]
    assert told["_repairs"].list.len().to_list() == [*[1] * 30, 0, 0]


def test_few_texts_have_nothing_in_common():
    """Of fewer texts than asked for, nothing can be called common."""
    assert without_boilerplate(frame(PAGES[:10]), "x").collect()["x"].to_list() == PAGES[:10]


@settings(max_examples=30)
@given(
    st.lists(
        st.one_of(st.none(), st.lists(st.sampled_from(["a", "b", "c", "", "d"])).map("\n".join)), max_size=8
    )
)
def test_every_line_that_goes_was_common(cells):
    """For any texts: no row is lost, nulls stay, and each lost line stood in two texts at least."""
    told = without_boilerplate(frame(cells), "x", share=0.5, at_least=2).collect()
    assert told["_row"].to_list() == list(range(1, len(cells) + 1))
    for before, after in zip(cells, told["x"].to_list(), strict=True):
        assert (before is not None) or after is None
        for line in set((before or "").split("\n")) - set((after or "").split("\n")) - {""}:
            assert sum(line in (cell or "").split("\n") for cell in cells) >= 2
    assert told.schema["x"] == pl.String
