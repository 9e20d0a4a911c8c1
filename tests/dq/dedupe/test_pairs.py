import random

import polars as pl
import pytest

from dq.dedupe import near_clusters, near_index, near_pairs
from dq.dedupe import pairs as module
from dq.errors import SchemaError

N = 5


def jaccard(a, b):
    """The similarity of two normal texts, by plain sets."""
    one, two = ({t[i : i + N] for i in range(len(t) - N + 1)} for t in (a.ljust(N, "\0"), b.ljust(N, "\0")))
    return len(one & two) / len(one | two)


def edited(text, rng):
    """The text with a few typos, words added, dropped or moved."""
    words = text.split()
    for _ in range(rng.randint(1, max(1, len(words) // 12))):
        at = rng.randrange(len(words))
        kind = rng.randrange(4)
        if kind == 0:
            words[at] = words[at][:-1] + rng.choice("aeiou")
        elif kind == 1 and len(words) > 3:
            words.pop(at)
        elif kind == 2:
            words.insert(at, rng.choice(["the", "very", "不是", "not"]))
        else:
            other = rng.randrange(len(words))
            words[at], words[other] = words[other], words[at]
    return " ".join(words)


@pytest.fixture(scope="module")
def planted(sample_root):
    """2,000 real tweets, 600 Chinese reviews, and each again with planted edits."""
    tweets = pl.read_csv(
        sample_root / "site/tweets_GroundTruth.txt",
        separator="\t",
        has_header=False,
        quote_char=None,
        new_columns=["id", "score", "text"],
        infer_schema=False,
    )
    chinese = pl.read_csv(
        (sample_root / "files/social/reviews_zh.csv").read_bytes().decode("gb18030").encode(),
        infer_schema=False,
    )
    texts = [*tweets["text"].to_list()[:2000], *chinese["review"].drop_nulls().to_list()[:600]]
    texts = [text for text in texts if len(text.split()) > 0 and len(text) > 15]
    rng = random.Random(7)
    rows = [(f"a{i}", text) for i, text in enumerate(texts)]
    rows += [(f"b{i}", edited(text, rng)) for i, text in enumerate(texts)]
    return pl.DataFrame(rows, schema={"id": pl.String, "text": pl.String}, orient="row")


def test_planted_near_repeats_are_found_and_nothing_else(planted):
    """Of real texts with planted edits, at least 98 % of the pairs at Jaccard ≥ 0.8 are found, and all given
    are."""
    index = near_index(planted, "id", "text")
    normal = dict(index.select("id", "text").iter_rows())
    pairs = near_pairs(index)
    for a, b, similarity in pairs.iter_rows():
        assert similarity == pytest.approx(jaccard(normal[a], normal[b]))
        assert similarity >= 0.8
    cluster = dict(near_clusters(pairs).iter_rows())
    near = [
        (f"a{i}", f"b{i}")
        for i in range(planted.height // 2)
        if f"a{i}" in normal and f"b{i}" in normal and jaccard(normal[f"a{i}"], normal[f"b{i}"]) >= 0.8
    ]
    found = sum(cluster.get(a, a) == cluster.get(b, b) for a, b in near)
    assert len(near) > 1000
    assert found >= 0.98 * len(near)


def test_any_order_and_any_number_of_increments_give_the_same(planted):
    """One run, a shuffled run, and six runs against a kept index give the same clusters."""
    some = planted.gather_every(3)
    index = near_index(some, "id", "text")
    whole = near_clusters(near_pairs(index))
    shuffled = some.sample(fraction=1, shuffle=True, seed=3)
    assert near_clusters(near_pairs(near_index(shuffled, "id", "text"))).equals(whole)
    known, found = index.clear(), []
    for part in shuffled.iter_slices(shuffled.height // 6 + 1):
        new = near_index(part, "id", "text")
        found.append(near_pairs(new, known))
        known = pl.concat([known, new])
    assert near_clusters(pl.concat(found)).equals(whole)
    assert known.sort("id").equals(index.sort("id"))


def test_a_long_chain_is_one_cluster():
    """Ties over others count, however long the chain is."""
    ids = [f"{i:03}" for i in range(200)]
    pairs = pl.DataFrame({"id_a": ids[:-1], "id_b": ids[1:], "similarity": [0.9] * 199}).sample(
        fraction=1, shuffle=True, seed=1
    )
    assert near_clusters(pairs)["cluster"].unique().to_list() == ["000"]


def test_keys_are_pinned():
    """A stored index stays comparable with one that a later version makes."""
    index = near_index(pl.DataFrame({"id": ["1"], "text": ["Good day, 世界"]}), "id", "text")
    assert index["keys"][0].to_list()[:2] == [16033050229402633837, 18180596861854158214]


def test_a_missing_column_is_refused():
    """A column that is not there is named."""
    with pytest.raises(SchemaError, match="no column words"):
        near_index(pl.DataFrame({"id": ["1"]}), "id", "words")


def crowd(families, size, edits, seed=4):
    """Families of texts of 500 characters: each the family's own with a word or two of its own."""
    rng = random.Random(seed)
    words = ["".join(rng.choice("abcdefghij") for _ in range(6)) for _ in range(400)]
    rows = []
    base = rng.sample(words, 70)
    for family in range(families):
        own = base[: 70 - 7 * family] + rng.sample(words, 7 * family)
        for member in range(size):
            text = own.copy()
            for _ in range(rng.randint(0, edits)):
                text[rng.randrange(len(text))] = rng.choice(words)
            rows.append((f"{family}-{member:04}", " ".join(text)))
    return pl.DataFrame(rows, schema=["id", "text"], orient="row").unique("text", maintain_order=True)


def test_a_crowd_is_tied_as_if_each_were_compared_with_each(monkeypatch):
    """Of families that are near, hardly near and not near, clusters are those of comparing all, in any increments."""
    monkeypatch.setattr(module, "CROWD", 8)
    rows = crowd(families=5, size=70, edits=5)
    index = near_index(rows, "id", "text")
    pairs = near_pairs(index)
    sets = {
        i: {t[k : k + N] for k in range(len(t) - N + 1)} for i, t in index.select("id", "text").iter_rows()
    }
    keys = {i: set(k) for i, k in index.select("id", "keys").iter_rows()}
    ids = sorted(sets)
    near = [
        (a, b)
        for n, a in enumerate(ids)
        for b in ids[n + 1 :]
        if keys[a] & keys[b] and len(sets[a] & sets[b]) >= 0.8 * len(sets[a] | sets[b])
    ]
    plain = pl.DataFrame(near, schema=["id_a", "id_b"], orient="row")
    assert near_clusters(pairs).equals(near_clusters(plain))
    assert near_clusters(pairs)["cluster"].n_unique() > 1
    assert pairs.height < 0.8 * len(near)
    known, found = index.clear(), []
    for part in rows.sample(fraction=1, shuffle=True, seed=1).iter_slices(90):
        new = near_index(part, "id", "text")
        found.append(near_pairs(new, known))
        known = pl.concat([known, new])
    assert near_clusters(pl.concat(found)).equals(near_clusters(pairs))


def test_a_crowd_gives_few_pairs():
    """Some 500 near-identical texts are one cluster by at most ten pairs a text, where all would be 250 a text."""
    index = near_index(crowd(1, 1000, edits=1), "id", "text")
    pairs = near_pairs(index)
    assert near_clusters(pairs)["cluster"].n_unique() == 1
    assert near_clusters(pairs).height == index.height
    assert pairs.height <= 10 * index.height
