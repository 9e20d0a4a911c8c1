import pytest

from dq.errors import ContractError, SchemaError
from dq.merge import Latest, Offset, Precedence, Scale, Survivorship, merge
from tests.dq.merge.sources import source

A = source([("1", "x", 1.0, True, 1), ("2", "x", 1.0, True, None)], "aa")
B = source([("1", "longer", 2.0, False, 3), ("2", "y", 2.0, False, None)], "bb")
C = source([("1", "x", 6.0, False, 2), ("2", None, None, None, None)], "cc")
WORLD = {"a": A, "b": B, "c": C}


def kept(column, rule, entity="1", told=None, **more):
    """What the rule keeps of `column`, and the words of the decision."""
    survivorship = Survivorship(columns={column: rule}, **more)
    merged = merge(told or WORLD, entity="id", survivorship=survivorship, table="core.t")
    rules = merged.conflicts.filter(column_name=column, entity=entity)["rule"].to_list()
    return merged.frame.filter(id=entity)[column].to_list()[0], rules


@pytest.mark.parametrize(
    ("column", "rule", "value", "words"),
    [
        ("text", "majority", "x", "majority: 2 of 3 votes (a, c)"),
        ("flag", "majority", False, "majority: 2 of 3 votes (b, c)"),
        ("number", "majority", 1.0, "majority: tied at 1 of 3 votes, decided by precedence: a"),
        ("number", Precedence("c", "b"), 6.0, "precedence: c is the first that has a value"),
        ("number", "precedence", 1.0, "precedence: a is the first that has a value"),
        ("text", Latest("at"), "longer", "latest: b has at 3"),
        ("text", "longest", "longer", "longest: 6 characters from b"),
        ("number", "min", 1.0, "min of the values"),
        ("number", "max", 6.0, "max of the values"),
        ("number", "mean", 3.0, "mean of 3 sources"),
        ("number", "union", [1.0, 2.0, 6.0], "union of 3 values"),
    ],
)
def test_each_rule_keeps_what_it_promises_and_says_why(column, rule, value, words):
    """The value and the words of the decision, for every rule."""
    told, rules = kept(column, rule)
    assert told == value
    assert rules == [words] * 3


def test_precedence_passes_over_a_null():
    """The first source that has a value wins, not the first source."""
    assert kept("number", Precedence("c", "b"), entity="2")[0] == 2.0


def test_a_copy_has_no_vote_of_its_own():
    """Two that copy each other are one voice; the copy's values still stand in the conflicts."""
    assert kept("flag", "majority", precedence=("a",))[0] is False
    told, rules = kept("flag", "majority", precedence=("a",), copies={"c": "b"})
    assert told is True
    assert rules[2].endswith("; no vote: c repeats b")


def test_a_copy_speaks_where_nobody_else_does():
    """An entity that only the copy knows keeps the copy's value."""
    alone = source([("9", "z", 9.0, True, 9)], "cc")
    assert kept("text", "majority", entity="9", told={"a": A, "c": alone}, copies={"c": "a"})[0] == "z"


def test_a_source_that_contradicts_itself_has_no_vote():
    """Its rows say different things as often, so another source's word counts for more."""
    twice = source([("1", "x", 1.0, True, 1), ("1", "q", 1.0, True, 1)], "aa")
    assert kept("text", "majority", told={"a": twice, "b": B}, precedence=("a",))[0] == "longer"
    thrice = source([("1", "x", 1.0, True, 1), ("1", "q", 1.0, True, 1), ("1", "q", 1.0, True, 1)], "aa")
    assert kept("text", "majority", told={"a": thrice, "b": B}, precedence=("a",))[0] == "q"


@pytest.mark.parametrize(
    ("column", "fix", "value"),
    [
        ("flag", "invert", True),
        ("number", Scale(0.5), 1.0),
        ("number", Offset(-1), 1.0),
        ("text", {"longer": "x"}, "x"),
    ],
)
def test_a_fix_that_a_human_turned_on_is_applied(column, fix, value):
    """After the fix of b, a and b agree and no conflict is left."""
    b = B.vstack(source([("3", "x", 3.0, True, 1)], "b3"))
    told, rules = kept(column, "majority", told={"a": A, "b": b}, fixes={("b", column): fix})
    assert told == value
    assert rules == []


def test_what_does_not_fit_is_refused():
    """Rules and fixes that make no sense are errors of the declaration, by name."""
    with pytest.raises(ContractError, match="called 'newest'"):
        Survivorship("newest")
    with pytest.raises(ContractError, match="not another copy: c"):
        Survivorship(copies={"c": "b", "b": "a"})
    with pytest.raises(SchemaError, match="mean fits numbers only"):
        kept("text", "mean")
    with pytest.raises(SchemaError, match="longest fits text only"):
        kept("number", "longest")
    with pytest.raises(ContractError, match="two values, this one has 1"):
        kept("flag", "majority", fixes={("b", "flag"): "invert"})
    with pytest.raises(ContractError, match="not there"):
        kept("flag", "majority", fixes={("b", "nope"): "invert"})
    with pytest.raises(ContractError, match="fits numbers only"):
        kept("text", "majority", fixes={("b", "text"): Scale(2)})
    with pytest.raises(SchemaError, match="no source has: nope"):
        kept("text", Latest("nope"))
