"""From scores to rules with names: what a questionnaire's contract refuses, and why."""

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.respondent import Respondent
from dq.clean import flag_choices, gather_choices, recode_by, split_choices
from dq.contract import Contract
from dq.errors import ConfigError, SchemaError
from dq.survey_quality import (
    answered_share,
    attention_failed,
    respondent_repeats,
    speed_ratio,
    straight_line_share,
)

ITEMS = ["m1", "m2", "m3", "m4"]


class Staff(Respondent):
    respondent: int

    @pa.dataframe_check()
    def is_no_straight_line(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        """Say whether fewer than nine in ten answers are the same."""
        return data.lazyframe.select(pl.col("straight_line_share").fill_null(0.0) < 0.9)

    class Config:
        name = "core.demo__staff"


def scored(frame: pl.DataFrame) -> pl.DataFrame:
    lazy = answered_share(frame.lazy(), ITEMS)
    lazy = attention_failed(speed_ratio(straight_line_share(lazy, ITEMS), "seconds"), {"blue": "blue"})
    return respondent_repeats(lazy, ["ip"]).collect()


def test_each_kind_of_bad_answer_breaks_the_rule_of_its_name() -> None:
    """Good, straight line, speeder, missed check, partial, twice: each row is refused by its own rule alone."""
    frame = pl.DataFrame(
        {
            "respondent": [1, 2, 3, 4, 5, 6, 7],
            "m1": ["1", "3", "1", "2", "2", "1", "4"],
            "m2": ["2", "3", "4", "2", None, "5", "4"],
            "m3": ["3", "3", "1", "1", " ", "2", "2"],
            "m4": ["4", "3", "2", "5", None, "3", None],
            "blue": ["blue", "blue", "blue", "red", "blue", "blue", None],
            "seconds": ["100", "90", "12秒", "110", "100", "100", None],
            "ip": ["a", "b", "c", "d", "e", "a", None],
            "_landing_id": ["l"] * 7,
            "_row": range(1, 8),
        }
    )
    verdict = Contract(Staff).judge(scored(frame).lazy())
    rejected = verdict.rejected.lazy().collect().sort("respondent")
    reasons = {
        row["respondent"]: [reason["rule"] for reason in row["_reasons"]] for row in rejected.to_dicts()
    }
    assert reasons == {
        2: ["is_no_straight_line"],
        3: ["is_no_speeder"],
        4: ["pays_attention"],
        5: ["is_complete"],
        6: ["answers_once"],
    }


def test_a_questionnaire_may_move_a_bar() -> None:
    """A check that is defined again under its name takes the place of the first, and is there once."""
    names = [rule.name for rule in Contract(Staff).rules]
    assert names.count("is_no_straight_line") == 1
    assert {"is_complete", "is_no_speeder", "pays_attention", "answers_once"} <= set(names)


ANSWERS = st.lists(st.tuples(*[st.none() | st.sampled_from("123")] * 4), min_size=1, max_size=8)


@settings(max_examples=40)
@given(ANSWERS)
def test_scores_are_shares_of_what_is_there(answers: list[tuple[str | None, ...]]) -> None:
    """For any answers: both shares are as counted by hand, and no row is lost."""
    frame = pl.DataFrame(answers, schema=dict.fromkeys(ITEMS, pl.String), orient="row").lazy()
    told = straight_line_share(answered_share(frame, ITEMS), ITEMS).collect()
    for row, answered, straight in zip(
        answers, told["answered_share"], told["straight_line_share"], strict=True
    ):
        there = [cell for cell in row if cell is not None]
        assert answered == len(there) / 4
        assert straight == (max(map(there.count, there)) / len(there) if len(there) >= 3 else None)


def test_several_choices_from_columns_and_from_text_are_the_same() -> None:
    """Flags of LimeSurvey, options of SurveyMonkey and one cell of 问卷星 become one list, and flags again."""
    columns = pl.LazyFrame({"q[1]": ["Y", "", "N"], "q[2]": ["Coffee", None, "0"]})
    gathered = gather_choices(columns, "q", {"q[1]": "tea", "q[2]": "coffee"})
    text = split_choices(pl.LazyFrame({"q": ["tea┋coffee", "", "(跳过)", "gin"]}), "q")
    assert gathered.collect()["q"].to_list() == [["tea", "coffee"], [], []]
    assert text.collect()["q"].to_list() == [["tea", "coffee"], None, None, ["gin"]]
    flagged = flag_choices(text, "q", {"tea": "tea", "coffee": "coffee"}).collect()
    assert flagged["tea"].to_list() == [True, None, None, False]
    assert flagged["_problems"][3].to_list() == [
        {"rule": "choices:q", "dimension": "accuracy", "column": "q", "value": "gin"}
    ]


def test_a_code_book_speaks_for_many_columns() -> None:
    """Codes of all versions of a questionnaire; a code with two words is refused."""
    book = pl.DataFrame(
        {"column": ["a", "a", "b", "old"], "code": [1, 2, 1, 1], "word": ["no", "yes", "x", "y"]}
    )
    told = recode_by(pl.LazyFrame({"a": ["1", "2", "7"], "b": ["1", None, "1"]}), book).collect()
    assert told.select("a", "b").rows() == [("no", "x"), ("yes", None), (None, "x")]
    assert told["_problems"].list.len().to_list() == [0, 0, 1]
    with pytest.raises(ConfigError, match="two words"):
        recode_by(pl.LazyFrame({"a": ["1"]}), pl.concat([book, book.with_columns(word=pl.lit("z"))]))
    with pytest.raises(ConfigError, match="no column word"):
        recode_by(pl.LazyFrame({"a": ["1"]}), book.drop("word"))
    with pytest.raises(SchemaError):
        speed_ratio(pl.LazyFrame({"a": ["1"]}), "seconds")


def test_what_wjx_writes_for_no_answer_is_none() -> None:
    """(跳过) and (空): not answered, no option chosen, no attention check missed, no point of a straight line."""
    frame = pl.LazyFrame({"a": ["1", "(跳过)", "(空)"], "b": ["1", "(跳过)", "2"], "c": ["2", "(跳过)", "1"]})
    told = straight_line_share(answered_share(frame, ["a", "b", "c"]), ["a", "b", "c"])
    told = attention_failed(told, {"c": "2"}).collect()
    assert told["answered_share"].to_list() == [1.0, 0.0, 2 / 3]
    assert told["straight_line_share"].to_list() == [2 / 3, None, None]
    assert told["attention_failed"].to_list() == [0, 0, 1]
    gathered = gather_choices(frame, "q", {"a": "tea", "b": "milk", "c": "gin"}).collect()["q"].to_list()
    assert gathered == [["tea", "milk", "gin"], None, ["milk", "gin"]]
