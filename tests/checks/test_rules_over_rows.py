"""The rules that a contract has over several columns or rows: what they refuse, and what they leave alone."""

import importlib
import pkgutil
from typing import Any

import pandera.polars as pa
import polars as pl
import pytest

import checks
from checks.heart import CHEST_PAIN
from checks.medical__b3db import Molecule
from checks.medical__uci import HeartUci
from checks.social__ratings import Ratings
from checks.social__reviews_zh import Review
from checks.training_social import TrainingSocial
from dq.contract import Contract

PATIENT = {
    "patient": "uci-1",
    "hospital": "Cleveland",
    "severity": 0,
    "age_years": 50.0,
    "sex": "female",
    "chest_pain": CHEST_PAIN[0],
    "resting_bp_mmhg": 120.0,
    "cholesterol_mg_dl": None,
    "fasting_sugar_high": None,
    "resting_ecg": None,
    "max_heart_rate_bpm": None,
    "exercise_angina": None,
    "st_depression_mm": None,
    "st_slope": None,
    "vessels": None,
    "thalassemia": None,
    "disease": False,
}
TEXT = {"text_id": "t-1", "text": "fine", "language": "en", "rater_count": 20, "split": "train"}


def broken(model: type[Any], rows: list[dict[str, object]]) -> list[set[str]]:
    """Give the rules, by name alone, that each rejected row breaks, in the rows' order; warnings reject nothing."""
    law = Contract(model)
    frame = pl.DataFrame(rows, schema=dict(law.columns))
    verdict = law.judge(frame.with_columns(_row=pl.int_range(pl.len())))
    reasons = dict(verdict.rejected.select("_row", "_reasons").iter_rows())
    return [{reason["rule"] for reason in reasons.get(number, [])} for number in range(len(rows))]


@pytest.mark.parametrize(
    ("severity", "disease", "agree"), [(0, False, True), (0, True, False), (3, True, True), (1, False, False)]
)
def test_a_patient_is_ill_when_the_grade_is_above_zero(severity: int, disease: bool, agree: bool) -> None:
    """Label and grade that contradict each other send the row to quarantine."""
    rows = [PATIENT | {"severity": severity, "disease": disease}]
    assert broken(HeartUci, rows) == [set() if agree else {"disease_is_severity_above_zero"}]


def test_what_was_not_measured_may_be_missing_but_not_the_label() -> None:
    """Nulls are right in measurements, wrong in age and label."""
    ill = broken(HeartUci, [PATIENT, PATIENT | {"patient": "uci-2", "age_years": None}])
    assert ill == [set(), {"age_years:not_null"}]
    assert "disease:not_null" in broken(HeartUci, [PATIENT | {"disease": None}])[0]


def test_two_opinions_of_the_same_words_refuse_both() -> None:
    """Neither row can be believed; a text that says the same twice, and another text, can."""
    reviews = [
        {"text_id": "zh-pos-1", "text": "很好", "opinion": "positive"},
        {"text_id": "zh-neg-1", "text": "很好", "opinion": "negative"},
        {"text_id": "zh-pos-2", "text": "不错", "opinion": "positive"},
        {"text_id": "zh-pos-3", "text": "不错", "opinion": "positive"},
        {"text_id": "zh-pos-4", "text": "good", "opinion": "positive"},
    ]
    both = {"one_opinion_per_text"}
    assert broken(Review, reviews) == [both, both, set(), set(), {"written_in_chinese"}]


def test_an_answer_off_the_scale_refuses_the_row_and_a_wrong_mean_warns() -> None:
    """A published mean that is not the mean of its answers is counted, and the row stays."""
    answers = [1] * 10
    row = {"text_id": "tweets-1", "ratings": answers, "rater_count": 10, "score": 1.0, "published_score": 1.0}
    off = row | {"text_id": "tweets-2", "ratings": [*answers[:-1], 9]}
    wrong = row | {"text_id": "tweets-3", "published_score": 1.5}
    assert broken(Ratings, [row, off, wrong]) == [set(), {"answers_within_scale"}, set()]
    law = Contract(Ratings)
    report = law.judge(pl.DataFrame([row, wrong], schema=dict(law.columns))).report
    result = next(rule for rule in report.rules if rule.rule == "published_score_is_mean_of_answers")
    assert (result.failed, result.checked, result.on_fail) == (1, 2, "warn")


@pytest.mark.parametrize(
    ("score", "label"),
    [
        (-4.0, "negative"),
        (-0.5, "negative"),
        (-0.49, "neutral"),
        (0.49, "neutral"),
        (0.5, "positive"),
        (4.0, "positive"),
    ],
)
def test_a_label_that_contradicts_its_score_blocks_the_release(score: float, label: str) -> None:
    """At the borders too: only the one label is right; without a score any label is."""
    law = Contract(TrainingSocial)
    for said in ("negative", "neutral", "positive"):
        row = TEXT | {"score": score, "label": said}
        blocked = law.judge(pl.DataFrame([row], schema=dict(law.columns))).report.blocked
        assert (blocked is None) == (said == label)
        row["score"] = None
        assert law.judge(pl.DataFrame([row], schema=dict(law.columns))).report.blocked is None


def test_mirror_images_with_different_labels_warn() -> None:
    """Equal skeletons with different labels are counted; the molecules stay."""
    same = "InChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3"
    rows = [
        {
            "molecule": n,
            "name": None,
            "smiles": "CCO",
            "inchi": inchi,
            "pubchem_cid": None,
            "log_bb": None,
            "crosses_barrier": crosses,
        }
        for n, (inchi, crosses) in enumerate(
            [(same, True), (same + "/t1-", False), ("InChI=1S/CH4/h1H4", True)], 1
        )
    ]
    assert broken(Molecule, rows) == [set(), set(), set()]
    law = Contract(Molecule)
    report = law.judge(pl.DataFrame(rows, schema=dict(law.columns))).report
    result = next(rule for rule in report.rules if rule.rule == "one_label_per_skeleton")
    assert (result.failed, result.on_fail, result.dimension) == (2, "warn", "consistency")


SHIPPED = [
    (name, model)
    for module in pkgutil.iter_modules(checks.__path__)
    for name, model in vars(importlib.import_module(f"checks.{module.name}")).items()
    if isinstance(model, type) and issubclass(model, pa.DataFrameModel) and "." in str(model.to_schema().name)
]


@pytest.mark.parametrize("model", dict(SHIPPED).values(), ids=dict(SHIPPED))
def test_every_contract_can_be_met(model: Any) -> None:
    """No rule rules out another: rows are found that meet all of them."""
    contract = Contract(model)
    if contract.table == "training.finance__trend":
        pytest.skip("each day follows from the days before it: no row by itself")
    chinese = {"text": pl.format("很好{}", "text_id")} if contract.table == "core.social__reviews_zh" else {}
    made = contract.example(20, columns=chinese)
    assert contract.judge(made).report.accepted == 20
