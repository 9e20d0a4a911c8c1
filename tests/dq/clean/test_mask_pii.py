import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.clean import refuse_pii, tidy_text
from dq.clean.mask_pii import KINDS, mask_pii
from dq.errors import ContractError
from tests.dq.clean.texts import CELLS, frame, holds_cleaning_laws

SECRETS = [
    "ann.lee@example.co.uk",
    "4111 1111 1111 1111",
    "11010519491231002X",
    "13812345678",
    "+44 20 7946 0958",
]
SECRETS += ["192.168.0.1", "5500-0000-0000-0004", "378282246310005"]
REAL = {"pii_phone:x": 26, "pii_email:x": 9}
PLAIN = [" and ", "，", "\0", "\1", "order 12", " 3.14 ", "v1.2.3", "@", "2021-03-04", " ", "x"]


@settings(max_examples=30)
@given(cells=st.lists(CELLS, max_size=4), parts=st.lists(st.sampled_from([*SECRETS, *PLAIN]), max_size=5))
def test_no_secret_is_left_in_text_or_evidence(cells, parts):
    """Whatever stands around it, a secret is gone from the text, and the repairs don't keep it either."""
    text = "".join(f" {part} " if part in SECRETS else part for part in parts)
    told = holds_cleaning_laws(frame([*cells, text]), lambda f: mask_pii(f, "x"))
    assert told.height == len(cells) + 1
    last = told["x"][-1]
    assert not any(secret in last for secret in SECRETS)
    assert sum(last.count(f"<{kind}>") for kind in KINDS) <= sum(part in SECRETS for part in parts)
    repairs = [repair for repairs in told["_repairs"].to_list() for repair in repairs]
    assert all(repair["value"] is None for repair in repairs)
    if not any(part in SECRETS for part in parts):
        assert last == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mail ann@example.org, now.", "mail <email>, now."),
        ("card 4111111111111111.", "card <card>."),
        ("12 4111 1111 1111 1111", "12 <card>"),
        ("4111 1111 1111 1111 123", "<card> 123"),
        ("378282246310005 3782 822463 10005", "<card> <card>"),
        ("order 4111111111111112", "order 4111111111111112"),
        ("94111111111111111111111", "94111111111111111111111"),
        ("身份证11010519491231002X，电话13812345678。", "身份证<id_number>，电话<phone>。"),
        ("110105194912310021", "110105194912310021"),
        ("110105194913310029", "110105194913310029"),
        ("+1 (415) 555-2671 or 0123", "<phone> or 0123"),
        ("from 2001:db8::8a2e:370:7334, ok", "from <ip>, ok"),
        ("::1 or fe80::1%eth0 or [2001:db8::1]:80", "<ip> or <ip>%eth0 or [<ip>]:80"),
        (
            "at 12:30:45, std::vector, a::b, Foo::Bar, 1:2:3",
            "at 12:30:45, std::vector, a::b, Foo::Bar, 1:2:3",
        ),
        ("身份证110105491231002", "身份证<id_number>"),
        ("990105491231002 110105493231002", "990105491231002 110105493231002"),
        ("座机010-62345678 或 0755-1234567-801", "座机<phone> 或 0755-1234567-801"),
        ("0755-2234567-801", "<phone>"),
        ("from 10.0.0.1:8080 to 256.1.1.1", "from <ip> to 256.1.1.1"),
        ("1.2.3.4.5", "1.2.3.4.5"),
        ("2021-03-04 12:30", "2021-03-04 12:30"),
    ],
)
def test_what_is_masked_and_what_is_not(text, masked):
    """Check digits decide: a number of the right length alone is no card and no identity number."""
    assert mask_pii(frame([text]), "x").collect()["x"].to_list() == [masked]


