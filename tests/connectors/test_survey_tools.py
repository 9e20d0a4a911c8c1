"""Exports in the exact layouts of the usual tools, with made-up answers."""

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.survey import Survey
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
