import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.errors import ContractError, SchemaError
from dq.match import Block, Exact, Matching, Number, Text, match_entities
from dq.match.candidates import Pairs, candidates
from dq.match.model import counted, learn, probability

FIRST = ["anna", "bea", "carl", "dora", "emil", "fred", "greta", "hans", "ida", "jan", "karl", "lena"]
PARTS = ["ba", "ri", "to", "ne", "ku", "sol", "ver", "mi", "dan", "os"]
PERSONS = Matching(
    fields=(Text("name"), Number("born", within=10), Exact("town")),
    blocks=(Block("name", first=4), Block("name", words=True), Block("born", "town")),
)


def persons(seed=5, n=400):
    """Two lists of persons by source, and who each row is: 300 stand in both, most of those written otherwise."""
    rng = np.random.default_rng(seed)

    def person():
        name = f"{rng.choice(FIRST)} {''.join(rng.choice(PARTS, 3))}"
        return [name, int(rng.integers(1940, 2005)), str(rng.choice(["ulm", "bonn", "kiel", "jena"]))]

    people = [person() for _ in range(n + n // 4)]
    again = []
    for name, born, town in people[n // 4 :]:
        kind = rng.integers(0, 5)
        at = int(rng.integers(1, len(name) - 1))
        said = (
            name,
            name[:at] + name[at + 1 :],
            name[:at] + "x" + name[at:],
            " ".join(name.split()[::-1]),
            name.upper(),
        )
        again.append([said[kind], born + int(rng.random() < 0.1), None if rng.random() < 0.1 else town])
    told, who = {}, {}
    for source, rows, start in (("a", people[:n], 0), ("b", again, n // 4)):
        told[source] = pl.DataFrame(rows, schema=["name", "born", "town"], orient="row").with_columns(
            _landing_id=pl.lit(f"of {source}"), _row=pl.int_range(pl.len(), dtype=pl.Int64)
        )
        who[source] = list(range(start, start + len(rows)))
    return told, who


def same(frames, who):
    """The pairs of persons (of a, of b) that have one id."""
    sides = [frames[s].select("id").with_columns(pl.Series("who", who[s])) for s in ("a", "b")]
    return sides[0].join(sides[1], on="id").select("who", "who_right").rows()


def test_rows_of_one_person_are_found_and_hardly_any_of_two():
    """Of 300 persons in both lists, at least 95 % get one id, and of the pairs at most 2 % are two persons."""
    told, who = persons()
    pairs = same(match_entities(told, PERSONS, entity="id").frames, who)
    right = sum(a == b for a, b in pairs)
    assert right >= 0.95 * 300
    assert right >= 0.98 * len(pairs)


def test_every_pair_says_why():
    """A pair shows both sides' values, similarities and weights by field, and where both rows come from."""
    told, _ = persons()
    matches = match_entities(told, PERSONS, entity="id").matches
    assert set(matches["decision"]) <= {"match", "review"}
    assert (matches.filter(decision="match")["probability"] >= PERSONS.accept).all()
    assert matches.filter(decision="review")["probability"].min() >= PERSONS.review
    assert matches.select(pl.col("fields").list.eval(pl.element().struct.field("column_name")))["fields"][
        0
    ].to_list() == [
        "name",
        "born",
        "town",
    ]
    said = matches.select("source_a", "row_a", a=pl.col("fields").list.first().struct.field("a"))
    names = pl.concat([f.select(source_a=pl.lit(s), row_a="_row", name="name") for s, f in told.items()])
    both = said.join(names, on=["source_a", "row_a"])
    assert both.height == matches.height
    assert (both["a"] == both["name"]).all()


def test_a_human_decision_stands():
    """A pair that was declared the same is one entity; one that was matched and declared different is not."""
    told, _ = persons()
    first = match_entities(told, PERSONS, entity="id").matches
    pair = first.filter(decision="match").select("entity_a", "entity_b").row(0)
    apart = (told["a"][0], told["b"][200])
    alone = match_entities(
        {"a": apart[0], "b": apart[1]}, Matching(PERSONS.fields, (Block("name"),)), entity="id"
    ).frames
    others = (alone["a"]["id"][0], alone["b"]["id"][0])
    ruled = Matching(PERSONS.fields, PERSONS.blocks, different=(pair,), same=(others,))
    again = match_entities(told, ruled, entity="id")
    decided = {(a, b): d for a, b, d in again.matches.select("entity_a", "entity_b", "decision").rows()}
    assert decided[pair] == "declared different"
    assert decided[tuple(sorted(others))] == "declared the same"
    assert again.frames["a"]["id"][0] == again.frames["b"]["id"][200]


WORDS = st.sampled_from([None, "anna bariko", "Anna Bariko", "anna barik", "emil solver", "emil", ""])
ROW = st.tuples(WORDS, st.sampled_from([None, 1950, 1951, 1990]), st.sampled_from([None, "ulm", "bonn"]))
SHAPE = {"name": pl.String, "born": pl.Int64, "town": pl.String}


@st.composite
def lists(draw):
    """One to three small lists of persons, with nulls and repeats."""
    told = {}
    for name in draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True)):
        frame = pl.DataFrame(draw(st.lists(ROW, max_size=6)), schema=SHAPE, orient="row")
        told[name] = frame.with_columns(_landing_id=pl.lit(name), _row=pl.int_range(pl.len(), dtype=pl.Int64))
    return told


@settings(max_examples=60)
@given(told=lists(), within=st.booleans(), data=st.data())
def test_the_order_of_sources_and_rows_makes_no_difference(told, within, data):
    """Shuffled sources and rows get the same ids and the same queue."""
    matching = Matching(PERSONS.fields, PERSONS.blocks, within=within)
    one = match_entities(told, matching, entity="id")
    other = {n: told[n][data.draw(st.permutations(range(told[n].height)))] for n in reversed(told)}
    two = match_entities(other, matching, entity="id")
    assert two.matches.equals(one.matches)
    for name, frame in one.frames.items():
        assert two.frames[name].sort("_row").equals(frame)


@settings(max_examples=60)
@given(told=lists(), within=st.booleans())
def test_every_row_is_in_one_entity_and_nulls_tie_nobody(told, within):
    """No row is lost or changed, each has one id, and a row of nulls alone is tied to no other content."""
    found = match_entities(told, Matching(PERSONS.fields, PERSONS.blocks, within=within), entity="id")
    for name, frame in told.items():
        assert found.frames[name].drop("id").equals(frame)
        assert found.frames[name]["id"].null_count() == 0
    rows = [(n, i, v) for n, f in found.frames.items() for i, *v in f.select("id", *SHAPE).rows()]
    for name, entity, values in rows:
        if not any(values):
            assert {(n, tuple(v)) for n, i, v in rows if i == entity} == {(name, tuple(values))}


def test_a_block_that_is_too_common_is_said():
    """3,000 rows that share a town are not compared by it, and the count says so."""
    rows = pl.DataFrame({"name": [f"p {n}" for n in range(3000)], "town": ["ulm"] * 3000}).with_columns(
        _landing_id=pl.lit("x"), _row=pl.int_range(pl.len(), dtype=pl.Int64)
    )
    told = match_entities({"a": rows}, Matching((Text("name"),), (Block("town"),), within=True), entity="id")
    assert told.skipped == {"town": 3000}
    assert told.frames["a"]["id"].n_unique() == 3000


def test_what_cannot_be_matched_is_refused():
    """A column that no source has, and a matching without fields, are named."""
    told, _ = persons()
    with pytest.raises(SchemaError, match="no source has a column phone"):
        match_entities(told, Matching((Text("phone"),), (Block("name"),)), entity="id")
    with pytest.raises(ContractError, match="at least one field and one block"):
        Matching((), ())
    with pytest.raises(ContractError, match="review <= accept"):
        Matching((Text("name"),), (Block("name"),), accept=0.2)


def test_near_misses_that_chance_does_not_draw_are_counted_where_they_are_compared() -> None:
    """2,000 near misses and 300 equal names among ten million pairs: a near miss alone is not one entity."""
    grades = np.repeat([[0, 0], [0, 1], [1, 0], [1, 1]], [280, 20, 50, 1_950], axis=0)
    by_chance = np.repeat([[2, 0], [2, 1]], [2_500, 97_500], axis=0)
    model = learn(counted([grades], [3, 2]), by_chance, equal=[3e-5, 0.025], sizes=[3, 2], all_pairs=1e7)
    assert model.u[0][1] >= 1e-4
    told = probability(np.array([[0, 0], [1, 1]]), model, np.zeros((2, 2)))
    assert told[0] > 0.9
    assert told[1] < 0.5


def alike(n: int, source: str, shift: int = 0) -> pl.DataFrame:
    """`n` rows of one town and one maker, of which one in fifty says otherwise; only the code tells them apart."""
    return pl.DataFrame(
        {
            "code": [f"{(k + shift) * 7919 % 100_003:05}" for k in range(n)],
            "town": ["bonn" if k % 50 == 3 else "ulm" for k in range(n)],
            "maker": ["other" if k % 50 == 7 else "the same" for k in range(n)],
        }
    ).with_columns(_landing_id=pl.lit(source), _row=pl.int_range(pl.len(), dtype=pl.Int64))


def test_where_nearly_all_rows_are_alike_agreement_never_counts_against():
    """Of 400 rows that agree in two of three fields, those of one code are found and no two others."""
    told = {"a": alike(400, "a"), "b": alike(400, "b", shift=200)}
    matching = Matching((Text("code"), Exact("town"), Exact("maker")), (Block("town"), Block("maker")))
    found = match_entities(told, matching, entity="id")
    both = found.frames["a"].join(found.frames["b"], on="id", suffix="_b")
    assert both.height > 150
    assert (both["code"] == both["code_b"]).all()
    weights = found.matches.select(pl.col("fields").list.explode()).unnest("fields").filter(similarity=1.0)
    assert weights["weight"].min() >= 0


@pytest.mark.parametrize("common", [0.9, 0.99, 0.999])
def test_agreement_on_what_all_say_is_no_evidence(common):
    """A field in which nearly all pairs agree never turns a pair that differs there into one entity."""
    n = 10_000
    agreed = np.repeat([[0, 0], [1, 0], [1, 1]], [40, int(common * n), int((1 - common) * n)], axis=0)
    model = learn(
        counted([agreed], [2, 2]),
        agreed[40::3],
        equal=[1e-5, common],
        sizes=[2, 2],
        all_pairs=n + 40.0,
        most=100.0,
    )
    assert all(m[0] >= u[0] for m, u in zip(model.m, model.u, strict=True))
    assert model.share <= 200 / (n + 40)
    same, other, apart = probability(np.array([[0, 0], [1, 0], [1, 1]]), model, np.zeros((3, 2)))
    assert same > 0.5 > other >= apart


@settings(max_examples=30)
@given(told=lists(), within=st.booleans(), part=st.integers(1, 7))
def test_every_pair_that_shares_a_key_is_given_once_whatever_the_parts(told, within, part):
    """However small the parts, the pairs are those of a plain comparison of all with all."""
    rows = pl.concat([f.with_columns(_source=pl.lit(n)) for n, f in told.items()]).rechunk()
    rows = rows.with_row_index("_node")
    blocks = [Block("name", words=True), Block("born", "town")]
    nobody = Pairs(np.zeros(0, dtype=np.uint32), np.zeros(0, dtype=np.uint32))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dq.match.candidates.PART_PAIRS", part)
        parts = list(candidates(rows, blocks, nobody, within=within).parts())
    found = [pair for p in parts for pair in zip(p.a.tolist(), p.b.tolist(), strict=True)]
    source = rows["_source"].to_list()
    keys = [{} for _ in range(rows.height)]
    for place, block in enumerate(blocks):
        for node, key in block.keys(rows).rows():
            keys[node].setdefault(place, set()).add(key)
    wanted = [
        (a, b)
        for a in range(rows.height)
        for b in range(a + 1, rows.height)
        if (within or source[a] != source[b])
        and any(keys[a].get(p, set()) & keys[b].get(p, set()) for p in range(len(blocks)))
    ]
    assert sorted(found) == wanted


@settings(max_examples=30)
@given(told=lists(), within=st.booleans())
def test_matching_what_was_matched_changes_nothing(told, within):
    """The same rows, with the ids that they were given beside them, are given the same ids again."""
    matching = Matching(PERSONS.fields, PERSONS.blocks, within=within)
    once = match_entities(told, matching, entity="id").frames
    again = match_entities(once, matching, entity="id").frames
    assert {n: f["id"].to_list() for n, f in again.items()} == {n: f["id"].to_list() for n, f in once.items()}


def test_the_two_sides_are_the_same_side():
    """With the names of the lists exchanged, the same rows are of one entity."""
    told, _ = persons(n=120)
    one = match_entities(told, PERSONS, entity="id").frames
    two = match_entities({"a": told["b"], "b": told["a"]}, PERSONS, entity="id").frames
    pairs = [
        set(frames[x].join(frames[y], on="id", suffix="_r").select("_row", "_row_r").rows())
        for frames, x, y in ((one, "a", "b"), (two, "b", "a"))
    ]
    assert pairs[0] == pairs[1]
