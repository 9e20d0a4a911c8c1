"""The laws of cleaning, for every function of `dq.clean`: whoever adds a function says here how it keeps them.

What is found here by itself: the functions (a new one without a law fails), and what each does to frames that
Hypothesis makes up. What is said by hand: on which frames it works, and, where a law does not hold, why not and what
holds instead.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from polars.io.plugins import register_io_source
from polars.testing import assert_frame_equal
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - makes the next import possible
from sklearn.impute import IterativeImputer
from sklearn.tree import DecisionTreeRegressor

import dq.clean
from dq import clean
from dq.verdict import REASONS
from tests.dq.clean.texts import CELLS

PHASES = (
    Phase.explicit,
    Phase.generate,
)  # what fails is small as it is: shrinking runs each step hundreds of times

Step = Callable[[pl.LazyFrame], pl.LazyFrame]

SCHEMA = {
    "_landing_id": pl.String,
    "_row": pl.Int64,
    "x": pl.String,
    "y": pl.String,
    "n": pl.Int64,
    "f": pl.Float64,
    "g": pl.String,
    "l": pl.List(pl.String),
}
"""A frame for all of them: two columns of text, whole numbers, numbers, a group, a list."""

WORDS = st.sampled_from(
    [
        "ann@example.org 13812345678",
        "schÃ¶n",
        "這個軟體",
        "型号Ａ１，好",
        "<p>a &amp; b</p>",
        "€ 12.50",
        "USD 1,234.00",
        "3.4.21",
        "31/12/2021",
        "1.234,5",
        "70 kg",
        "154.3 lb",
        "tea; gin",
        "Basel",
        "basle",
        "Home\nstory\n© us",
        "Home\nother\n© us",
        "Home",
        "UK",
        "Congo",
        "中国",
        "Deutsche Mark",
        "zh_CN",
        "广东省",
        "31.10.2021 02:30",
        "3/4/2021 2:30 PM",
        "2021-03-04T10:00:00+08:00",
        "👩\u200d💻 👍🏽",
        "می\u200cخواهم",
    ]
)
ROW = st.fixed_dictionaries(
    {
        "x": st.one_of(CELLS, WORDS),
        "y": st.one_of(CELLS, WORDS),
        "n": st.one_of(st.none(), st.sampled_from([0, 1, 2, 5, 9, -1, 999, 10**6])),
        "f": st.one_of(st.none(), st.sampled_from([0.0, 0.5, 2.5, -1.0, 1e9, float("nan"), float("inf")])),
        "g": st.sampled_from([None, "a", "b", "unknown"]),
        "l": st.one_of(st.none(), st.lists(st.sampled_from(["tea", "gin", "rum"]), max_size=3)),
    }
)
ROWS = st.lists(ROW, max_size=9)

TRAINING = pl.DataFrame(
    {
        "n": [*range(40), 7],
        "f": [at * 1.5 for at in range(40)] + [None],
        "g": ["a", "b"] * 20 + ["a"],
        "x": ["w"] * 41,
    },
    strict=False,
)
IMPUTATION = clean.learn_imputation(TRAINING, {"n": "median", "x": clean.Constant("?")}, by=["g"])
MODEL = clean.learn_model_imputation(TRAINING, ["n", "f"])
TREES = clean.learn_model_imputation(
    TRAINING,
    ["n", "f"],
    model=IterativeImputer(DecisionTreeRegressor(random_state=0), max_iter=2, random_state=0),
)
FENCES = clean.learn_fences(TRAINING, ["n", "f"], by=["g"])
BOOK = pl.DataFrame({"column": ["x", "y"], "code": ["4", "yes"], "word": ["four", "true"]})

SAME = "a cell is counted if and only if it says something else than before"
READ = "what a cell says stays, in another type or word: only what cannot be read is counted, as a problem"
TRIMMED = "white space around a text is no repair, all else is"
BESIDE = "it changes no cell, but adds columns"


@dataclass(frozen=True)
class Law:
    """One way to call one function, and how it keeps the laws.

    `again`: why doing it again may change something, and what holds instead; null where it never does.
    `nulls`: what becomes of nulls where they do not stay null. `rows`: why a row's result depends on other rows, null
    where it does not. `counts`: which cells are repairs.
    """

    step: Step
    columns: tuple[str, ...] = ("x",)
    again: str | None = None
    nulls: str | None = None
    rows: str | None = None
    counts: str = SAME


LAWS: dict[str, Law] = {
    "chinese_script": Law(lambda f: clean.chinese_script(f, "x", "y"), ("x", "y")),
    "chinese_script to traditional": Law(lambda f: clean.chinese_script(f, "x", to="traditional")),
    "country_code": Law(
        lambda f: clean.country_code(clean.language_code(f, "y"), "x"), ("x", "y"), counts=TRIMMED
    ),
    "country_code to name": Law(lambda f: clean.country_code(f, "x", to="name"), counts=TRIMMED),
    "currency_code": Law(lambda f: clean.currency_code(f, "x"), counts=TRIMMED),
    "division_code": Law(lambda f: clean.division_code(f, "x"), counts=TRIMMED),
    "language_code": Law(lambda f: clean.language_code(f, "x", to="alpha_3"), counts=TRIMMED),
    "fence": Law(lambda f: clean.fence(f, FENCES), (), counts=BESIDE),
    "fence clip": Law(lambda f: clean.fence(f, FENCES, "clip"), ("n", "f")),
    "fence problem": Law(lambda f: clean.fence(f, FENCES, "problem"), ("n", "f"), counts=READ),
    "fill_forward": Law(
        lambda f: clean.fill_forward(f, ["x", "n"], order="_row", by=["g"]),
        ("x", "n"),
        nulls="are filled, and masked",
        rows="the past of a row is other rows",
    ),
    "fill_forward most": Law(
        lambda f: clean.fill_forward(f, ["x"], order="_row", most=1),
        again="each time it fills one more",
        nulls="are filled, and masked",
        rows="the past of a row is other rows",
    ),
    "flag_choices": Law(lambda f: clean.flag_choices(f, "l", {"tea": "tea", "rum": "rum"}), counts=BESIDE),
    "gather_choices": Law(
        lambda f: clean.gather_choices(f, "chosen", {"x": "one", "y": "two"}),
        (),
        again="the columns that it gathers are gone, and it says so",
        counts=READ,
    ),
    "half_width": Law(lambda f: clean.half_width(f, "x", "y", punctuation=True), ("x", "y")),
    "hidden_missing": Law(
        lambda f: clean.hidden_missing(f, {"x": ["?", "0"], "n": ["0", "-1", "999"], "f": ["-1"]}),
        ("x", "n", "f"),
    ),
    "impute": Law(lambda f: clean.impute(f, IMPUTATION), ("n", "x"), nulls="are filled, and masked"),
    "impute_by_model": Law(
        lambda f: clean.impute_by_model(f, MODEL), ("n", "f"), nulls="are filled, and masked"
    ),
    "impute_by_model of scikit-learn": Law(
        lambda f: clean.impute_by_model(f, TREES), ("n", "f"), nulls="are filled, and masked"
    ),
    "mask_pii": Law(lambda f: clean.mask_pii(f, "x")),
    "match_vocabulary": Law(lambda f: clean.match_vocabulary(f, "x", ["Basel", "Bern"])),
    "mend_encoding": Law(lambda f: clean.mend_encoding(f, "x", "y"), ("x", "y")),
    "page_text": Law(
        lambda f: clean.page_text(f, "x"),
        again="a page may show what looks like markup; text that looks like none stays",
    ),
    "parse": Law(lambda f: clean.parse(f, {"x": pl.Int64, "y": clean.Datetime()}), ("x", "y"), counts=READ),
    "parse_date": Law(lambda f: clean.parse_date(f, "x", "dmy"), counts=READ),
    "parse_money": Law(lambda f: clean.parse_money(f, "x", ".", bare="EUR"), counts=READ),
    "parse_number": Law(lambda f: clean.parse_number(f, "x", ","), counts=READ),
    "parse_time": Law(lambda f: clean.parse_time(f, "x", zone="Europe/Berlin"), counts=READ),
    "refuse_pii": Law(lambda f: clean.refuse_pii(f, "x"), counts=READ),
    "recode": Law(lambda f: clean.recode(f, "x", {"4": "four", "A11": "eleven"}), counts=READ),
    "recode_by": Law(lambda f: clean.recode_by(f, BOOK), ("x", "y"), counts=READ),
    "split_choices": Law(lambda f: clean.split_choices(f, "x"), counts=READ),
    "tidy_text": Law(
        lambda f: clean.tidy_text(f, "x", "y"),
        ("x", "y"),
        counts=TRIMMED,
    ),
    "to_unit": Law(lambda f: clean.to_unit(f, "x", {"kg": 1, "lb": 0.45359237}, bare="kg"), counts=READ),
    "unescape_html": Law(lambda f: clean.unescape_html(f, "x", "y"), ("x", "y")),
    "with_language": Law(lambda f: clean.with_language(f, "x", among=["en", "zh"]), (), counts=BESIDE),
    "with_text_measures": Law(lambda f: clean.with_text_measures(f, "x"), (), counts=BESIDE),
    "without_boilerplate": Law(
        lambda f: clean.without_boilerplate(f, "x", share=0.5, at_least=2),
        rows="a line is common by how many texts have it",
    ),
}
"""By function, then a word for the way it is called."""

OTHERS = {
    "Affine": "a value",
    "Constant": "a value",
    "Date": "a value",
    "Datetime": "a value",
    "date_order": "a decision over a column",
    "number_style": "a decision over a column",
    "learn_fences": "learns",
    "learn_imputation": "learns",
    "learn_model_imputation": "learns",
    "normal_text": "an expression for comparing",
    "repairs_frame": "counts",
}
"""What is public and no step, and what it is instead."""

INNER = {"with_ledgers", "rewritten", "with_number", "with_date"}
"""What steps are made of."""


def frame(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows with an origin each."""
    named = [{"_landing_id": "aa", "_row": at, **row} for at, row in enumerate(rows, 1)]
    return pl.DataFrame(named, schema=SCHEMA)


