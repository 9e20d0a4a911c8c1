"""What docs/add-a-source.md shows is Python that runs: every declaration on it makes a source."""

import re
import sys
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest

from connectors.line_blocks import line_parts
from connectors.reader import PartsReader, together
from dq.contract import Contract
from dq.source import Source

PAGE = (Path(__file__).parents[2] / "docs" / "add-a-source.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
IMPORTS = next(block for block in BLOCKS if "from connectors.xml_rows" in block)
SOURCES = [block for block in BLOCKS if "source=" in block and "FEED =" not in block]
CALLS = sorted(set(re.findall(r"`([A-Z]\w+\([^`…]*\))`", PAGE)))
API = PAGE.partition("| the API | the declaration |")[2].partition("\n\n")[0]
ARGUMENTS = re.findall(r"`([a-z_]+=[^`…]+)`", API)


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """Give what stands for itself after the page's own imports."""
    found: dict[str, Any] = {}
    exec(IMPORTS, found)  # noqa: S102 — our own page
    return found


@pytest.mark.parametrize("block", SOURCES, ids=[re.findall(r'"(\w+__\w+)"', block)[-1] for block in SOURCES])
def test_every_declaration_makes_a_source(names: dict[str, Any], block: str) -> None:
    """With the page's imports and nothing else."""
    before, _, declared = block.rpartition("source=")
    given = dict(names)
    exec(before, given)  # noqa: S102
    made = eval(declared.strip().rstrip(","), given)  # noqa: S307
    assert isinstance(made, Source)
    assert "__" in made.name


@pytest.mark.parametrize("call", CALLS)
def test_every_reader_and_proof_takes_these_arguments(names: dict[str, Any], call: str) -> None:
    """What stands in the tables and between them can be called so."""
    eval(call, {**names, "name": "demo__pictures"})  # noqa: S307


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_every_way_of_an_api_can_be_declared(names: dict[str, Any], arguments: str) -> None:
    """The right column of the API's table holds arguments of JsonApi."""
    given = eval(f"dict({arguments})", dict(names))  # noqa: S307
    assert names["JsonApi"]("demo__api", "https://api.example.org/x", **given).name


def test_the_survey_judges_its_respondents(names: dict[str, Any]) -> None:
    """Of five respondents of a Qualtrics export one is good; each other is refused by the rule that is named."""
    given = dict(names)
    exec(next(block for block in BLOCKS if "class Staff" in block), given)  # noqa: S102
    good = ["Agree", "Disagree", "Neutral"]
    answers = {
        "good": (300, good, "Strongly agree", "1"),
        "fast": (10, good, "Strongly agree", "2"),
        "straight": (300, ["Agree"] * 3, "Strongly agree", "3"),
        "asleep": (300, good, "Neutral", "4"),
        "partial": (300, ["Agree", None, None], "Strongly agree", "5"),
    }
    rows = [
        {
            "ResponseId": name,
            "Q1": "4",
            **dict(zip(given["MATRIX"], matrix, strict=True)),
            "Q9": attention,
            "Duration (in seconds)": str(seconds),
            "IPAddress": address,
            "UserAgent": "x",
            "_landing_id": "a",
            "_row": number,
        }
        for number, (name, (seconds, matrix, attention, address)) in enumerate(answers.items())
    ]
    clean = given["clean"](pl.DataFrame(rows).lazy()).collect()
    verdict = Contract(given["Staff"]).judge(clean)
    assert verdict.accepted["respondent"].to_list() == ["good"]
    why = {row["respondent"]: {one["rule"] for one in row["_reasons"]} for row in verdict.rejected.to_dicts()}
    assert why == {
        "fast": {"is_no_speeder"},
        "straight": {"is_no_straight_line"},
        "asleep": {"pays_attention"},
        "partial": {"is_complete"},
    }


@pytest.mark.parametrize("size", [1, 5, 1 << 20])
def test_the_reader_of_one_s_own_reads_in_parts(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page's reader gives a file's lines, in parts as at once, as a reader that can do so."""
    given: dict[str, Any] = {"__name__": "page"}
    monkeypatch.setitem(sys.modules, "page", ModuleType("page"))  # where a dataclass looks for what it names
    exec(next(block for block in BLOCKS if "class Words" in block), given)  # noqa: S102
    monkeypatch.setitem(given, "line_parts", partial(line_parts, size=size))
    path, reader = tmp_path / "x.txt", given["Words"]()
    path.write_bytes("\ufeffone\r\n二\nthree".encode())
    assert isinstance(reader, PartsReader)
    parts = list(reader.read_parts(path, "x"))
    assert (len(parts) > 1) == (size < 20)
    assert together(parts).rows.equals(reader.read(path.read_bytes(), "x").rows)
    assert together(parts).rows.rows() == [("one", 1), ("二", 2), ("three", 3)]
