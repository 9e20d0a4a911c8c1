"""Exports in the exact layouts of the usual tools, with made-up answers."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.survey import Survey
from dq.clean import gather_choices, split_choices
from dq.errors import ConfigError, DecodeError
from dq.landing import LandingStore
from dq.raw import RawBatch, decode_all
from dq.source import Surroundings
from tests.connectors.workbooks import workbook

Around = Callable[..., Surroundings]

QUALTRICS = (
    "StartDate,ResponseId,Duration (in seconds),Q1,Q2_1,Q2_2\n"
    'Start Date,Response ID,Duration (in seconds),"How are you,\ntoday?",Rate: - Price,Rate: - Service\n'
    '"{""ImportId"":""startDate"",""timeZone"":""America/Denver""}","{""ImportId"":""_recordId""}",'
    '"{""ImportId"":""duration""}","{""ImportId"":""QID1""}","{""ImportId"":""QID2_1""}","{""ImportId"":""QID2_2""}"\n'
    "2026-01-02 03:04:05,R_1,100,Fine,5,4\n"
    "2026-01-02 03:05:05,R_2,90,,3,\n"
    "2026-01-02 03:06:05,R_3,90\n"
)
SURVEY_MONKEY = (
    "Respondent ID,Start Date,Which drinks?,,,How old?\n"
    ",,Tea,Coffee,Other (please specify),Open-Ended Response\n"
    "11,01/02/2026,Tea,,,44\n"
    "12,01/02/2026,,Coffee,Juice,\n"
)
LIME_SURVEY = (
    'id;submitdate;G1Q1;G1Q2[SQ001];G1Q2[SQ002]\n"1";"2026-01-02 03:04:05";"A1";"Y";""\n"2";"";"A2";"";"Y"\n'
)
WJX = [
    ["序号", "提交答卷时间", "所用时间", "来自IP", "1、您的性别", "2、喜欢的饮料(多选题)"],
    [1, "2026/1/2 3:04:05", "123秒", "1.2.3.4(北京-北京)", "男", "茶┋咖啡"],
    [2, "2026/1/2 3:05:05", "15秒", "1.2.3.4(北京-北京)", "女", "(跳过)"],
]


def read(  # noqa: PLR0917
    source: Survey, name: str, body: bytes, around: Around, store: LandingStore, folder: Path
) -> RawBatch:
    (folder / "files" / name).write_bytes(body)
    return decode_all(source, source.fetch({}, around(source)).current, store)


def test_qualtrics_has_three_rows_above_the_answers(
    tmp_path: Path, around: Around, store: LandingStore
) -> None:
    """Names stay, questions and import ids are no respondents; a short line is refused with its own number."""
    source = Survey.qualtrics("demo__q", "*.csv")
    batch = read(source, "staff.csv", QUALTRICS.encode("utf-8-sig"), around, store, tmp_path)
    assert batch.rows.select("ResponseId", "Q1", "Q2_1", "Q2_2", "questionnaire", "_row").rows() == [
        ("R_1", "Fine", "5", "4", "staff", 5),
        ("R_2", None, "3", None, "staff", 6),
    ]
    assert (batch.rejects["_row"].to_list(), batch.records) == ([7], 3)


def test_answers_in_a_long_frame_name_their_question(
    tmp_path: Path, around: Around, store: LandingStore
) -> None:
    """One row per answer, under the question's text, with the respondent's line; what is not answered is null."""
    source = Survey.qualtrics("demo__q", "*.csv", long=("StartDate", "ResponseId", "Duration (in seconds)"))
    batch = read(source, "staff.csv", QUALTRICS.encode(), around, store, tmp_path)
    assert batch.rows.select("ResponseId", "item", "question", "answer", "line", "_row").rows() == [
        ("R_1", "Q1", "How are you,\ntoday?", "Fine", "5", 51),
        ("R_1", "Q2_1", "Rate: - Price", "5", "5", 52),
        ("R_1", "Q2_2", "Rate: - Service", "4", "5", 53),
        ("R_2", "Q1", "How are you,\ntoday?", None, "6", 61),
        ("R_2", "Q2_1", "Rate: - Price", "3", "6", 62),
        ("R_2", "Q2_2", "Rate: - Service", None, "6", 63),
    ]
    assert (batch.rejects["_row"].to_list(), batch.records) == ([70], 7)


def test_survey_monkey_has_options_below_questions(
    tmp_path: Path, around: Around, store: LandingStore
) -> None:
    """A question stands above the first of its options; together they name the column."""
    source = Survey.survey_monkey("demo__m", "*.csv")
    batch = read(source, "m.csv", SURVEY_MONKEY.encode(), around, store, tmp_path)
    drinks = "Which drinks?: Tea", "Which drinks?: Coffee", "Which drinks?: Other (please specify)"
    assert batch.rows.select("Respondent ID", *drinks, "How old?", "_row").rows() == [
        ("11", "Tea", None, None, "44", 3),
        ("12", None, "Coffee", "Juice", None, 4),
    ]


def test_lime_survey_names_columns_by_codes(tmp_path: Path, around: Around, store: LandingStore) -> None:
    """With a semicolon where the site exports so."""
    source = Survey.lime_survey("demo__l", "*.csv", delimiter=";")
    batch = read(source, "l.csv", LIME_SURVEY.encode(), around, store, tmp_path)
    assert batch.rows["G1Q2[SQ002]"].to_list() == [None, "Y"]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_wjx_exports_excel_and_gbk(kind: str, tmp_path: Path, around: Around, store: LandingStore) -> None:
    """问卷星: the same answers from a workbook and from a CSV in GBK."""
    lines = "\r\n".join(",".join(str(cell) for cell in row) for row in WJX)
    body = workbook({"Sheet1": WJX}) if kind == "xlsx" else lines.encode("gbk")
    batch = read(Survey.wjx("demo__w", f"*.{kind}"), f"w.{kind}", body, around, store, tmp_path)
    assert batch.rows.select("序号", "所用时间", "2、喜欢的饮料(多选题)").rows() == [
        ("1", "123秒", "茶┋咖啡"),
        ("2", "15秒", "(跳过)"),
    ]


def test_an_export_of_another_tool_is_told(tmp_path: Path, around: Around, store: LandingStore) -> None:
    """A file without its label rows, a column that is not there, two headers and labels at once."""
    with pytest.raises(DecodeError, match="rows that describe the columns"):
        read(Survey.qualtrics("demo__q", "*.csv"), "q.csv", b"a,b\n1,2\n", around, store, tmp_path)
    with pytest.raises(DecodeError, match="no column who"):
        read(
            Survey.qualtrics("demo__q", "*.csv", long=("who",)),
            "q.csv",
            QUALTRICS.encode(),
            around,
            store,
            tmp_path,
        )
    with pytest.raises(ConfigError, match="not both"):
        Survey("demo__q", "*.csv", label_rows=1, two_headers=True)


def test_qualtrics_as_tsv_is_utf16_with_tabs(tmp_path: Path, around: Around, store: LandingStore) -> None:
    """Its other export: what differs is found out."""
    rows = list(csv.reader(io.StringIO(QUALTRICS, newline="")))
    out = io.StringIO(newline="")
    csv.writer(out, delimiter="\t").writerows(rows)
    body = out.getvalue().encode("utf-16")
    batch = read(Survey.qualtrics("demo__q", "*.tsv"), "q.tsv", body, around, store, tmp_path)
    assert batch.rows["ResponseId"].to_list() == ["R_1", "R_2"]
    assert batch.rejects["_row"].to_list() == [len(rows[1][3].split("\n")) + 5]


def test_survey_monkey_in_a_workbook_and_with_questions_that_repeat(
    tmp_path: Path, around: Around, store: LandingStore
) -> None:
    """Two questions of one text, whose header cells span their options: each column has a name of its own."""
    sheet = [
        ["Respondent ID", "Rate us", None, "Comments", "Comments", "Rate us", None],
        [None, "Price", "Service", "Open-Ended Response", "Open-Ended Response", "Price", "Service"],
        [11, 5, 4, "good", None, 3, 2],
    ]
    source = Survey.survey_monkey("demo__m", "*.xlsx")
    batch = read(source, "m.xlsx", workbook({"Sheet": sheet}), around, store, tmp_path)
    assert batch.rows.drop("_landing_id").to_dicts() == [
        {
            "Respondent ID": "11",
            "Rate us: Price": "5",
            "Rate us: Service": "4",
            "Comments": "good",
            "Comments_2": None,
            "Rate us_2: Price": "3",
            "Rate us_2: Service": "2",
            "questionnaire": "m",
            "_row": 3,
        }
    ]


GOOGLE = (
    '"Timestamp","Which drinks?","Rate [Price]","Rate [Service]","Why?","Why?"\n'
    '"2026/01/02 3:04:05 PM GMT+8","Tea;Coffee","5","4","so, so","x\ny"\n'
    '"2026/01/02 3:05:05 PM GMT+8","","3","","",""\n'
)


def test_a_google_form_has_grids_and_questions_that_repeat(
    tmp_path: Path, around: Around, store: LandingStore
) -> None:
    """Options in one cell, a grid's rows in brackets, a title twice; long, each answer under its question."""
    source = Survey.google_forms("demo__g", "*.csv")
    batch = read(source, "form.csv", GOOGLE.encode(), around, store, tmp_path)
    assert batch.rows.select("Rate [Price]", "Why?", "Why?_2").rows() == [
        ("5", "so, so", "x\ny"),
        ("3", None, None),
    ]
    drinks = split_choices(batch.rows.lazy(), "Which drinks?").collect()["Which drinks?"].to_list()
    assert drinks == [["Tea", "Coffee"], None]
    long = read(replace(source, long=("Timestamp",)), "form.csv", GOOGLE.encode(), around, store, tmp_path)
    assert (long.records, long.rows.filter(item="Rate [Service]")["answer"].to_list()) == (10, ["4", None])