def test_every_function_has_a_law() -> None:
    """All that is public is a step with a law or is named as something else; no step hides in a module."""
    functions = {name.split()[0] for name in LAWS}
    assert functions | OTHERS.keys() == set(dq.clean.__all__)
    assert not functions & OTHERS.keys()
    for module in pkgutil.iter_modules(dq.clean.__path__, "dq.clean."):
        for name, one in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
            gives = inspect.get_annotations(one).get("return") == "pl.LazyFrame"
            if gives and one.__module__ == module.name and not name.startswith("_"):
                assert name in functions | INNER, f"{module.name}.{name} gives frames and has no law"


every = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS.keys())


@every
def test_asking_is_not_reading(law: Law) -> None:
    """A step of a lazy frame is a plan: it reads nothing until it is collected."""

    def read(*_: object) -> None:
        raise AssertionError("the frame was read while the plan was made")

    plan = law.step(register_io_source(read, schema=SCHEMA))
    assert isinstance(plan, pl.LazyFrame)
    assert "_row" in plan.collect_schema()


@every
@settings(max_examples=8, phases=PHASES)
@given(rows=ROWS, data=st.data())
def test_the_laws_hold(law: Law, rows: list[dict[str, object]], data: st.DataObject) -> None:
    """Whatever the rows: all that the module's head promises."""
    before = frame(rows)
    once = law.step(before.lazy()).collect()
    rows_stay(law, before, once)
    nulls_stay(law, before, once)
    repairs_are_what_changed(law, before, once)
    if law.again is None:
        assert_frame_equal(law.step(once.lazy()).collect(), once)
    order = data.draw(st.permutations(range(len(rows))))
    assert_frame_equal(law.step(before[order].lazy()).collect(), once[order])
    if law.rows is None:
        at = data.draw(st.integers(0, len(rows)))
        parts = [law.step(part.lazy()).collect() for part in (before[:at], before[at:])]
        assert_frame_equal(pl.concat(parts), once)