def luhn(number):
    """Luhn's sum as its author wrote it, digit by digit."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        doubled = int(digit) * (2 if place % 2 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


@settings(max_examples=60)
@given(number=st.from_regex(r"[1-9][0-9]{12,18}", fullmatch=True))
def test_cards_are_what_luhn_says(number):
    """Of every run of 13 to 19 digits, a tenth is a card: those that the sum approves."""
    told = mask_pii(frame([number]), "x", ["card"]).collect()["x"].to_list()
    assert told == ["<card>" if luhn(number) else number]


@settings(max_examples=60)
@given(born=st.dates(), serial=st.integers(0, 999), check=st.sampled_from("0123456789X"))
def test_identity_numbers_have_one_check_character(born, serial, check):
    """Of the eleven check characters one is right: the one by ISO 7064, MOD 11-2."""
    body = f"110105{born.year:04}{born.month:02}{born.day:02}{serial:03}"
    rest = 0
    for digit in body:
        rest = (rest + int(digit)) * 2 % 11
    right = "0123456789X"[(12 - rest) % 11]
    told = mask_pii(frame([body + check]), "x", ["id_number"]).collect()["x"].to_list()
    real = check == right and 1800 <= born.year <= 2199
    assert told == ["<id_number>" if real else body + check]


def test_each_kind_is_counted_and_an_unknown_kind_is_refused():
    """One repair a kind and cell; a kind that does not exist is an error, not silence."""
    told = mask_pii(frame(["ann@example.org bob@example.org 13812345678"]), "x").collect()
    assert [r["rule"] for r in told["_repairs"].to_list()[0]] == ["pii_email:x", "pii_phone:x"]
    with pytest.raises(ContractError, match="no such kind of personal data: name"):
        mask_pii(frame([]), "x", ["name"])


def test_earlier_evidence_does_not_keep_what_is_masked():
    """What tidying kept of the text before is masked with the text itself."""
    told = mask_pii(tidy_text(frame(["a  ann@example.org", "b  c"]), "x"), "x").collect()
    assert "ann@" not in str(told.to_dicts())
    assert [r["value"] for r in told["_repairs"].to_list()[0]] == ["a  <email>", None]
    assert [r["value"] for r in told["_repairs"].to_list()[1]] == ["b  c"]


def test_what_is_refused_names_every_kind_and_keeps_nothing():
    """One problem a kind, without the text; what has none stays as it is."""
    told = refuse_pii(frame(["ann@example.org 13812345678", "hello", None]), "x").collect()
    assert told["x"].to_list() == [None, "hello", None]
    problems = told["_problems"].to_list()
    assert [[p["rule"] for p in one] for one in problems] == [["pii_email:x", "pii_phone:x"], [], []]
    assert all(p["value"] is None for one in problems for p in one)
    with pytest.raises(ContractError, match="no such kind of personal data: name"):
        refuse_pii(frame([]), "x", ["name"])


def hide_names(texts):
    """What a project may bring of its own: here a list of names."""
    return texts.str.replace_all(r"\b(Ann|Li Lei|李雷)\b", "<name>")


def test_a_kind_of_ones_own_is_masked_like_the_others():
    """Names and mail in one cell are two repairs; evidence of earlier steps is masked; each text is asked for once."""
    asked = []
    cells = ["Ann  writes to ann@example.org", "no one", None, "no one", "<name>"]
    before = tidy_text(frame(cells), "x")
    told = mask_pii(
        before, "x", more={"name": lambda texts: asked.extend(texts) or hide_names(texts)}
    ).collect()
    assert told["x"].to_list() == ["<name> writes to <email>", "no one", None, "no one", "<name>"]
    rules = [[one["rule"] for one in repairs] for repairs in told["_repairs"].to_list()]
    assert rules == [["tidy_text:x", "pii_email:x", "pii_name:x"], [], [], [], []]
    assert told["_repairs"][0][0]["value"] == "<name>  writes to <email>"
    assert len(asked) == len(set(asked)) + 1  # the evidence, and the three cells that differ
    again = mask_pii(told.lazy(), "x", more={"name": hide_names}).collect()
    assert again.equals(told)
    refused = refuse_pii(before, "x", more={"name": hide_names}).collect()
    assert refused["x"].to_list() == [None, "no one", None, "no one", "<name>"]
    assert "Ann" not in str(refused.to_dicts())


@pytest.mark.parametrize(
    "broken", [lambda t: t.head(0), lambda t: t.str.len_chars(), lambda t: t.replace("a", None)]
)
def test_a_kind_of_ones_own_must_give_every_text_back(broken):
    """One that loses a text, gives none, or a number, is refused; so is a name that is taken."""
    with pytest.raises(ContractError, match="what masks name gave"):
        mask_pii(frame(["a", "b"]), "x", more={"name": broken}).collect()
    with pytest.raises(ContractError, match="known already: email"):
        mask_pii(frame([]), "x", more={"email": hide_names})


def test_real_texts_are_masked_where_a_person_can_be_reached_and_nowhere_else(sample_root):
    """In 12,000 real reviews every masked cell has a mail address or a mobile number, which a reader has looked at."""
    text = (sample_root / "files/social/reviews_zh.csv").read_bytes().decode("gb18030")
    reviews = pl.read_csv(text.encode(), infer_schema=False)["review"]
    told = mask_pii(pl.LazyFrame({"x": reviews}), "x").collect()
    rules = told["_repairs"].explode(empty_as_null=False).struct.field("rule").value_counts(sort=True)
    assert dict(rules.rows()) == REAL