KOBO = (
    '"start";"end";"group_a/drinks";"group_a/drinks/tea";"group_a/drinks/coffee";"_id";"_uuid";"_index"\n'
    '"2026-01-02T03:04:05.000+01:00";"2026-01-02T03:09:05.000+01:00";"tea coffee";"1";"1";"7";"ab";"1"\n'
    '"2026-01-02T03:04:05.000+01:00";"2026-01-02T03:04:15.000+01:00";"";"0";"0";"8";"cd";"2"\n'
)


@pytest.mark.parametrize("delimiter", [";", ","])
def test_kobo_names_groups_and_options(
    delimiter: str, tmp_path: Path, around: Around, store: LandingStore
) -> None:
    """Several answers come twice, in one cell and as a column an option: both give the same list."""
    source = Survey.kobo("demo__k", "*.csv")
    body = KOBO.replace(";", delimiter).encode("utf-8-sig")
    batch = read(source, "k.csv", body, around, store, tmp_path)
    assert batch.rows.select("_id", "_uuid", "_row").rows() == [("7", "ab", 2), ("8", "cd", 3)]
    options = {"group_a/drinks/tea": "tea", "group_a/drinks/coffee": "coffee"}
    gathered = gather_choices(batch.rows.lazy(), "flags", options).collect()["flags"].to_list()
    split = split_choices(batch.rows.lazy(), "group_a/drinks", (" ",)).collect()["group_a/drinks"].to_list()
    assert (gathered, split) == ([["tea", "coffee"], []], [["tea", "coffee"], None])