DECISIONS: dict[str, Callable[[pl.LazyFrame], object]] = {
    "date_order": lambda f: clean.date_order(f, "x"),
    "number_style": lambda f: clean.number_style(f, "x"),
    "learn_fences": lambda f: clean.learn_fences(f, ["n"], by=["g"], at_least=2).bounds.to_dicts(),
    "learn_imputation": lambda f: clean.learn_imputation(
        f.with_columns(pl.col("x", "n").fill_null(pl.lit(1))), {"x": "mode", "n": "median"}, by=["g"]
    ).groups.to_dicts(),
    "normal_text": lambda f: f.select("_row", clean.normal_text("x")).sort("_row").collect().to_dicts(),
}


@pytest.mark.parametrize("decide", DECISIONS.values(), ids=DECISIONS.keys())
@settings(max_examples=8, phases=PHASES)
@given(rows=st.lists(ROW, min_size=1, max_size=9), data=st.data())
def test_decisions_are_of_rows_in_any_order(
    decide: Callable[[pl.LazyFrame], object], rows: list[dict[str, object]], data: st.DataObject
) -> None:
    """What is decided or learned of a column does not depend on the order of its rows."""
    before = frame(rows)
    order = data.draw(st.permutations(range(len(rows))))
    assert decide(before[order].lazy()) == decide(before.lazy())


