"""docs/drift.md promises that SQL recomputes what the program found."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dq.drift.watch import watch
from dq.publication import Change, Publication
from dq.run import Run
from tests.dq.stage.shop import a_run

PAGE = Path(__file__).parents[3] / "docs" / "drift.md"
TABLE = "core.shop__orders"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Two times of a table whose amounts doubled and whose codes are other ones."""
    random, run = np.random.default_rng(0), a_run(tmp_path_factory.mktemp("shop"))
    for time in (1, 2):
        amounts = random.lognormal(size=3000) * time
        codes = np.array(["a", "b", "c"])[random.choice(3, 3000, p=[time / 4, 0.25, 0.75 - time / 4])]
        frame = pl.DataFrame({"amount": amounts, "code": codes})
        watched = watch(TABLE, frame, run)
        change = Change(TABLE, frame)
        run.warehouse.publish(
            Publication(f"r{time}", (change,), profiles=watched.profiles, drift=watched.findings),
            now=run.now(),
        )
    return run


@pytest.fixture(scope="module")
def queries() -> list[str]:
    """The page's queries, of this table."""
    blocks = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    text = re.sub(r"'core\.\w+'", f"'{TABLE}'", "".join(blocks))
    text = text.replace("'language'", "'code'").replace("'amount_usd'", "'amount'")
    return [query for query in text.split(";") if query.strip()]


def test_the_page_s_sql_gives_the_program_s_numbers(run: Run, queries: list[str]) -> None:
    """The week's findings, a column's history, a category's index to the digit and a number's nearly."""
    week, column, category, number = (run.warehouse.ask(query) for query in queries)
    found = {(row[2], row[3]): row[6] for row in week}
    assert set(found) == {("amount", "shifted"), ("code", "shifted")}
    assert [row[1:4] for row in column] == [(3000, 0.0, 3000)] * 2
    assert category[0][0] == pytest.approx(found["code", "shifted"])
    assert number[0][0] == pytest.approx(found["amount", "shifted"], rel=0.05)
