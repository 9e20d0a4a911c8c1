import random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.dedupe import near_clusters
from dq.dedupe import pairs as pairing
from dq.dedupe.memory import NearMemory, remembered


def sliding(families, words=70, step=2):
    """Texts that overlap with their neighbours, so that whether two are tied depends on which others are there."""
    rng = random.Random(5)
    texts = []
    for _ in range(families):
        own = ["".join(rng.choice("abcdefghij") for _ in range(6)) for _ in range(words + 12 * step)]
        texts += [" ".join(own[at * step : at * step + words]) for at in range(12)]
    return texts


TEXTS = sliding(2)


def named(texts):
    return pl.DataFrame(
        {"id": [f"{TEXTS.index(text):03}" for text in texts], "text": texts},
        schema={"id": pl.String, "text": pl.String},
    )


@settings(max_examples=8)
@given(
    states=st.lists(st.lists(st.sampled_from(TEXTS), unique=True, max_size=24), min_size=2, max_size=3),
    crowd=st.sampled_from([3, 50]),
)
def test_after_any_history_clusters_are_those_of_now(states, crowd):
    """Texts come and go in any order: the clusters are those of comparing all that are there, nothing else is kept."""
    before, pairing.CROWD = pairing.CROWD, crowd
    try:
        memory = NearMemory()
        for texts in states:
            memory = remembered(memory, named(texts))
            whole = remembered(NearMemory(), named(texts))
            assert near_clusters(memory.pairs).equals(near_clusters(whole.pairs))
            assert memory.texts.equals(whole.texts)
            if crowd == 50:
                assert memory.pairs.equals(whole.pairs)
    finally:
        pairing.CROWD = before


def test_what_tied_two_may_go():
    """Where the middle of a chain is gone its ends are no longer one cluster; when it is back they are."""
    first, middle, last = TEXTS[0], TEXTS[3], TEXTS[6]
    together = remembered(NearMemory(), named([first, middle, last]))
    assert near_clusters(together.pairs)["cluster"].n_unique() == 1
    assert together.pairs.height == 2
    apart = remembered(together, named([first, last]))
    assert apart.pairs.is_empty()
    assert remembered(apart, named([last, middle, first])).pairs.equals(together.pairs)


def test_what_is_known_is_not_compared_again(monkeypatch):
    """With twelve known and one new, one text is sketched; with nothing new, none is."""
    seen = []
    plain = pairing.sketch
    monkeypatch.setattr(pairing, "sketch", lambda text, n: seen.append(len(text)) or plain(text, n))
    memory = remembered(NearMemory(), named(TEXTS[:12]))
    memory = remembered(memory, named(TEXTS[:13]))
    remembered(memory, named(TEXTS[:13]))
    assert seen == [12, 1, 0]