def rows_stay(law: Law, before: pl.DataFrame, once: pl.DataFrame) -> None:
    """The same rows in the same order, by either engine; reasons have their type."""
    assert once["_row"].to_list() == before["_row"].to_list()
    assert all(once.schema[name] == REASONS for name in ("_problems", "_repairs") if name in once.columns)
    assert_frame_equal(law.step(before.lazy()).collect(engine="streaming"), once)


def nulls_stay(law: Law, before: pl.DataFrame, once: pl.DataFrame) -> None:
    """A null is null afterwards and no reason for anything; or it is filled, and the mask says so."""
    for name in law.columns:
        null = before[name].is_null()
        if law.nulls is None:
            assert once[name].filter(null).null_count() == null.sum()
            assert (reasons(once, name).filter(null) == 0).all()
        else:
            assert once[f"{name}_is_imputed"].to_list() == (null & once[name].is_not_null()).to_list()


def repairs_are_what_changed(law: Law, before: pl.DataFrame, once: pl.DataFrame) -> None:
    """`quality.repairs` counts, a column, the cells that say something else than before: no more, no fewer."""
    counted = clean.repairs_frame(once, "t")
    assert set(counted["column_name"]) <= set(law.columns)
    for name in law.columns:
        repaired = reasons(once, name, "_repairs") > 0
        unread = reasons(once, name, "_problems") > 0
        assert not (repaired & unread).any()
        if law.counts == SAME:
            old, new = (one[name].cast(pl.String) for one in (before, once))
            assert repaired.to_list() == (old.ne_missing(new) & ~unread).to_list()
        elif law.counts == TRIMMED:
            old, new = before[name].str.strip_chars().fill_null(""), once[name].fill_null("")
            assert repaired.to_list() == ((old != new) & ~unread).to_list()


def reasons(once: pl.DataFrame, column: str, *ledgers: str) -> pl.Series:
    """Count what is said of each cell of a column."""
    present = [name for name in ledgers or ("_problems", "_repairs") if name in once.columns]
    of = pl.element().struct.field("column") == column
    counts = [pl.col(name).list.eval(of.cast(pl.Int64)).list.sum() for name in present]
    return once.select(n=pl.sum_horizontal(pl.col("_row") * 0, *counts)).to_series()
