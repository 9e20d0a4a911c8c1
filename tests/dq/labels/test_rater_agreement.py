import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.errors import SchemaError
from dq.labels import rater_agreement

# The example of Krippendorff's own paper ("Computing Krippendorff's Alpha-Reliability", 2011): four
# observers, twelve units.
PUBLISHED = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""


def published():
    """One row per rating of the published example."""
    rows = [
        (unit, None if value == "." else int(value))
        for line in PUBLISHED.split("\n")
        for unit, value in enumerate(line.split())
    ]
    return pl.DataFrame(rows, schema={"unit": pl.Int64, "value": pl.Int64}, orient="row")


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_the_published_example(level, alpha):
    """The three values that the method's author gives for his example."""
    told = rater_agreement(published(), "unit", "value", level=level)
    assert told.alpha == pytest.approx(alpha, abs=0.0005)
    assert (told.items, told.ratings) == (11, 40)


def slowly(rows, distance):
    """The definition, pair by pair, in plain Python."""
    items = {}
    for item, value in rows:
        items.setdefault(item, []).append(value)
    items = {item: values for item, values in items.items() if len(values) > 1}
    everything = [value for values in items.values() for value in values]
    n = len(everything)
    if n == 0:
        return None
    expected = sum(distance(a, b) for a in everything for b in everything) / (n * (n - 1))
    within = sum(sum(distance(a, b) for a in v for b in v) / (len(v) - 1) for v in items.values()) / n
    return 1 - within / expected if expected else None


@settings(max_examples=60)
@given(rows=st.lists(st.tuples(st.integers(0, 3), st.integers(-2, 3)), max_size=14))
def test_it_is_the_definition(rows):
    """The closed forms give what the sums over pairs give."""
    frame = pl.DataFrame(rows, schema={"unit": pl.Int64, "value": pl.Int64}, orient="row")
    for level, distance in (("nominal", lambda a, b: a != b), ("interval", lambda a, b: (a - b) ** 2)):
        told = rater_agreement(frame, "unit", "value", level=level)
        assert told.alpha == pytest.approx(slowly(rows, distance))


def test_nothing_to_compare_is_null():
    """One rating an item, no rows, or one value throughout have no agreement to speak of, not a perfect
    one."""
    for values in ([("a", 1), ("b", 2)], [], [("a", 1), ("a", 1)]):
        frame = pl.DataFrame(values, schema={"id": pl.String, "v": pl.Int64}, orient="row")
        assert rater_agreement(frame, "id", "v", level="ordinal").alpha is None


def test_text_has_no_distances():
    """Text can be nominal; asking for distances between words is an error of the call."""
    words = pl.DataFrame({"id": ["a", "a"], "v": ["x", "y"]})
    assert rater_agreement(words, "id", "v", level="nominal").alpha == 0.0
    with pytest.raises(SchemaError, match="neither order nor distances"):
        rater_agreement(words, "id", "v", level="interval")
    with pytest.raises(SchemaError, match="no column w"):
        rater_agreement(words, "id", "w", level="nominal")


def test_the_real_raters_of_tweets_agree_beyond_chance(sample_root):
    """Twenty people rated each of 4,200 tweets: their alpha is far above chance and below perfection."""
    path = sample_root / "files/social/ratings/tweets_anonDataRatings.txt"
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8-sig").splitlines()]
    rows = pl.DataFrame({"id": [line[0] for line in lines], "v": [json.loads(line[3]) for line in lines]})
    told = rater_agreement(rows.explode("v", empty_as_null=False), "id", "v", level="interval")
    assert told.items == 4200
    assert 0.5 < told.alpha < 0.9
    worst = told.by_item.sort("disagreement", descending=True)
    assert worst["disagreement"][0] > 1
    assert told.by_item.height == 4200
